package sync

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
)

// TestAllRejectedForOneReason has Agent Connect reject everything for one reason of the account: a pass stops soon, and
// keeps what it has tried. When the reason is mended all are asked, once. For several reasons, or behind others that were
// taken, a rejection stays final.
func TestAllRejectedForOneReason(t *testing.T) {
	for words, want := range map[string]decide.Reason{
		"Channel not enabled for company": decide.ChannelNotEnabled,
		"Brand signifier not provided":    decide.BrandRefused,
		"Language not specified":          decide.LanguageRefused,
		"Deactivated employee":            decide.EmployeeDeactivated,
		"Validation Error: no licence":    decide.Refused,
	} {
		for _, concurrency := range []int{1, 8} {
			t.Run(fmt.Sprint(words, concurrency), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b := newBench(t, 40)
					b.engine.Options.Concurrency, b.engine.Options.Limits.ErrorRate = concurrency, 0.25
					b.answer = refusing(400, words)
					result := b.mustRun(t)
					tried := result.Reasons[store.Retry][want]
					if tried < 10 || tried > 20 || tried != len(b.got) || result.Counts[store.Rejected] > 0 || len(result.Refusals) > 0 ||
						!strings.Contains(result.Fuse, string(want)) {
						t.Errorf("of %d: %+v", len(b.got), result)
					}
					if got := b.state(t, 39); got.State != store.Retry || decide.Reason(got.Reason) != want || got.Status != 400 {
						t.Errorf("the ledger has %+v", got)
					}
					b.answer = nil
					b.anHourLater()
					if rest := b.mustRun(t); rest.Counts[store.Accepted] != 41 {
						t.Errorf("when it is mended %+v", rest)
					}
				})
			})
		}
	}
}

func TestRejectedForSeveralReasons(t *testing.T) {
	for name, answers := range map[string]func(n int) agentconnect.Answer{
		"two reasons": func(n int) agentconnect.Answer {
			return refusing(400, []string{"Brand unknown", "Language not specified"}[n%2])(agentconnect.Request{})
		},
		"one was taken": func(n int) agentconnect.Answer {
			if n == 0 {
				return taken()
			}
			return refusing(400, "Brand unknown")(agentconnect.Request{})
		},
	} {
		b := newBench(t, 60)
		b.engine.Options.Concurrency, b.engine.Options.Limits.ErrorRate = 1, 0.25
		n := -1
		b.answer = func(agentconnect.Request) agentconnect.Answer { n++; return answers(n) }
		if result := b.mustRun(t); result.Counts[store.Rejected] < 10 || result.Counts[store.Retry] > 0 || result.Fuse == "" {
			t.Errorf("%s: %+v", name, result)
		}
	}
}

// TestRejectedOfWhatWasTakenOver has Agent Connect reject all that is left of a range whose accepted requests the ledger
// was told of, as the first pass after init --adopt meets it: a few do not stop it, many do, and it says what they may be.
// Where the account was not seen to take anything, or before that range, ten are enough as ever.
func TestRejectedOfWhatWasTakenOver(t *testing.T) {
	for name, c := range map[string]struct {
		left    int
		nobody  bool          // Agent Connect's data show no request
		before  time.Duration // how long before now the range begins
		stopped bool
		says    bool
	}{
		"a few":              {left: 30, before: 24 * time.Hour},
		"many":               {left: 60, before: 24 * time.Hour, stopped: true, says: true},
		"nothing was taken":  {left: 30, before: 24 * time.Hour, nobody: true, stopped: true},
		"before that range":  {left: 30, before: time.Second, stopped: true},
		"nothing taken over": {left: 30, stopped: true},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, c.left)
			b.engine.Options.Concurrency, b.engine.Options.Limits.ErrorRate = 1, 0.25
			b.answer = refusing(400, "Brand unknown")
			if !c.nobody {
				asked := store.Entry{Key: store.Key{Conversation: "6716500fa1b2c3d4e5f6ffff"}, Record: store.Record{
					State: store.Accepted, Resolution: testNow.Add(-3 * time.Hour), At: testNow.Add(-3 * time.Hour), Attempts: 1,
				}}
				_, err := b.ledger.Import(func(yield func(store.Entry, error) bool) { yield(asked, nil) })
				if err != nil {
					t.Fatal(err)
				}
			}
			if c.before > 0 {
				if err := b.ledger.Adopt(store.Adoption{KnownFrom: testNow.Add(-c.before)}); err != nil {
					t.Fatal(err)
				}
			}
			result := b.mustRun(t)
			if (result.Fuse != "") != c.stopped || strings.Contains(result.Fuse, "were refused before") != c.says {
				t.Errorf("it was stopped by %q", result.Fuse)
			}
			if sent := len(b.got); c.stopped && sent == c.left || !c.stopped && sent != c.left {
				t.Errorf("%d of %d were sent", sent, c.left)
			}
		})
	}
}
