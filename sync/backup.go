package sync

import (
	"context"
	"time"
)

// Backups keeps copies of the ledger of a pass.
type Backups interface {
	// Keep makes a copy when it is time for another one.
	Keep(now time.Time) error
}

// longPass is from when on a pass makes copies between its windows. That of any other one is made at its end,
// with all that it has done.
const longPass = time.Hour

// backups lets a pass make copies of its ledger. One that fails neither stops nor delays the sending, and
// changes no exit code: that speaks of the conversations, and the light of status of the backups.
type backups struct {
	keeper Backups // nil: none are kept
	tally  *tally
	begun  time.Time
	failed bool
}

func newBackups(keeper Backups, t *tally) *backups {
	return &backups{keeper: keeper, tally: t, begun: time.Now()}
}

// between is called after each window.
func (b *backups) between(ctx context.Context) {
	if time.Since(b.begun) >= longPass {
		b.keep(ctx)
	}
}

// keep does nothing for a pass that was told to stop: somebody waits for its end.
func (b *backups) keep(ctx context.Context) {
	if b.keeper == nil || ctx.Err() != nil {
		return
	}
	if err := b.keeper.Keep(time.Now()); err != nil && !b.failed {
		b.failed = true
		b.tally.notice("no backup of the ledger was made (ledger.backup_dir): %v. It is tried again", err)
	}
}
