package postgres

import (
	"context"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"acsync/store"
	"acsync/store/postgres/pgtest"
)

// wire is the way to a server, which counts the round trips and can be cut.
type wire struct {
	net.Listener
	trips atomic.Int64
	mu    sync.Mutex
	open  []net.Conn
}

// newWire is the address of a database by a wire.
func newWire(t *testing.T, address string) (*wire, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	w := &wire{Listener: l}
	u, err := url.Parse(address)
	must(t, err)
	to := u.Host
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", to)
			if err != nil {
				client.Close()
				continue
			}
			w.mu.Lock()
			w.open = append(w.open, client, server)
			w.mu.Unlock()
			var asking atomic.Bool
			serving.Go(func() { w.carry(server, client, func() bool { return asking.CompareAndSwap(false, true) }) })
			serving.Go(func() { w.carry(client, server, func() bool { asking.Store(false); return false }) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		w.cut()
		serving.Wait()
	})
	u.Host = l.Addr().String()
	return w, u.String()
}

func (w *wire) carry(to, from net.Conn, begins func() bool) {
	defer to.Close()
	defer from.Close()
	b := make([]byte, 1<<16)
	for {
		n, err := from.Read(b)
		if n > 0 {
			if begins() {
				w.trips.Add(1)
			}
			if _, err := to.Write(b[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// cut cuts all connections; new ones can be made.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.open {
		c.Close()
	}
	w.open = nil
}

// wired opens a ledger by a wire.
func wired(t *testing.T) (*wire, *Database, *Ledger) {
	t.Helper()
	d := created(t, Options{})
	c := pgtest.Shared(t)
	w, address := newWire(t, c.URL(pgtest.Plain, d.Config().ConnConfig.Database))
	by, err := Connect(context.Background(), address, Pool{})
	must(t, err)
	t.Cleanup(by.Close)
	l, err := by.Open(context.Background(), "acme", Options{Lease: time.Hour})
	must(t, err)
	return w, d, l
}

// TestRoundTrips: what is done for each request, and for each window however large, takes few round trips.
func TestRoundTrips(t *testing.T) {
	w, _, l := wired(t)
	var b store.Batch
	var keys []store.Key
	for n := range 3000 {
		keys = append(keys, id(n))
		b.Entries = append(b.Entries, store.Entry{Key: id(n), Record: store.Record{State: store.Scheduled, At: noon}})
	}
	b.Checkpoint, b.Run = noon.Add(time.Hour), &store.Run{Pass: "p"}
	var i store.Intent
	for _, step := range []struct {
		name string
		most int64
		do   func() error
	}{
		{"commit", 4, func() error { return l.Commit(b) }},
		{"lookup", 1, func() error { _, err := l.Lookup(keys); return err }},
		{"begin", 2, func() (err error) { i, err = l.Begin(id(1), noon, noon); return err }},
		{"finish", 2, func() error { return l.Finish(i, store.Result{State: store.Accepted, At: noon}) }},
		{"forget", 5, func() error {
			_, err := l.Forget([]string{id(3).Conversation, id(4).Conversation}, noon)
			return err
		}},
	} {
		before := w.trips.Load()
		must(t, step.do())
		if n := w.trips.Load() - before; n > step.most {
			t.Errorf("%s takes %d round trips, at most %d are wanted", step.name, n, step.most)
		}
	}
	must(t, l.Close())
}

// TestLostConnection: after a change of which the outcome is not known nothing more is written, and the next
// opening shows what became of it.
func TestLostConnection(t *testing.T) {
	w, d, l := wired(t)
	i := begun(t, l, id(1))
	must(t, l.update(nil, func(*txn) error { return nil }))
	err := l.update(nil, func(*txn) error { w.cut(); return nil })
	wantError(t, err, ErrUnreachable)
	// Though the database is there again.
	for range 2 {
		wantError(t, l.Finish(i, store.Result{State: store.Accepted, At: noon}), ErrUnreachable)
		wantError(t, l.Room(), ErrUnreachable)
	}
	must(t, l.Close())
	again := opened(t, d, "acme", Options{})
	wantSame(t, record(t, again, id(1)).State, store.Sending)
}

// TestRefusalsDoNotStick: what is refused, or cannot be kept, ends nothing.
func TestRefusalsDoNotStick(t *testing.T) {
	d := created(t, Options{})
	l := opened(t, d, "acme", Options{})
	finish(t, l, id(1), store.Accepted)
	_, err := l.Begin(id(1), noon, noon)
	wantError(t, err, store.ErrRefused)
	zero := store.Entry{Key: id(2), Record: store.Record{State: store.Skipped, Reason: "a\x00b", At: noon}}
	large := store.Entry{Key: id(2), Record: store.Record{State: store.Accepted, Intent: 1 << 63, At: noon}}
	none := store.Entry{Record: store.Record{State: store.Skipped, At: noon}}
	for _, e := range []store.Entry{zero, large, none} {
		if err := l.Commit(store.Batch{Entries: []store.Entry{e}}); err == nil {
			t.Errorf("%+v was taken", e)
		}
		_, err := l.Import(func(yield func(store.Entry, error) bool) { yield(e, nil) })
		if err == nil {
			t.Errorf("%+v was imported", e)
		}
	}
	must(t, l.Room())
	begun(t, l, id(2))
}

// TestNoPassword: no error shows the password of an address.
func TestNoPassword(t *testing.T) {
	for _, address := range []string{
		"postgres://acsync:sesame@127.0.0.1:1/acsync", "postgres://acsync:sesame@[::1/acsync",
		"postgres://acsync:sesame@127.0.0.1:1/acsync?sslmode=sesame", "acsync:sesame@db", "postgres://a:%zzsesame@db/x",
		"host=127.0.0.1 port=1 password=sesame user=acsync",
	} {
		d, err := Connect(context.Background(), address, Pool{})
		if err == nil {
			_, err = d.Open(context.Background(), "acme", Options{})
			d.Close()
		}
		if err == nil || strings.Contains(err.Error(), "sesame") {
			t.Errorf("%s gives %v", address, err)
		}
	}
}

// TestUnmigrated: a database without tables, or with those of another version, is told from one without a
// ledger.
func TestUnmigrated(t *testing.T) {
	d := created(t, Options{})
	for set, says := range map[string]string{
		"version_id = 99": "the version of acsync that made them", "version_id = 0": "acsync ledger migrate",
	} {
		owner(t, d, "update acsync.versions set "+set+" where version_id > 0 or version_id = 0")
		_, err := d.Open(context.Background(), "acme", Options{})
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v, want what says %q", err, says)
		}
	}
	owner(t, d, "drop schema acsync cascade")
	_, err := d.Open(context.Background(), "acme", Options{})
	if err == nil || !strings.Contains(err.Error(), "acsync ledger migrate") {
		t.Errorf("got %v", err)
	}
}

// TestPlainRole: the role that works with ledgers can change nothing of their shape.
func TestPlainRole(t *testing.T) {
	d := created(t, Options{})
	for _, statement := range []string{
		"drop table acsync.keys", "truncate acsync.keys", "create table acsync.more (n integer)",
		"update acsync.versions set version_id = 2", "alter table acsync.ledgers add column more text",
	} {
		if _, err := d.exec(context.Background(), statement); !isCode(err, noPrivilege) {
			t.Errorf("%s gives %v", statement, err)
		}
	}
}

// TestEncryption: to another machine connections are encrypted and its certificate is verified, also where it is one of
// several, unless the address says otherwise.
func TestEncryption(t *testing.T) {
	for address, want := range map[string]bool{
		"postgres://acsync@db.example.com/acsync":                 true,
		"postgres://acsync@a.example.com:5432,b:5432/acsync":      true,
		"postgres:///acsync?host=/run/postgresql,b.example.com":   true,
		"postgres:///acsync?host=localhost,b.example.com":         true,
		"postgres://acsync@db.example.com/acsync?sslmode=disable": false,
		"postgres://acsync@127.0.0.1:5432/acsync":                 false,
		"postgres:///acsync?host=/run/postgresql":                 false,
		"postgres://acsync@[::1]/acsync":                          false,
	} {
		d, err := Connect(t.Context(), address, Pool{})
		must(t, err)
		c := d.Pool().Config().ConnConfig
		verified := c.TLSConfig != nil && !c.TLSConfig.InsecureSkipVerify
		for _, other := range c.Fallbacks {
			here := strings.HasPrefix(other.Host, "/")
			verified = verified && (here || other.TLSConfig != nil && !other.TLSConfig.InsecureSkipVerify)
		}
		if here := strings.HasPrefix(c.Host, "/"); here && len(c.Fallbacks) > 0 {
			last := c.Fallbacks[len(c.Fallbacks)-1]
			verified = last.TLSConfig != nil && !last.TLSConfig.InsecureSkipVerify
		}
		d.Close()
		if verified != want {
			t.Errorf("%s: verified %v", address, verified)
		}
	}
}
