package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"acsync/store"
	"acsync/store/postgres/pgtest"
)

// pair is a server and its standby, and a ledger on the former, with one request that was taken.
type pair struct {
	primary, standby *pgtest.Cluster
	name             string // of the database
}

// newPair makes both. The standby is streaming when it returns.
func newPair(t *testing.T, settings ...string) pair {
	t.Helper()
	p := pair{primary: pgtest.New(t, settings...)}
	p.name = p.primary.Fresh(t, prepare)
	d := connectTo(t, p.primary, p.name)
	must(t, d.Create(context.Background(), "acme", noon, Options{}))
	p.standby = pgtest.Empty(t)
	p.primary.Run(t, "pg_basebackup", "-h", "127.0.0.1", "-p", fmt.Sprint(p.primary.Port), "-U", pgtest.Super, "-D",
		p.standby.Dir, "-R", "-X", "stream", "-c", "fast", "--no-sync")
	p.standby.Start(t)
	p.until(t, "exists (select from pg_stat_replication where state = 'streaming')")
	return p
}

// until waits until something is so on the primary.
func (p pair) until(t *testing.T, what string) {
	t.Helper()
	p.primary.Exec(t, "postgres", "do $$ begin for n in 1..1200 loop perform pg_stat_clear_snapshot(); "+
		"if "+what+" then return; end if; perform pg_sleep(0.05); end loop; raise 'not within a minute'; end $$")
}

func (p pair) connect(t *testing.T, c *pgtest.Cluster) *Database {
	t.Helper()
	return connectTo(t, c, p.name)
}

// TestAsyncStandby: a plain role too sees that a server has standbys that no commit waits for; a standby is
// read and never written. After a failover to one that lagged behind nothing is sent until that is settled,
// and then no number is given twice.
func TestAsyncStandby(t *testing.T) {
	t.Parallel()
	ctx, p := context.Background(), newPair(t)
	d := p.connect(t, p.primary)
	_, err := d.Open(ctx, "acme", Options{})
	wantError(t, err, ErrUnsafe)
	if err != nil && !strings.Contains(err.Error(), "ledger.allow_async_standby") {
		t.Errorf("%v does not say what to do", err)
	}
	l, err := d.Open(ctx, "acme", Options{AllowAsyncStandby: true})
	must(t, err)
	finish(t, l, id(1), store.Accepted)

	replica := p.connect(t, p.standby)
	p.until(t, "exists (select from pg_stat_replication where replay_lsn >= pg_current_wal_flush_lsn())")
	_, err = replica.Open(ctx, "acme", Options{AllowAsyncStandby: true})
	wantError(t, err, ErrUnsafe)
	reader := opened(t, replica, "acme", Options{ReadOnly: true})
	wantSame(t, record(t, reader, id(1)).State, store.Accepted)
	wantSame(t, infoOf(t, reader).Restored, time.Time{})
	must(t, reader.Close())

	// What follows never reaches the standby.
	p.standby.Exec(t, "postgres", "alter system set primary_conninfo = ''", "select pg_reload_conf()")
	p.until(t, "not exists (select from pg_stat_replication)")
	var last store.Intent
	for n := 2; n < 12; n++ {
		last = begun(t, l, id(n))
		must(t, l.Finish(last, store.Result{State: store.Accepted, At: noon}))
	}
	kill(l)
	p.primary.Crash()
	p.standby.Exec(t, "postgres", "select pg_promote()",
		"update pg_database set datname = datname") // it can be written to
	p.standby.Exec(t, p.name, "update acsync.ledgers set held_until = null")

	l = opened(t, replica, "acme", Options{})
	wantSame(t, record(t, l, last.Key).State, store.Unknown)
	info := infoOf(t, l)
	if info.Restored.IsZero() || info.Intents >= last.Number {
		t.Fatalf("it knows of %d intents of %d, and is said to be restored at %v", info.Intents, last.Number,
			info.Restored)
	}
	_, err = l.Begin(last.Key, noon, noon)
	wantError(t, err, store.ErrRolledBack)
	must(t, l.Commit(store.Batch{Settled: true}))
	if i := begun(t, l, last.Key); i.Number <= last.Number {
		t.Errorf("the number %d is given after %d had been", i.Number, last.Number)
	}
	must(t, l.Close())
	must(t, opened(t, replica, "acme", Options{Timeout: -1}).Close())
}

// TestSynchronousStandby: a commit that was not waited for, because somebody has cancelled the wait, counts
// as failed; one that waits without end is given up.
func TestSynchronousStandby(t *testing.T) {
	t.Parallel()
	ctx, p := context.Background(), newPair(t)
	p.primary.Exec(t, "postgres", "alter system set synchronous_standby_names = '*'", "select pg_reload_conf()")
	t.Cleanup(func() { // whatever the end of the test commits would wait for ever
		p.primary.Exec(t, "postgres", "alter system reset synchronous_standby_names", "select pg_reload_conf()")
	})
	p.until(t, "exists (select from pg_stat_replication where sync_state = 'sync')")
	d := p.connect(t, p.primary)
	l, err := d.Open(ctx, "acme", Options{Lease: time.Hour})
	must(t, err)
	i := begun(t, l, id(1))
	p.standby.Stop()

	cancelled := make(chan error, 1)
	go func() {
		cancelled <- p.cancelWait()
	}()
	err = l.Finish(i, store.Result{State: store.Accepted, At: noon})
	must(t, <-cancelled)
	if !errors.Is(err, errUnsynced) {
		t.Fatalf("a commit that no standby has confirmed gives %v", err)
	}
	_, err = l.Begin(id(2), noon, noon)
	wantError(t, err, errUnsynced)
	kill(l)

	p.primary.Exec(t, p.name, "set synchronous_commit = local; update acsync.ledgers set held_until = null")
	short, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	_, err = d.Open(short, "acme", Options{})
	wantError(t, err, ErrUnreachable)
}

// cancelWait cancels the first commit that waits for a standby, as an administrator does.
func (p pair) cancelWait() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	d, err := Connect(ctx, p.primary.URL(pgtest.Super, p.name), Pool{})
	if err != nil {
		return err
	}
	defer d.Close()
	for ctx.Err() == nil {
		n, err := d.exec(ctx, "select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'")
		if err != nil || n > 0 {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
	return ctx.Err()
}

// TestUnsafeServer: a server that forgets what it has acknowledged is refused, with its reason.
func TestUnsafeServer(t *testing.T) {
	t.Parallel()
	c := pgtest.New(t)
	name := c.Fresh(t, prepare)
	d := connectTo(t, c, name)
	must(t, d.Create(context.Background(), "acme", noon, Options{}))
	l := opened(t, d, "acme", Options{})
	for n := range 20 {
		begun(t, l, id(n))
	}
	// It crashes with a request under way: what was acknowledged is there, and is in doubt.
	c.Crash()
	i := store.Intent{Key: id(1), Number: 2, Ledger: l.id}
	wantError(t, l.Finish(i, store.Result{State: store.Accepted, At: noon}), ErrUnreachable)
	c.Start(t)
	kill(l)
	c.Exec(t, name, "update acsync.ledgers set held_until = null")
	l = opened(t, d, "acme", Options{})
	wantSame(t, infoOf(t, l).Restored, time.Time{}) // a crash loses nothing
	list, err := l.Recover(noon)
	must(t, err)
	wantSame(t, len(list), 20)
	must(t, l.Close())

	for _, setting := range []string{"fsync", "full_page_writes"} {
		c.Exec(t, "postgres", "alter system set "+setting+" = off", "select pg_reload_conf()", "select pg_sleep(0.2)")
		for until := time.Now().Add(time.Minute); ; {
			_, err := d.Open(context.Background(), "acme", Options{Timeout: -1})
			if errors.Is(err, ErrUnsafe) && strings.Contains(err.Error(), setting) {
				break
			}
			if time.Now().After(until) {
				t.Fatalf("with %s off it opens: %v", setting, err)
			}
			if err == nil {
				owner := connectTo(t, c, name)
				_, _ = owner.exec(context.Background(), "update acsync.ledgers set token = null")
			}
		}
		c.Exec(t, "postgres", "alter system reset "+setting, "select pg_reload_conf()")
	}
}

// TestRestoredDump: a dump that was restored into another server has another history. Into another database
// of the same server it has the same, which nothing in it can tell: the receiver's data do.
func TestRestoredDump(t *testing.T) {
	t.Parallel()
	ctx, from := context.Background(), pgtest.Shared(t)
	d := created(t, Options{})
	l := opened(t, d, "acme", Options{})
	finish(t, l, id(1), store.Accepted)
	must(t, l.Close())
	dump := filepath.Join(from.Dir, "dump.sql")
	t.Cleanup(func() { _ = os.Remove(dump) })
	from.Run(t, "pg_dump", "-h", "127.0.0.1", "-p", fmt.Sprint(from.Port), "-U", pgtest.Super, "-f", dump, "-O", "-x",
		d.Config().ConnConfig.Database)
	beside := from.Fresh(t, prepare)
	from.Exec(t, beside, "drop schema acsync cascade")
	load := []string{"-q", "-h", "127.0.0.1", "-U", pgtest.Super, "-v", "ON_ERROR_STOP=1", "-f", dump, "-p"}
	from.Run(t, "psql", append(load, fmt.Sprint(from.Port), beside)...)
	same, err := Connect(ctx, from.URL(pgtest.Super, beside), Pool{})
	must(t, err)
	t.Cleanup(same.Close)
	begun(t, opened(t, same, "acme", Options{}), id(2))

	to := pgtest.New(t)
	to.Run(t, "psql", append(load, fmt.Sprint(to.Port), "postgres")...)
	other, err := Connect(ctx, to.URL(pgtest.Super, "postgres"), Pool{})
	must(t, err)
	t.Cleanup(other.Close)
	l = opened(t, other, "acme", Options{})
	_, err = l.Begin(id(2), noon, noon)
	wantError(t, err, store.ErrRolledBack)
}

// TestPointInTime: a recovery to a point in time has another history.
func TestPointInTime(t *testing.T) {
	t.Parallel()
	archive := filepath.Join(t.TempDir(), "archive")
	must(t, os.Mkdir(archive, 0o777))
	must(t, os.Chmod(archive, 0o777))
	for dir := filepath.Dir(archive); dir != "/" && dir != os.TempDir(); dir = filepath.Dir(dir) {
		must(t, os.Chmod(dir, 0o755))
	}
	c := pgtest.New(t, "archive_mode=on", "archive_command=cp %p "+archive+"/%f")
	name := c.Fresh(t, prepare)
	d := connectTo(t, c, name)
	must(t, d.Create(context.Background(), "acme", noon, Options{}))
	l := opened(t, d, "acme", Options{AllowAsyncStandby: true})
	finish(t, l, id(1), store.Accepted)
	back := pgtest.Empty(t, "restore_command=cp "+archive+"/%f %p", "recovery_target_name=before",
		"recovery_target_action=promote")
	c.Run(t, "pg_basebackup", "-h", "127.0.0.1", "-p", fmt.Sprint(c.Port), "-U", pgtest.Super, "-D", back.Dir,
		"-c", "fast", "--no-sync")
	finish(t, l, id(2), store.Accepted)
	c.Exec(t, "postgres", "select pg_create_restore_point('before')")
	finish(t, l, id(3), store.Accepted)
	must(t, l.Close())
	c.Exec(t, "postgres", "select pg_switch_wal()")
	c.Stop()
	must(t, os.WriteFile(filepath.Join(back.Dir, "recovery.signal"), nil, 0o644))
	back.Start(t)
	back.Exec(t, "postgres", "do $$ begin for n in 1..1200 loop if not pg_is_in_recovery() then return; end if; "+
		"perform pg_sleep(0.05); end loop; raise 'not within a minute'; end $$")
	back.Exec(t, name, "update acsync.ledgers set held_until = null")
	l = opened(t, connectTo(t, back, name), "acme", Options{})
	wantSame(t, record(t, l, id(2)).State, store.Accepted)
	wantSame(t, record(t, l, id(3)).State, store.Unknown)
	_, err := l.Begin(id(3), noon, noon)
	wantError(t, err, store.ErrRolledBack)
}
