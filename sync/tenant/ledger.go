package tenant

import (
	"context"
	"iter"
	"time"

	"acsync/store"
	surveysync "acsync/sync"
)

// Ledger is an open ledger, as passes and commands use it, however it is kept.
type Ledger interface {
	surveysync.Ledger
	Reporter

	Placement() store.Placement
	OpenIntents() ([]store.Entry, error)
	Backfills() ([]store.Backfill, error)
	// Each gives every entry but what was erased, in the order of the ids.
	Each(fn func(store.Entry) error) error
	// Erased gives what is left of what was erased.
	Erased() ([]store.Entry, error)
	// Check reads all of it, and gives store.ErrDamaged with what does not fit together.
	Check(ctx context.Context) error

	// Import takes over what is known from elsewhere, and gives how many entries were written.
	Import(entries iter.Seq2[store.Entry, error]) (written int, err error)
	// Forget erases conversations, so that they are never asked about; all of them, or none.
	Forget(ids []string, now time.Time) (store.Erasure, error)
	PlanForget(ids []string) (store.Erasure, error)
	// Convert changes what it remembers as one.
	Convert(to store.Identity) (store.Conversion, error)
	PlanConversion(to store.Identity) (store.Conversion, error)
	// Distrust refuses it to everybody else until Adopt ends the repair.
	Distrust() error
	Adopt(a store.Adoption) error

	// Close lets go of it. Closing twice is harmless.
	Close() error
}

// Queue is a place among those that wait for a ledger; see [Tenant.Queue].
type Queue interface {
	// Other reports whether another process says that it waits, and did so first.
	Other() bool
	// Wait says that this process waits. It is to be repeated every few seconds.
	Wait()
	// Leave takes the word back.
	Leave()
}

// Access is what a command asks of the ledger that it opens. The zero Access is right for a pass.
type Access struct {
	ReadOnly bool // shared with others that read; every change is answered with store.ErrReadOnly
	Once     bool // wait for nobody who holds it, not even for a moment

	// On an operator's explicit word it is opened, and bound anew unless ReadOnly:
	AcceptRestored bool // whatever says that it is not the newest; refused to everybody else until Adopt
	AcceptTenant   bool // which was bound to other accounts
	AcceptKey      bool // which was kept with another API key of Agent Connect
	AcceptMove     bool // which was used at another place
}

// keeping is a way to keep the ledger of a tenant.
type keeping interface {
	// where names the ledger in messages.
	where() string
	// made reports whether there is one; what cannot be told counts as one.
	made() bool
	open(a Access) (Ledger, error)
	// create makes one whose first window begins at start. One that is to be filled is refused to all but a
	// rebuild, until that has succeeded.
	create(start time.Time, toBeFilled bool) error
	// discard takes one of rehearsals away.
	discard() error
	// abandoned reports whether there is none, but was one.
	abandoned() bool
	// holder is who has it open for writing, or had it last and did not let go of it; fs.ErrNotExist is
	// nobody. Holds reports whether it is known that it has it still.
	holder() (h store.Holder, holds bool, err error)
	waiters() ([]store.Waiter, error)
	queue(mode string) Queue
	// paused tells whether unattended passes are not to be made; nil: they are. It is kept where every pass
	// sees it.
	paused() (*Pause, error)
	pause(p Pause) error
	// resume does nothing where it is not paused.
	resume() error
	// advise adds to the error of one that cannot be used what it can be restored from.
	advise(err error) error
}
