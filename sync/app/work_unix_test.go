//go:build unix

package app_test

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"acsync/store"
	"acsync/store/postgres"
	"acsync/store/postgres/pgtest"
	"acsync/sync/work"
)

// inDatabase lets the ledgers of all tenants be in one database, with the tables of jobs in it.
func (f *fleet) inDatabase(t *testing.T) (url, owner string) {
	t.Helper()
	c := pgtest.Shared(t)
	name := c.Fresh(t, makeTables)
	url, owner = c.URL(pgtest.Plain, name), c.URL(pgtest.Owner, name)
	d, err := postgres.Connect(t.Context(), owner, postgres.Pool{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := work.Migrate(t.Context(), d, pgtest.Plain); err != nil {
		t.Fatal(err)
	}
	f.write(t, "_defaults.toml", "[kustomer]\nrequests_per_minute = 60000\nsearches_per_minute = 60000\n"+
		"api_key_file = 'secrets/{tenant}.kustomer'\n[agent_connect]\nrequests_per_minute = 60000\n"+
		"api_key_file = 'secrets/{tenant}.connect'\n[ledger]\nurl = '"+url+"'\n")
	for name, stand := range f.stands {
		f.run(t, 0, "init", "--start", stand.Start().Format(time.RFC3339), "--tenant", name)
	}
	return url, owner
}

// TestWorkers makes the passes of two organisations by a worker. One of them has a key that is refused: it is paused, and
// says why, until its file has changed; whoever is asked is asked once.
func TestWorkers(t *testing.T) {
	f := newFleet(t, "acme", "globex")
	f.inDatabase(t)
	f.write(t, "secrets/globex.kustomer", "eyJhbGciOiJIUzI1NiJ9.e30.wrong")
	f.run(t, 0, "work", "--once", "--every", "1h")
	standing := func(name string) (level, text string, paused bool) {
		t.Helper()
		out, _ := f.run(t, 0, "tenants", "status", "--json")
		var status struct {
			Tenants []struct {
				Tenant, Level, Text string
				Paused              bool
			}
		}
		if err := json.Unmarshal([]byte(out), &status); err != nil {
			t.Fatal(err)
		}
		for _, each := range status.Tenants {
			if each.Tenant == name {
				return each.Level, each.Text, each.Paused
			}
		}
		t.Fatalf("there is no %s:\n%s", name, out)
		return "", "", false
	}
	if level, text, paused := standing("globex"); !paused || level != "act" || !strings.Contains(text, "exit 4") {
		t.Errorf("globex is %s, paused %v: %s", level, paused, text)
	}
	if _, _, paused := standing("acme"); paused {
		t.Error("acme is paused as well")
	}
	f.run(t, 0, "work", "--once", "--every", "1h")
	if all, _ := f.asked(t, "globex"); all != 0 {
		t.Errorf("globex asked %d with a wrong key", all)
	}
	f.write(t, "secrets/globex.kustomer", f.stands["globex"].KustomerKey())
	f.run(t, 0, "work", "--once", "--every", "1h")
	if _, text, paused := standing("globex"); paused {
		t.Errorf("globex stays paused: %s", text)
	}
	for name := range f.stands {
		if all, most := f.asked(t, name); all == 0 || most != 1 {
			t.Errorf("%s: %d asked, one of them %d times", name, all, most)
		}
	}
}

// TestFaultOfTheDatabase: what is wrong with the database is wrong for all, and ends with no change of anybody's files. So
// nobody is paused for it, and a back-fill goes on when it has ended.
func TestFaultOfTheDatabase(t *testing.T) {
	f := newFleet(t, "acme")
	url, owner := f.inDatabase(t)
	newer := func(sql string) {
		t.Helper()
		d, err := postgres.Connect(t.Context(), owner, postgres.Pool{})
		if err == nil {
			_, err = d.Pool().Exec(t.Context(), sql)
			d.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	from, to := f.now.Add(-26*time.Hour).Format(time.RFC3339), f.now.Add(-2*time.Hour).Format(time.RFC3339)
	f.run(t, 0, "backfill", "--tenant", "acme", "--from", from, "--to", to, "--enqueue")
	newer("insert into acsync.versions (version_id, is_applied) values (99, true)")
	f.run(t, 0, "work", "--once", "--every", "1h")
	newer("delete from acsync.versions where version_id = 99")
	d, err := postgres.Connect(t.Context(), url, postgres.Pool{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	list, err := d.Standings(t.Context())
	if err != nil || len(list) != 1 || list[0].Paused || list[0].Failures == 0 {
		t.Errorf("it stands at %+v (%v)", list, err)
	}
	left := 0
	if err := d.Pool().QueryRow(t.Context(), "select count(*) from river.river_job where kind = 'backfill' "+
		"and state in ('available', 'retryable')").Scan(&left); err != nil || left != 1 {
		t.Errorf("%d back-fills are left (%v)", left, err)
	}
}

// TestPassBesideBackfill: the pass of a tenant waits for its turn where a back-fill has the ledger, which lets go of it for
// nobody who does not say so.
func TestPassBesideBackfill(t *testing.T) {
	f := newFleet(t, "acme")
	url, _ := f.inDatabase(t)
	d, err := postgres.Connect(t.Context(), url, postgres.Pool{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	backfill, err := d.Open(t.Context(), "acme", postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer backfill.Close() //nolint:errcheck // closing twice is harmless
	backfill.Report(store.Progress{Mode: "backfill", Pass: "p1"})
	eventually := func(what string, so func() bool) {
		t.Helper()
		for end := time.Now().Add(30 * time.Second); !so(); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal(what)
			}
		}
	}
	eventually("nobody learns that it is a back-fill", func() bool {
		h, _, err := d.Holder(t.Context(), "acme")
		return err == nil && h.Mode == "backfill"
	})
	var working sync.WaitGroup
	working.Go(func() { f.run(t, 0, "work", "--once", "--every", "1h") })
	eventually("nobody waits for the back-fill", func() bool {
		list, err := d.Waiters(t.Context(), "acme")
		return err == nil && len(list) == 1 && list[0].Mode == "run"
	})
	if err := backfill.Close(); err != nil {
		t.Fatal(err)
	}
	working.Wait()
	if all, most := f.asked(t, "acme"); all == 0 || most != 1 {
		t.Errorf("%d asked, one of them %d times", all, most)
	}
}

// TestEnqueue leaves a back-fill to a worker: it is made once, whoever enqueues it how often.
func TestEnqueue(t *testing.T) {
	f := newFleet(t, "acme")
	f.inDatabase(t)
	from, to := f.now.Add(-26*time.Hour).Format(time.RFC3339), f.now.Add(-2*time.Hour).Format(time.RFC3339)
	enqueue := []string{"backfill", "--tenant", "acme", "--from", from, "--to", to, "--enqueue"}
	for _, want := range []string{"enqueued: a worker makes it", "enqueued already"} {
		if out, _ := f.run(t, 0, enqueue...); !strings.Contains(out, want) {
			t.Errorf("got %q, want %q", out, want)
		}
	}
	if _, errs := f.run(t, 12, append(enqueue, "--dry-run")...); !strings.Contains(errs, "nothing was enqueued") {
		t.Error(errs)
	}
	f.run(t, 0, "work", "--once", "--every", "1h")
	if all, most := f.asked(t, "acme"); all == 0 || most != 1 {
		t.Errorf("%d asked, one of them %d times", all, most)
	}
	out, _ := f.run(t, 0, "passes", "--tenant", "acme", "--json")
	if n := strings.Count(out, fmt.Sprintf("%q", "backfill")); n == 0 {
		t.Errorf("no back-fill was made:\n%s", out)
	}
}

// TestWorkersNeedADatabase says what to do where the ledgers are files, and where the tables are not made.
func TestWorkersNeedADatabase(t *testing.T) {
	f := newFleet(t, "acme")
	if _, errs := f.run(t, 12, "work", "--once"); !strings.Contains(errs, "acsync tenants run --all") {
		t.Error(errs)
	}
	port, err := pgtest.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	alone := "[kustomer]\norg = 'acme'\napi_key = 'a'\n[agent_connect]\napi_key = 'b'\n"
	f.write(t, "tenants/acme.toml", alone)
	f.write(t, "_defaults.toml", fmt.Sprintf("[ledger]\nurl = 'postgres://jane@127.0.0.1:%d/acsync'\n", port))
	_, errs := f.run(t, 5, "work", "--once")
	if strings.Contains(errs, "jane") || strings.Count(errs, "\n") > 2 || !strings.Contains(errs, "cannot be reached") {
		t.Errorf("without a server:\n%s", errs)
	}
	c := pgtest.Shared(t)
	f.write(t, "_defaults.toml", "[ledger]\nurl = '"+c.URL(pgtest.Plain, c.Fresh(t, makeTables))+"'\n")
	if _, errs := f.run(t, 12, "work", "--once"); !strings.Contains(errs, "ledger migrate --config-dir "+f.dir+" --tenant NAME,") {
		t.Error(errs)
	}
}

// TestRotatedDuringAPass replaces a key while a pass goes on with the old one, which is refused: the pause that follows
// ends by itself.
func TestRotatedDuringAPass(t *testing.T) {
	f := newFleet(t, "acme")
	f.inDatabase(t)
	f.write(t, "good", f.stands["acme"].KustomerKey())
	f.write(t, "secrets/acme.kustomer", "eyJhbGciOiJIUzI1NiJ9.e30.wrong")
	// It is read behind that of Kustomer. The worker itself reads it once, and the pass once more.
	f.write(t, "rotate", "cd "+f.dir+"\nif [ -e armed2 ]; then rm armed2; cp good secrets/acme.kustomer\n"+
		"elif [ -e armed ]; then mv armed armed2; fi\ncat secrets/acme.connect\n")
	text, err := os.ReadFile(filepath.Join(f.dir, "tenants", "acme.toml"))
	if err != nil {
		t.Fatal(err)
	}
	f.write(t, "tenants/acme.toml", string(text)+"api_key_command = ['/bin/sh', '"+f.dir+"/rotate']\n")
	f.write(t, "armed", "")
	if _, errs := f.run(t, 0, "work", "--once", "--every", "1h"); !strings.Contains(errs, "exit 4") {
		t.Fatalf("the pass had the new key already:\n%s", errs)
	}
	f.run(t, 0, "work", "--once", "--every", "1h")
	if all, most := f.asked(t, "acme"); all == 0 || most != 1 {
		t.Errorf("%d asked, one of them %d times", all, most)
	}
}

// TestSilentDatabase asks a database that does not answer once, and not for each of its tenants.
func TestSilentDatabase(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	var asked atomic.Int32
	go func() {
		for {
			conn, err := silent.Accept()
			if err != nil {
				return
			}
			asked.Add(1)
			_ = conn.Close()
		}
	}()
	f := newFleet(t, "acme", "globex", "initech")
	f.write(t, "_defaults.toml", "[kustomer]\napi_key_file = 'secrets/{tenant}.kustomer'\n[agent_connect]\n"+
		"api_key_file = 'secrets/{tenant}.connect'\n[ledger]\nurl = 'postgres://jane@"+silent.Addr().String()+"/acsync'\n")
	out, _ := f.run(t, 0, "tenants", "status", "--json")
	if n := strings.Count(out, `"level":"act","text"`); n != 3 || strings.Contains(out, "jane") {
		t.Errorf("%d are told:\n%s", n, out)
	}
	one := asked.Load()
	f.run(t, 0, "tenants", "status", "--json", "--tenant", "acme")
	if alone := asked.Load() - one; one != alone {
		t.Errorf("asked %d times for three, and %d for one", one, alone)
	}
}
