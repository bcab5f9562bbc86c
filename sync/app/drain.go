package app

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"acsync/sync/config"
)

// printTime is how long a report may take behind the drain, for whose end it had to wait. With the usual
// sync.drain the process has gone before Kubernetes kills it, 30 s after the signal.
const printTime = time.Second

// drain is the time that a command has to finish once it was told to stop. What has begun with Agent Connect
// is cut off behind it, and left in doubt; the ledger, the summary and the report are written then. Nobody
// who does not read what is printed can hold that up for longer.
//
// It begins with a signal alone: a pass that --max-duration or a fuse ends is in no hurry.
type drain struct {
	within  atomic.Int64       // sync.drain, a [config.Duration]
	cutOff  context.Context    // ends with what is in flight
	printed context.Context    // ends with what nobody reads
	cut     func(error)        // ends cutOff
	giveUp  context.CancelFunc // ends printed
}

// newDrain is the drain of a command whose context is stopped when it is to end. Until the configuration says
// otherwise it is the usual one.
func newDrain(stopped context.Context) *drain {
	d := &drain{}
	d.limit(config.Default().Sync.Drain)
	d.cutOff, d.cut = context.WithCancelCause(context.Background())
	d.printed, d.giveUp = context.WithCancel(context.Background())
	context.AfterFunc(stopped, func() {
		within := config.Duration(d.within.Load())
		time.AfterFunc(time.Duration(within), func() {
			d.cut(fmt.Errorf("no answer came within sync.drain (%s) of the signal", within))
		})
		time.AfterFunc(time.Duration(within)+printTime, d.giveUp)
	})
	return d
}

// limit takes over what the configuration says.
func (d *drain) limit(within config.Duration) { d.within.Store(int64(within)) }
