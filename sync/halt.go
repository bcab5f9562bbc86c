package sync

import (
	"context"
	"errors"

	"acsync/sync/deliver"
)

// errHalt ends the reading of windows without being a failure: the Result tells which limit was reached.
var errHalt = errors.New("the pass stopped sending")

// halted tells why no further window is to be delivered: a failure, a signal, or a fuse. Nil: go on.
func halted(ctx context.Context, d *deliver.Deliverer) error {
	switch {
	case d.Failure() != nil:
		return d.Failure()
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case d.Stopped():
		return errHalt
	}
	return nil
}
