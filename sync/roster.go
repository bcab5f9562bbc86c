package sync

import (
	"context"

	"acsync/sync/decide"
)

// roster lists the active profiles, once a pass and before anything is sent: with a part of them, or none, conversations
// would be skipped that no later pass sees again.
func (p *pass) roster(ctx context.Context, from decide.ProfileLister) error {
	if from == nil {
		return nil
	}
	profiles, err := decide.NewProfiles(from.Employees(ctx))
	if err != nil {
		return err
	}
	p.collector.RequireProfiles(profiles)
	return nil
}
