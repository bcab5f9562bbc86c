//go:build unix

package app_test

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"acsync/store"
	"acsync/store/postgres"
	"acsync/store/postgres/pgtest"
	"acsync/sync/sandbox"
	"acsync/sync/work"
)

var (
	trialTenants = flag.Int("trial.tenants", 0, "organisations; 0: 6, or 50 with LONG_TESTS=1")
	trialWorkers = flag.Int("trial.workers", 0, "processes that make their passes; 0: 2, or 3 with LONG_TESTS=1")
	trialTime    = flag.Duration("trial.time", 0, "how long things happen to them; 0: 6s, or 150s with LONG_TESTS=1")
	trialEvery   = flag.Duration("trial.every", 0, "between two passes of one; 0: 4s, or 30s with LONG_TESTS=1")
	trialSeed    = flag.Uint64("trial.seed", 1, "of what happens, and when")
)

// What the ledgers are configured with: all as short as it may be, so that much happens in little time.
const (
	trialLease      = 10 * time.Second
	trialQuarantine = time.Second
	trialVerify     = time.Second
	trialAtWork     = 8                      // passes that one worker makes at once
	trialInFlight   = 2                      // survey requests of one pass
	trialDelay      = 150 * time.Millisecond // of most answers to these
	trialSettles    = 2 * time.Minute        // time after which what happened has to be settled, at the latest
	trialBehind     = 2 * time.Second        // sync.settle
	trialLook       = 200 * time.Millisecond // between two looks whether all is settled
)

// TestTrial lets several workers make the passes of many organisations whose conversations go on arriving, while workers
// are killed, stopped and told to end, and the database crashes; then it leaves them in peace. Nobody is asked twice,
// nobody below a checkpoint is forgotten, no two passes of one organisation are made at once, and in the end nothing is
// in doubt. With LONG_TESTS=1 it also counts whose turn came too late.
func TestTrial(t *testing.T) {
	program := build(t)
	tr := &trial{
		dir: t.TempDir(), program: program, every: cmp.Or(*trialEvery, time.Duration(amount(4, 30))*time.Second),
		random: rand.New(rand.NewPCG(*trialSeed, 18)),
	}
	tr.prepare(t, cmp.Or(*trialTenants, amount(6, 50)), amount(4*3600, 1800))
	workers := cmp.Or(*trialWorkers, amount(2, 3))
	c := trouble{
		trial: tr, crew: tr.crew(t, workers), rest: time.Duration(amount(500, 6000)) * time.Millisecond,
		spread: time.Duration(amount(1, 10)) * time.Second,
	}
	began := time.Now()
	c.run(t, cmp.Or(*trialTime, time.Duration(amount(6, 150))*time.Second))
	tr.settle(t)
	ended := time.Now()
	c.dismiss(t)
	tr.close(t)
	sum := tr.judge(t, began, ended)
	t.Logf("\n%s\n%s", c.String(), sum.String())
	if sum.requests == 0 || long() && sum.killed+sum.settled == 0 {
		t.Error("nothing was hit: the test shows nothing")
	}
	if !long() {
		return
	}
	if share := float64(sum.made) / float64(sum.due); share < 0.97 {
		t.Errorf("%d of %d passes were made, %.1f %%", sum.made, sum.due, 100*share)
	}
	if sum.tooLong > 0 && tr.every >= 30*time.Second {
		t.Errorf("%d pauses were longer than two intervals, the longest %s", sum.tooLong, sum.pause(1))
	}
}

// long reports whether the trial is the long one.
func long() bool { return amount(0, 1) == 1 }

// trial is a folder of organisations, with what they ask and who is asked.
type trial struct {
	dir, program string
	every        time.Duration
	random       *rand.Rand
	cluster      *pgtest.Cluster
	url          string
	tenants      []*tried
	db           *postgres.Database
}

// prepare makes the database, the stand-ins, the folder and the ledgers.
func (tr *trial) prepare(t *testing.T, n, perHour int) {
	t.Helper()
	tr.cluster = pgtest.New(t)
	tr.url = tr.cluster.URL(pgtest.Plain, tr.cluster.Fresh(t, makeAllTables))
	var err error
	if tr.db, err = postgres.Connect(t.Context(), tr.url, postgres.Pool{Most: 4}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.db.Close)
	tr.write(t, "ledger.url", tr.url)
	tr.write(t, "_defaults.toml", fmt.Sprintf(`[kustomer]
requests_per_minute = 60000
searches_per_minute = 60000
api_key_file = "secrets/{tenant}.kustomer"
[agent_connect]
requests_per_minute = 60000
concurrency = %d
verify_after = %q
timeout = "3s"
api_key_file = "secrets/{tenant}.connect"
api_secret_file = "secrets/{tenant}.secret"
[sync]
settle = %q
overlap = "1s"
reread = "0s"
max_error_rate = 1.0
drain = "10s"
[ledger]
url_file = "ledger.url"
lease = %q
takeover_quarantine = %q
`, trialInFlight, trialVerify, trialBehind, trialLease, trialQuarantine))
	for i := range n {
		tr.tenants = append(tr.tenants, newTried(t, tr, fmt.Sprintf("acme-%03d", i), uint64(i), perHour))
	}
}

func makeAllTables(url string) error {
	ctx := context.Background()
	d, err := postgres.Connect(ctx, url, postgres.Pool{})
	if err != nil {
		return err
	}
	defer d.Close()
	return errors.Join(d.Migrate(ctx, pgtest.Plain), work.Migrate(ctx, d, pgtest.Plain))
}

func (tr *trial) write(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(tr.dir, filepath.FromSlash(name))
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
}

// settle waits until each organisation has had a pass since now, and nothing is in doubt.
func (tr *trial) settle(t *testing.T) {
	t.Helper()
	since, left := time.Now(), []string{"all"}
	for until := since.Add(max(trialSettles, 4*tr.every)); len(left) > 0; time.Sleep(trialLook) {
		if time.Now().After(until) {
			t.Errorf("not settled in time: %v", left)
			return
		}
		standings, err := tr.db.Standings(t.Context())
		if err != nil {
			continue // it has crashed a moment ago
		}
		left = left[:0]
		for _, s := range standings {
			runs := tr.named(s.Ledger).runs(t, tr.db)
			fresh := len(runs) > 0 && sound(runs[0]) && runs[0].Started.After(since)
			if !fresh || s.Counts[store.InDoubt] > 0 || s.Paused {
				left = append(left, fmt.Sprintf("%s %v", s.Ledger, s.Counts))
			}
		}
	}
}

func (tr *trial) named(ledger string) *tried {
	i := slices.IndexFunc(tr.tenants, func(o *tried) bool { return o.name == ledger })
	return tr.tenants[i]
}

// close makes a last pass of each, so that nothing waits that a worker has left for the next one.
func (tr *trial) close(t *testing.T) {
	t.Helper()
	c := tr.command("tenants", "run", "--all", "--workers", "8")
	out, err := c.CombinedOutput()
	if code := c.ProcessState.ExitCode(); err != nil && code != 3 {
		t.Errorf("the last passes: exit code %d\n%s", code, out)
	}
}

// judge holds what the ledgers say against what the stand-ins have received.
func (tr *trial) judge(t *testing.T, began, ended time.Time) (sum trialSum) {
	t.Helper()
	standings, err := tr.db.Standings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range standings {
		o := tr.named(s.Ledger)
		o.compare(t, openIn(t, tr.url, o.name), s.Checkpoint, &sum)
		o.turns(t, o.runs(t, tr.db), &sum)
		// Its moments come after each other from the one that the schedule has now.
		for at := s.NextPass; at.After(began); at = at.Add(-tr.every) {
			if at.Before(ended.Add(-tr.every)) {
				sum.due++
				if o.passed(at, at.Add(tr.every)) {
					sum.made++
				} else if long() {
					t.Logf("%5.1f s: %s had no turn", at.Sub(began).Seconds(), o.name)
				}
			}
		}
	}
	for _, pause := range sum.pauses {
		if pause > 2*tr.every {
			sum.tooLong++
		}
	}
	slices.Sort(sum.pauses)
	return sum
}

// trialSum is what came of it all.
type trialSum struct {
	requests, distinct, doubled int // at the stand-ins
	asked, lost                 int // to be asked about, below the checkpoints
	atOnce, disorder            int // pairs of passes; how far a request was overtaken, at most
	passes, killed              int // that came to their end, and that did not
	due, made                   int
	settled                     int // that were in doubt
	tooLong                     int
	pauses                      []time.Duration // between two passes that came to their end; sorted
}

// pause is that of a share.
func (s trialSum) pause(share float64) time.Duration {
	if len(s.pauses) == 0 {
		return 0
	}
	return s.pauses[int(share*float64(len(s.pauses)-1))].Round(100 * time.Millisecond)
}

// String is a table.
func (s trialSum) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 4, 2, ' ', 0)
	for _, row := range []struct {
		name  string
		value any
	}{
		{"requests at the receivers / distinct", fmt.Sprintf("%d / %d", s.requests, s.distinct)},
		{"to be asked about, below the checkpoints", s.asked},
		{"doubled, lost, passes at once", fmt.Sprintf("%d, %d, %d", s.doubled, s.lost, s.atOnce)},
		{"numbers overtaken by, at most", s.disorder},
		{"passes that ended / that did not", fmt.Sprintf("%d / %d", s.passes, s.killed)},
		{"passes due / made", fmt.Sprintf("%d / %d (%.1f %%)", s.due, s.made, 100*float64(s.made)/float64(max(s.due, 1)))},
		{"pauses p50 / p95 / max", fmt.Sprintf("%s / %s / %s", s.pause(0.5), s.pause(0.95), s.pause(1))},
		{"pauses longer than two intervals", s.tooLong},
		{"in doubt, and settled", s.settled},
	} {
		_, _ = fmt.Fprintf(w, "%s\t%v\n", row.name, row.value)
	}
	_ = w.Flush()
	return b.String()
}

// sound reports whether a pass came to an end that counts as one.
func sound(r store.Run) bool { return !r.Killed && r.Exit != 1 && r.Exit != 5 }

// standInOf makes the stand-ins of an organisation, whose conversations go on arriving.
func standInOf(t *testing.T, o sandbox.Options) *sandbox.Sandbox {
	t.Helper()
	stand, err := sandbox.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stand.Close(); err != nil {
			t.Error(err)
		}
	})
	return stand
}
