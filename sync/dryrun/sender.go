// Package dryrun has the stand-ins of a dry run: a sender that sends nothing, and a ledger that writes
// nothing.
package dryrun

import (
	"context"

	"acsync/sync/agentconnect"
	"acsync/sync/deliver"
)

// Sender stands in for Agent Connect in a dry run: it is always ready and sends nothing.
type Sender struct{}

// Ready is at once.
func (Sender) Ready(ctx context.Context) error { return ctx.Err() }

// Create sends nothing.
func (Sender) Create(context.Context, agentconnect.Request) agentconnect.Answer {
	return agentconnect.Answer{Err: deliver.ErrDryRun}
}
