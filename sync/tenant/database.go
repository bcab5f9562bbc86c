package tenant

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"sync"
	"time"

	"acsync/store"
	"acsync/store/postgres"
	"acsync/sync/exit"
)

// database keeps the ledger of a tenant in a PostgreSQL database, beside those of others.
type database struct{ *Tenant }

// Databases are the connections of a process to the databases of ledgers, which all tenants share. The zero
// Databases has none yet.
type Databases struct {
	Most int // connections to one database; 0: as many as suit a few ledgers

	mu   sync.Mutex
	open map[string]*postgres.Database // by address
}

// Connect gives the connections to a database, made when they are first asked for.
func (d *Databases) Connect(ctx context.Context, url string) (*postgres.Database, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if there := d.open[url]; there != nil {
		return there, nil
	}
	made, err := postgres.Connect(ctx, url, postgres.Pool{Most: d.Most})
	if err != nil {
		return nil, err
	}
	if d.open == nil {
		d.open = map[string]*postgres.Database{}
	}
	d.open[url] = made
	return made, nil
}

// Close ends all connections.
func (d *Databases) Close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, each := range d.open {
		each.Close()
	}
	d.open = nil
}

// name is that of the ledger. Those of rehearsals have one that no configuration can name.
func (d database) name() string {
	if d.Rehearsal != nil {
		return d.Config.LedgerName() + ".rehearsal"
	}
	return d.Config.LedgerName()
}

func (d database) where() string { return whereIn(d.Config.Ledger.URL.Reveal(), d.name()) }

// whereIn leaves out of an address what may be secret.
func whereIn(address, name string) string {
	u, err := url.Parse(address)
	if err != nil {
		return name // it is refused
	}
	return fmt.Sprintf("%s in %s://%s%s", name, u.Scheme, u.Host, u.Path)
}

// patience is how long a database that does not answer is waited for.
const patience = 30 * time.Second

// with calls the database, for as long as that may take to answer.
func (d database) with(call func(context.Context, *postgres.Database) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	db, err := d.Databases.Connect(ctx, d.Config.Ledger.URL.Reveal())
	if err == nil {
		err = call(ctx, db)
	}
	return err
}

func (d database) options(a Access) postgres.Options {
	settings := d.Config.Ledger
	o := postgres.Options{
		ReadOnly: a.ReadOnly, AcceptFence: a.AcceptRestored, AcceptTenant: a.AcceptTenant,
		AcceptCredential: a.AcceptKey, Tenant: d.Config.Accounts(),
		Credential: d.Config.AgentConnect.APIKey.Reveal(), Rehearsal: d.Rehearsal != nil,
		TestCredential: d.Config.AgentConnect.TestAPIKey.Reveal(),
		Lease:          time.Duration(settings.Lease), Quarantine: time.Duration(settings.TakeoverQuarantine),
		AllowAsyncStandby: settings.AllowAsyncStandby,
	}
	if a.Once {
		o.Timeout = -1
	}
	return o
}

func (d database) made() bool {
	made := true
	err := d.with(func(ctx context.Context, db *postgres.Database) (err error) {
		made, err = db.Exists(ctx, d.name())
		return err
	})
	return err != nil || made
}

func (d database) open(a Access) (ledger Ledger, err error) {
	err = d.with(func(ctx context.Context, db *postgres.Database) error {
		opened, err := db.Open(ctx, d.name(), d.options(a))
		if err == nil {
			ledger = opened
		}
		return err
	})
	return ledger, err
}

func (d database) create(start time.Time, toBeFilled bool) error {
	o := d.options(Access{})
	o.Identity, o.Distrusted = store.Identity(d.Config.Sync.SurveyPer), toBeFilled
	// Accounts that are not complete may still change; then the first pass binds the ledger.
	if d.Config.Ready() != nil {
		o.Tenant = ""
	}
	return d.with(func(ctx context.Context, db *postgres.Database) error {
		return db.Create(ctx, d.name(), start, o)
	})
}

func (d database) discard() error {
	return d.with(func(ctx context.Context, db *postgres.Database) error {
		return db.Discard(ctx, d.name(), d.options(Access{}))
	})
}

// abandoned is never so: nothing of a ledger is left where it is gone.
func (database) abandoned() bool { return false }

func (d database) holder() (h store.Holder, holds bool, err error) {
	err = d.with(func(ctx context.Context, db *postgres.Database) error {
		h, holds, err = db.Holder(ctx, d.name())
		return err
	})
	return h, holds, err
}

func (d database) waiters() (list []store.Waiter, err error) {
	err = d.with(func(ctx context.Context, db *postgres.Database) (err error) {
		list, err = db.Waiters(ctx, d.name())
		return err
	})
	return list, err
}

func (d database) queue(mode string) Queue {
	db, err := d.Databases.Connect(context.Background(), d.Config.Ledger.URL.Reveal())
	if err != nil {
		return nobody{} // to open the ledger fails too
	}
	return db.NewQueue(d.name(), mode)
}

func (d database) paused() (p *Pause, err error) {
	err = d.with(func(ctx context.Context, db *postgres.Database) error {
		mark, err := db.Paused(ctx, d.name())
		p = readPause(mark)
		return err
	})
	return p, err
}

func (d database) pause(p Pause) error {
	mark, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return d.mark(mark)
}

func (d database) resume() error { return d.mark(nil) }

func (d database) mark(mark []byte) error {
	return d.with(func(ctx context.Context, db *postgres.Database) error {
		return db.SetPaused(ctx, d.name(), mark)
	})
}

// nobody is a queue in which nobody waits.
type nobody struct{}

func (nobody) Other() bool { return false }
func (nobody) Wait()       {}
func (nobody) Leave()      {}

// advise leaves it to the error to say what to do: what a database has lost its own copies bring back.
func (database) advise(err error) error { return err }

// aFileAlone answers what is done to files, and not to a database.
func (d database) aFileAlone(instead string) error {
	return exit.Advise(exit.New(exit.Usage, "the ledger "+d.where()+" is no file; nothing was done"), instead,
		"high-availability")
}
