package sync

import (
	"errors"
	"strings"
	"testing"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/dryrun"
	"acsync/sync/fetch"
)

// TestPassEndsAtTheSmallerClock has one of the two clocks a little wrong, and right again for the pass after
// it. Whatever kind of pass it is, it ends before a time that has not come by either; the next one is not
// refused, and nobody is passed over.
func TestPassEndsAtTheSmallerClock(t *testing.T) {
	const little = 4*time.Minute + 40*time.Second
	for name, off := range map[string]time.Duration{"Kustomer's ahead": little, "this machine's ahead": -little} {
		for _, kind := range []string{"run", "dry run", "back-fill", "plan"} {
			t.Run(name+", "+kind, func(t *testing.T) {
				b := newBench(t, 12)
				for i := range b.conversations { // within the minutes that are in question
					b.conversations[i].LastDone.At = testNow.Add(-6*time.Minute + time.Duration(i)*time.Minute)
				}
				after := b.conversations[7:] // not marked done yet
				b.conversations = b.conversations[:7]
				own := testNow
				if off > 0 {
					b.desk.now = testNow.Add(off)
				} else {
					own = testNow.Add(-off)
				}
				b.engine.Now = func() time.Time { return own }
				var result Result
				switch kind {
				case "plan":
					_, _, result = planOf(t, *b.engine)
				case "dry run":
					dry := *b.engine
					dry.Ledger, dry.Sender, dry.Options.DryRun = &dryrun.Ledger{ReadLedger: b.ledger}, dryrun.Sender{}, true
					var err error
					if result, err = dry.Run(t.Context()); err != nil {
						t.Fatal(err)
					}
				case "back-fill":
					b.backfill(testNow.Add(-time.Hour), time.Time{})
					result = b.mustRun(t)
				default:
					result = b.mustRun(t)
				}
				if want := testNow.Add(-b.engine.Options.Settle); !result.To.Equal(want) {
					t.Errorf("it ends at %s, want %s", result.To, want)
				}
				b.conversations = append(b.conversations, after...)
				own, b.desk.now = testNow.Add(10*time.Minute), testNow.Add(10*time.Minute)
				b.engine.Options.Overlap = 0
				if b.mustRun(t); len(b.got) != 12 {
					t.Errorf("%d were asked, want 12", len(b.got))
				}
			})
		}
	}
}

// TestCheckpointInTheFuture opens a ledger whose checkpoint was moved by a wrong clock: by no more than the
// overlap makes good, so that passes go on by themselves when that time has come; and by more, so that a
// back-fill has to read what they leave out.
func TestCheckpointInTheFuture(t *testing.T) {
	for ahead, heals := range map[time.Duration]bool{
		6 * time.Second: true, 100 * time.Second: true, 27 * time.Minute: true,
		27*time.Minute + time.Millisecond: false, 49 * time.Hour: false, 80 * 365 * 24 * time.Hour: false,
	} {
		t.Run(ahead.String(), func(t *testing.T) {
			b := newBench(t, 3)
			b.mustRun(t)
			right := checkpoint(t, b)
			until := testNow.Add(ahead)
			if err := b.ledger.Commit(store.Batch{Checkpoint: until}); err != nil {
				t.Fatal(err)
			}
			b.got = nil
			b.done(0, testNow.Add(-2*time.Minute)) // what the pass with the wrong clock did not see
			b.conversations[0].ID = "6716500fa1b2c3d4e5f6abcd"
			var wrong *AheadError
			if _, err := b.run(t); !errors.As(err, &wrong) || len(b.got) > 0 || wrong.Heals() != heals {
				t.Fatalf("error %v, sent %d", err, len(b.got))
			}
			said := wrong.Error()
			if !strings.Contains(said, until.UTC().Format(decide.TimeLayout)) || !strings.Contains(said, "Nothing was read or sent") ||
				strings.Contains(said, "copy of the ledger") || strings.Contains(said, "nothing has to be done") != heals {
				t.Errorf("it says %q", said)
			}
			if heals {
				b.desk.now = until.Truncate(time.Second)
				b.desk.now = b.desk.now.Add(3 * time.Minute)
			} else {
				from := right.Add(-30 * time.Minute)
				if !strings.Contains(said, "backfill --from "+from.UTC().Format(time.RFC3339)+" --to now") {
					t.Errorf("it says %q, and everything was read up to %s", said, right)
				}
				b.desk.now = testNow.Add(5 * time.Minute)
				b.backfill(from, time.Time{})
			}
			b.mustRun(t)
			if n := b.times()[b.conversations[0].ID]; n != 1 || len(b.got) != 1 {
				t.Errorf("it was asked %d times, of %d requests", n, len(b.got))
			}
			if got := checkpoint(t, b); got.Before(until) {
				t.Errorf("the checkpoint moved back to %s", got)
			}
		})
	}
}

// TestCheckpointInTheFutureOfAPlan carries out the plan of a back-fill, which does not care where the
// checkpoint is, and refuses one of a run.
func TestCheckpointInTheFutureOfAPlan(t *testing.T) {
	for _, backfill := range []bool{false, true} {
		b := newBench(t, 3)
		if backfill {
			b.backfill(testNow.Add(-20*time.Hour), time.Time{})
		}
		plan, _, _ := planOf(t, *b.engine)
		b.engine.Options.Range = fetch.Window{}
		if err := b.ledger.Commit(store.Batch{Checkpoint: testNow.Add(40 * time.Hour)}); err != nil {
			t.Fatal(err)
		}
		b.engine.Options.Plan = &plan
		_, err := b.engine.Run(t.Context())
		if refused := errors.As(err, new(*AheadError)); refused == backfill || len(b.got) > 0 != backfill {
			t.Errorf("a plan of a back-fill (%t): %v, %d sent", backfill, err, len(b.got))
		}
	}
}

// TestAheadWithoutAPast is about a ledger in whose summaries nothing tells when the clocks were right.
func TestAheadWithoutAPast(t *testing.T) {
	b := newBench(t, 0)
	if err := b.ledger.Commit(store.Batch{Checkpoint: testNow.Add(40 * time.Hour)}); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time there is a pass, which was refused
		if _, err := b.run(t); err == nil || !strings.Contains(err.Error(), "--from TIME (when the clocks were last right) --to now") {
			t.Errorf("it says %v", err)
		}
	}
}

// TestClockMessages compares the clocks when one of them is beyond all measure.
func TestClockMessages(t *testing.T) {
	for kustomers, want := range map[time.Time]string{
		testNow.Add(7 * time.Minute):                     "clock is 7m0s behind Kustomer's: here it is 2026-11-22T20:00:00.000Z, there 2026-11-22T20:07:00.000Z.",
		testNow.Add(-50 * time.Hour):                     "clock is 2 days ahead of Kustomer's",
		time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC): "clock is more than 290 years behind Kustomer's: here it is 2026-11-22T20:00:00.000Z, there 9999-12-31T23:59:59.000Z",
		time.Date(1, 1, 2, 0, 0, 0, 0, time.UTC):         "clock is more than 290 years ahead of Kustomer's",
		time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC):         "clock is more than 290 years ahead of Kustomer's",
		testNow.AddDate(150, 0, 0):                       "days behind Kustomer's",
		testNow.Add(-clockLimit - 2*time.Second):         "clock is 5m2s ahead of Kustomer's",
		testNow.Add(clockLimit + 400*time.Millisecond):   "clock is 5m0s behind Kustomer's",
	} {
		b := newBench(t, 1)
		b.engine.Now = func() time.Time { return testNow }
		b.desk.now = kustomers
		_, err := b.run(t)
		if !errors.As(err, new(*ClockError)) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), " -") {
			t.Errorf("Kustomer's clock says %s: %v", kustomers, err)
		}
	}
}

// TestClockBehind makes a pass while Kustomer's clock is behind, right after one whose checkpoint was right:
// whatever the overlap, that passes by itself.
func TestClockBehind(t *testing.T) {
	for behind, heals := range map[time.Duration]bool{4*time.Minute + 50*time.Second: true, time.Hour: false} {
		b := newBench(t, 1)
		b.engine.Options.Overlap = 0
		b.mustRun(t)
		b.engine.Options.Settle = 0 // the checkpoint is where the pass was
		b.mustRun(t)
		b.desk.now = testNow.Add(-behind)
		b.engine.Now = func() time.Time { return b.desk.now.Add(time.Minute) }
		var ahead *AheadError
		if _, err := b.run(t); !errors.As(err, &ahead) || ahead.Heals() != heals {
			t.Errorf("%s behind: %v", behind, err)
		}
	}
}
