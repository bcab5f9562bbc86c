package sync

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/dryrun"
	"acsync/sync/kustomer"
)

// straying is a search that returns some more rows for every window, whatever their times.
type straying struct {
	*desk
	rows []kustomer.Conversation
}

func (s straying) SearchConversations(_ context.Context, q kustomer.Query) (kustomer.Page[kustomer.Conversation], error) {
	return cutPage(append(slices.Clone(s.rows), s.match(q)...), q, s.now), s.call("search")
}

// claiming is a plain conversation that claims to have been marked done at a time; at the zero time: at one
// that cannot be read.
func claiming(n int, at time.Time) kustomer.Conversation {
	c := plain().Conversation
	c.ID = fmt.Sprintf("6716500fa1b2c3d4e5ff%04x", n)
	c.LastDone = &kustomer.Done{At: at, By: c.LastDone.By, AssignedUsers: c.LastDone.AssignedUsers}
	if at.IsZero() {
		c.LastDone, c.DoneUnread = nil, true
	}
	return c
}

func year(y int) time.Time { return time.Date(y, 5, 6, 7, 8, 9, 0, time.UTC) }

// What no window of this pass or a later one holds is counted once a pass, and told of; neither is it asked
// about, nor does the ledger have to keep its time. A dry run tells the same.
func TestTimesOutOfRange(t *testing.T) {
	for _, identity := range []store.Identity{store.PerConversation, store.PerResolution} {
		t.Run(string(identity), func(t *testing.T) {
			b := newBench(t, 4)
			b.engine.Options.SurveyPer = identity
			known := b.conversations[3]
			b.mustRun(t)
			before := b.mustRun(t).From // from here on the pass reads
			out := []kustomer.Conversation{
				claiming(0, year(0)), claiming(1, year(1969)), claiming(2, year(9999)), claiming(3, year(10_000)), claiming(4, year(287_396)),
				claiming(5, time.Time{}), claiming(6, testNow.Add(25*time.Hour)), claiming(7, before.Add(-decide.SameWithin)),
			}
			open := claiming(8, year(9999))
			open.Status = "open"
			later := claiming(9, testNow.Add(23*time.Hour)) // a later pass will hold it
			b.engine.Source = straying{b.desk, append([]kustomer.Conversation{open, later, known}, out...)}

			dry := *b.engine
			dry.Ledger, dry.Sender = &dryrun.Ledger{ReadLedger: b.ledger}, dryrun.Sender{}
			planned, err := dry.Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				result := b.mustRun(t)
				if result.Found != len(out)+1 || result.Reasons[store.Skipped][decide.TimeOutOfRange] != len(out) || result.Reasons[store.Skipped][decide.NotDone] != 1 {
					t.Errorf("got %+v", result)
				}
				if diff := cmp.Diff(planned.Reasons, result.Reasons); diff != "" || planned.Found != result.Found {
					t.Errorf("the dry run found %d, the pass %d (-dry +pass):\n%s", planned.Found, result.Found, diff)
				}
				if !result.Checkpoint.Equal(testNow.Add(-3 * time.Minute)) {
					t.Errorf("checkpoint %s", result.Checkpoint)
				}
				rows := b.rows()
				for _, c := range out {
					if row := rows[c.ID]; row.Reason != decide.TimeOutOfRange || !row.Resolution.IsZero() || !strings.Contains(row.Message, "lastDone.createdAt") {
						t.Errorf("got %+v", row)
					}
				}
				if len(result.Notices) != 1 || !strings.Contains(result.Notices[0], out[0].ID) {
					t.Errorf("notices %q", result.Notices)
				}
			}
			for _, c := range append(out, open) {
				if got, err := b.ledger.Lookup([]store.Key{decide.KeyOf(c)}); err != nil || len(got) > 0 {
					t.Errorf("the ledger has %+v, %v", got, err)
				}
			}
			if len(b.got) != 4 {
				t.Errorf("asked %v", b.times())
			}
		})
	}
}

// What claims an impossible time makes windows no narrower than need be.
func TestTimesOutOfRangeInCrowds(t *testing.T) {
	b := newBench(t, 1200)
	for i := range b.conversations {
		b.conversations[i].LastDone.At = testNow.Add(-2 * time.Hour).Add(time.Duration(i) * time.Second)
	}
	b.engine.Source = straying{b.desk, []kustomer.Conversation{claiming(0, year(0)), claiming(1, year(9999)), claiming(2, year(287_396))}}
	b.engine.Ledger, b.engine.Sender = &dryrun.Ledger{ReadLedger: b.ledger}, dryrun.Sender{}
	result := b.mustRun(t)
	if result.Planned != 1200 || result.Reasons[store.Skipped][decide.TimeOutOfRange] != 3 || b.calls["search"] > 30 {
		t.Errorf("%d searches, got %+v", b.calls["search"], result)
	}
}

// A conversation that waits, and claims an impossible time when it is read again, is skipped, and the pass
// goes on. The ledger keeps the time that it had.
func TestWaitingOutOfRange(t *testing.T) {
	for _, identity := range []store.Identity{store.PerConversation, store.PerResolution} {
		for name, at := range map[string]time.Time{"0": year(0), "10000": year(10_000), "9999": year(9999), "287396": year(287_396), "none": {}} {
			t.Run(string(identity)+", year "+name, func(t *testing.T) {
				b := newBench(t, 6)
				b.engine.Options.SurveyPer = identity
				b.engine.Options.Limits.Max, b.engine.Options.Concurrency = 1, 1
				b.mustRun(t)
				b.engine.Options.Limits.Max = 0
				waits := 1
				resolved := b.conversations[waits].LastDone.At
				key := b.engine.identityOf(b.conversations[waits])
				odd := claiming(0, at)
				b.conversations[waits].LastDone, b.conversations[waits].DoneUnread = odd.LastDone, odd.DoneUnread
				result := b.mustRun(t)
				if result.Reasons[store.Skipped][decide.TimeOutOfRange] != 1 || result.Counts[store.Accepted] != 4 {
					t.Errorf("got %+v", result)
				}
				known, err := b.ledger.Lookup([]store.Key{key})
				record := known[key]
				if err != nil || record.State != store.Skipped || decide.Reason(record.Reason) != decide.TimeOutOfRange || !record.Resolution.Equal(resolved) {
					t.Errorf("the ledger has %+v, %v", record, err)
				}
				if len(b.got) != 5 || b.times()[b.conversations[waits].ID] > 0 {
					t.Errorf("asked %v", b.times())
				}
			})
		}
	}
}

// identityOf is the key of a conversation for the engine.
func (e *Engine) identityOf(c kustomer.Conversation) store.Key {
	return decide.SurveyPer(e.Options.SurveyPer.OrDefault()).Key(c)
}
