package tenant

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"acsync/store"
	"acsync/store/bolt"
	"acsync/store/postgres"
	"acsync/sync/exit"
)

// Moved is what a move of a ledger has done.
type Moved struct {
	To   string     // where it is now, in words that messages can show
	Info store.Info // of it, as it was when it left the file
	// it had been marked as moved before, and this has only ended that move
	Again bool
}

// errStop ends a walk through entries that somebody has enough of.
var errStop = errors.New("enough")

// Move takes the ledger of a tenant from its file into the database at an address, under the name that the
// configuration gives it there. The file is marked before anybody can open the ledger in the database, so
// that at no moment two of them can send; what was stopped is ended by the same call. Nobody may hold it:
// that is ErrLocked.
func Move(ctx context.Context, t *Tenant, address string) (moved Moved, err error) {
	if t.Config.Ledger.InDatabase() {
		return moved, exit.Advise(exit.New(exit.Usage, "ledger.url names a database, and a ledger is moved from its "+
			"file into one; nothing was done"), "name the file in ledger.path, and the database behind --to",
			"high-availability")
	}
	name := t.Config.LedgerName()
	if name == "" {
		return moved, exit.New(exit.Usage, "it would have no name in the database: set ledger.name, or kustomer.org")
	}
	moved.To = whereIn(address, name)
	o := file{t}.options(Access{Once: true})
	o.Moved = true
	ledger, err := bolt.Open(t.Config.Ledger.Path, o)
	if err != nil {
		return moved, file{t}.advise(t.afresh(err))
	}
	defer func() { err = errors.Join(err, ledger.Close()) }()
	before, err := ledger.MovedTo()
	if err != nil {
		return moved, err
	}
	if moved.Again = before != ""; moved.Again && before != moved.To {
		return moved, exit.Advise(fmt.Errorf("%s: %w, to %s, and not to %s; nothing was done", t.Config.Ledger.Path,
			store.ErrMovedAway, before, moved.To), "end that move: name the same database", "high-availability")
	}
	db, err := t.Databases.Connect(ctx, address)
	if err != nil {
		return moved, err
	}
	if !moved.Again {
		if err := takeIn(ctx, t, db, name, ledger); err != nil {
			return moved, fmt.Errorf("move it to %s: %w; the file is as it was", moved.To, err)
		}
		if err := ledger.MoveTo(moved.To); err != nil {
			return moved, err
		}
	}
	if moved.Info, err = ledger.Info(); err != nil {
		return moved, err
	}
	if err := db.Trust(ctx, name, moved.Info.ID); err != nil {
		return moved, fmt.Errorf("the file is marked as moved, and the ledger in the database is not open to "+
			"anybody yet: %w; run the same command again", err)
	}
	return moved, nil
}

// takeIn copies a ledger. What was under way when a pass was killed is in doubt from then on, and a tenant
// that is paused stays so.
func takeIn(ctx context.Context, t *Tenant, db *postgres.Database, name string, ledger *bolt.Ledger) error {
	if _, err := ledger.Recover(time.Now()); err != nil {
		return err
	}
	s, err := ledger.Snapshot()
	if err != nil {
		return err
	}
	o := postgres.Options{AllowAsyncStandby: t.Config.Ledger.AllowAsyncStandby}
	if err := db.TakeIn(ctx, name, s, allOf(ledger), o); err != nil {
		return err
	}
	pause, err := file{t}.paused()
	if err != nil || pause == nil {
		return err
	}
	mark, err := json.Marshal(pause)
	if err != nil {
		return err
	}
	return db.SetPaused(ctx, name, mark)
}

// allOf walks all that a ledger has, what is left of erased conversations first.
func allOf(ledger *bolt.Ledger) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		erased, err := ledger.Erased()
		for _, e := range erased {
			if !yield(e, nil) {
				return
			}
		}
		if err == nil {
			err = ledger.Each(func(e store.Entry) error {
				if !yield(e, nil) {
					return errStop
				}
				return nil
			})
		}
		if err != nil && !errors.Is(err, errStop) {
			yield(store.Entry{}, err)
		}
	}
}

// Migrate makes the tables of the database of a tenant's ledger, or brings them up to date, as the role of
// its address, which must own them; roles that are named may work with ledgers from then on. It gives the
// version of the tables before and after.
func Migrate(ctx context.Context, t *Tenant, grantTo ...string) (before, after int64, err error) {
	if !t.Config.Ledger.InDatabase() {
		return 0, 0, exit.Advise(exit.New(exit.Usage, "ledger.url names no database; nothing was done"),
			"set ledger.url_file, or ACSYNC_LEDGER_URL for this command alone", "high-availability")
	}
	db, err := t.Databases.Connect(ctx, t.Config.Ledger.URL.Reveal())
	if err != nil {
		return 0, 0, err
	}
	if before, _, err = db.Version(ctx); err != nil {
		return 0, 0, err
	}
	if err = db.Migrate(ctx, grantTo...); err != nil {
		return before, before, err
	}
	after, _, err = db.Version(ctx)
	return before, after, err
}
