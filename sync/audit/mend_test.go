package audit

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
	"acsync/store/bolt"
	"acsync/store/storetest/memory"
	"acsync/sync/agentconnect"
	"acsync/sync/journey"
	"acsync/sync/rebuild"
)

func TestMain(m *testing.M) {
	memory.Use()
	m.Run()
}

// found is a list of findings, already in their order.
type found []Finding

func (f found) Each(take func(Finding) error) error {
	for _, each := range f {
		if err := take(each); err != nil {
			return err
		}
	}
	return nil
}

// bench is a ledger with what it remembers by now, and what is to be mended.
type bench struct {
	*bolt.Ledger
	Mending
}

func newBench(t *testing.T, identity store.Identity) bench {
	t.Helper()
	path := filepath.Join(t.TempDir(), "acsync.db")
	if err := bolt.Create(path, noon.Add(-time.Hour), bolt.Options{Identity: identity}); err != nil {
		t.Fatal(err)
	}
	ledger, err := bolt.Open(path, bolt.Options{Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(ledger.Check(context.Background()), ledger.Close()); err != nil {
			t.Error(err)
		}
	})
	info, err := ledger.Info()
	if err != nil {
		t.Fatal(err)
	}
	m := Mending{Terms: terms, Most: 100, Oldest: noon.Add(-30 * time.Minute)}
	m.Ledger, m.Identity = info.ID, identity
	return bench{ledger, m}
}

// bring lets the ledger have a conversation in a state.
func (b bench) bring(t *testing.T, key store.Key, state store.State) {
	t.Helper()
	e := store.Entry{Key: key, Record: store.Record{State: state, Resolution: noon, At: noon, Reason: "test"}}
	var err error
	switch state {
	case store.Unknown:
	case store.Sending, store.Retry, store.InDoubt, store.Accepted:
		var i store.Intent
		if i, err = b.Begin(key, noon, noon); err == nil && state != store.Sending {
			err = b.Finish(i, store.Result{State: state, At: noon})
		}
	default:
		err = b.Commit(store.Batch{Entries: []store.Entry{e}})
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (b bench) mend(t *testing.T, findings ...Finding) (Mended, error) {
	t.Helper()
	return b.Mend(b.Ledger, found(findings), 0, rebuild.Marker(b.Ledger), noon.Add(time.Hour))
}

// states tells in which states a conversation stands.
func (b bench) states(t *testing.T, id string) (states []string) {
	t.Helper()
	known, err := b.Lookup([]store.Key{{Conversation: id}})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range known {
		states = append(states, r.State.String())
	}
	slices.Sort(states)
	return states
}

func missed(id string, at time.Time) Finding {
	return Finding{Kind: NeverAsked, Conversation: id, Resolved: at, Certain: true}
}

func there(id string, stamp string) Finding {
	requests := []Request{{At: noon.Add(time.Minute), Stamp: stamp, UUID: "u-" + id}}
	return Finding{Kind: NotInLedger, Conversation: id, Resolved: noon, Requests: requests}
}

// TestMendLooksAgain: whatever the ledger says by the time of writing decides. What is held or waits is never
// queued, what is there is marked unless it may be under way, and a second time nothing is done.
func TestMendLooksAgain(t *testing.T) {
	for state, want := range map[store.State][2]string{ // queued, marked
		store.Unknown:   {"[scheduled]", "[accepted]"},
		store.Skipped:   {"[scheduled]", "[accepted]"},
		store.Scheduled: {"[scheduled]", "[accepted]"},
		store.Retry:     {"[retry]", "[accepted]"},
		store.Accepted:  {"[accepted]", "[accepted]"},
		store.Rejected:  {"[rejected]", "[accepted]"},
		store.Dropped:   {"[dropped]", "[accepted]"},
		store.InDoubt:   {"[in_doubt]", "[accepted]"},
		store.Sending:   {"[sending]", "[accepted]"}, // of a pass that was killed
	} {
		for i, finding := range []Finding{missed("a", noon), there("a", "")} {
			t.Run(fmt.Sprint(state, finding.Kind), func(t *testing.T) {
				b := newBench(t, "")
				b.bring(t, store.Key{Conversation: "a"}, state)
				for range 2 {
					if _, err := b.mend(t, finding); err != nil {
						t.Fatal(err)
					}
					if got := fmt.Sprint(b.states(t, "a")); got != want[i] {
						t.Errorf("it is %s, want %s", got, want[i])
					}
				}
				if again, err := b.mend(t, finding); err != nil || again.Queued+again.Marked > 0 {
					t.Errorf("again %+v, %v", again, err)
				}
			})
		}
	}
}

// TestMendLeavesTheErased: what was erased since the audit is neither queued nor marked, and keeps nobody else
// from it.
func TestMendLeavesTheErased(t *testing.T) {
	b := newBench(t, "")
	if _, err := b.Forget([]string{"a", "b"}, noon); err != nil {
		t.Fatal(err)
	}
	done, err := b.mend(t, missed("a", noon), there("b", ""), there("c", ""))
	if want := (Mended{Marked: 1, Left: 1}); err != nil || done != want {
		t.Errorf("%+v, %v; want %+v", done, err, want)
	}
	if got := fmt.Sprint(b.states(t, "a"), b.states(t, "b"), b.states(t, "c")); got != "[dropped] [dropped] [accepted]" {
		t.Errorf("they are %s", got)
	}
}

// TestMendStops: what cannot be marked ends the mending, and nothing is queued behind it.
func TestMendStops(t *testing.T) {
	b, broken := newBench(t, ""), errors.New("the disk is full")
	refuse := func([]agentconnect.Interaction) (int, error) { return 0, broken }
	list := found([]Finding{there("a", ""), missed("b", noon)})
	done, err := b.Mend(b.Ledger, list, 0, refuse, noon.Add(time.Hour))
	if !errors.Is(err, broken) || done != (Mended{}) || b.states(t, "b") != nil {
		t.Errorf("%+v, %v, and what was never asked is %v", done, err, b.states(t, "b"))
	}
}

// TestMendPerResolution: with one survey a resolution, each has its own key and its own fate.
func TestMendPerResolution(t *testing.T) {
	b := newBench(t, store.PerResolution)
	later := noon.Add(time.Hour)
	b.bring(t, store.Key{Conversation: "a", Resolution: noon.UnixMilli()}, store.Accepted)
	b.bring(t, store.Key{Conversation: "b", Resolution: noon.UnixMilli()}, store.Accepted)
	done, err := b.mend(t, missed("a", later), missed("b", noon.Add(300*time.Millisecond)))
	want := Mended{Queued: 1, Left: 1}
	if diff := cmp.Diff(want, done); diff != "" || err != nil {
		t.Errorf("%v; want -, got +:\n%s", err, diff)
	}
	if got := fmt.Sprint(b.states(t, "a"), b.states(t, "b")); got != "[accepted scheduled] [accepted]" {
		t.Errorf("they are %s", got)
	}
}

// TestRemedy says of each finding what can be done.
func TestRemedy(t *testing.T) {
	m := Mending{Terms: terms, Oldest: noon.Add(-30 * time.Minute)}
	without := m
	without.Ledger = ""
	lacking := m
	lacking.Lacking = true
	uncertain, delayed := missed("a", noon), missed("a", noon.Add(-45*time.Minute))
	uncertain.Certain, delayed.Delay = false, time.Hour
	doubt := Finding{Kind: InDoubt, Record: store.Record{State: store.InDoubt}}
	arrived := doubt
	arrived.Requests = []Request{{Ours: true}}
	twice := there("a", "")
	twice.Kind, twice.Record.State = AskedTwice, store.Accepted
	for name, test := range map[string]struct {
		Mending
		Finding
		want Remedy
	}{
		"missed":                    {m, missed("a", noon), Queue},
		"long ago":                  {m, missed("a", noon.Add(-45*time.Minute)), TooOld},
		"long ago, but delayed":     {m, delayed, Queue},
		"before the ledger":         {m, missed("a", noon.Add(-2*time.Hour)), Before},
		"without a ledger":          {without, missed("a", noon), Without},
		"perhaps asked long before": {m, uncertain, LookUp},
		"the data lack the most":    {lacking, missed("a", noon), LookUp},
		"asked by others":           {m, there("a", ""), Mark},
		"the same without a ledger": {without, there("a", ""), Nothing},
		"asked twice":               {m, twice, Nothing},
		"in doubt":                  {m, doubt, Resolve},
		"in doubt, and there":       {m, arrived, Mark},
		"not shown":                 {m, Finding{Kind: NotShown, Record: store.Record{State: store.Accepted}}, Nothing},
	} {
		if got := test.Remedy(test.Finding); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

// TestMendLeavesRoom: no more is queued than a pass may send beside what it finds itself, and the next time
// goes on.
func TestMendLeavesRoom(t *testing.T) {
	b := newBench(t, "")
	b.Most = 7
	var all found
	for n := range 6 {
		all = append(all, missed(fmt.Sprint(n), noon))
	}
	b.bring(t, store.Key{Conversation: "other"}, store.Scheduled)
	counts, err := b.Remedies(all, 1)
	if diff := cmp.Diff(map[Remedy]int{Queue: 3, NoRoom: 3}, counts); diff != "" || err != nil {
		t.Errorf("%v; want -, got +:\n%s", err, diff)
	}
	for range 2 {
		if done, err := b.mend(t, all...); err != nil || done.Queued+done.Left != 6 {
			t.Errorf("%+v, %v", done, err)
		}
	}
	if info, err := b.Info(); err != nil || info.Counts[store.Scheduled] != 4 {
		t.Errorf("%v wait, %v", info.Counts, err)
	}
}

// TestMendRefusesAnOldLedger: one that has sent what it does not know of is not mended but rebuilt, and neither
// is another than was compared.
func TestMendRefusesAnOldLedger(t *testing.T) {
	b := newBench(t, "")
	findings := found{missed("a", noon), there("b", "")}
	none := func([]agentconnect.Interaction) (int, error) { return 0, errors.New("it was written") }
	_, behind := b.Mend(b.Ledger, findings, 1, none, noon)
	b.Mending.Ledger = "another"
	_, other := b.Mend(b.Ledger, findings, 0, none, noon)
	info, err := b.Info()
	if !errors.Is(behind, ErrBehind) || !errors.Is(other, store.ErrRolledBack) || err != nil || len(info.Counts) > 0 {
		t.Errorf("%v; %v; %v %v", behind, other, info.Counts, err)
	}
}

// TestMendRefusesAConvertedLedger: what never was asked about by one unit may have been by the other.
func TestMendRefusesAConvertedLedger(t *testing.T) {
	b := newBench(t, store.PerConversation)
	b.bring(t, store.Key{Conversation: "a"}, store.Accepted)
	b.Mending.Identity = store.PerResolution
	later := missed("a", noon.Add(10*time.Minute))
	done, err := b.mend(t, later)
	if err == nil || done.Queued > 0 {
		t.Errorf("mended %+v, error %v", done, err)
	}
	if got := b.states(t, "a"); !slices.Equal(got, []string{"accepted"}) {
		t.Errorf("it stands as %v", got)
	}
}

// TestMarksOfResolutions: what is known of another resolution of a conversation marks none, and tells nothing of who has
// asked about this one.
func TestMarksOfResolutions(t *testing.T) {
	first, second := noon, noon.Add(24*time.Hour)
	for name, test := range map[string]struct {
		others time.Time // when others asked
		want   store.State
	}{
		"others asked about the second": {noon.Add(25 * time.Hour), store.Accepted},
		"the first was asked twice":     {noon.Add(2 * time.Minute), store.Rejected},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, store.PerResolution)
			rejected := store.Key{Conversation: "c", Resolution: second.UnixMilli()}
			var intents []store.Intent
			for key, x := range map[store.Key]store.Result{
				{Conversation: "c", Resolution: first.UnixMilli()}: {State: store.Accepted, At: first},
				rejected: {State: store.Rejected, Status: 400, Reason: "employee_not_found", At: second},
			} {
				i, err := b.Begin(key, x.At, x.At)
				if err == nil {
					err = b.Finish(i, x)
				}
				if err != nil {
					t.Fatal(err)
				}
				if x.State == store.Accepted {
					intents = append(intents, i)
				}
			}
			j := journey.Journey{Conversation: "c", Resolved: second, InRange: true, Interactions: []agentconnect.Interaction{
				{UUID: "a", ExtInteractionID: "c", CreatedAt: first.Add(time.Minute), Intent: intents[0].String()},
				{UUID: "b", ExtInteractionID: "c", CreatedAt: test.others},
			}}
			known, err := b.Lookup([]store.Key{rejected})
			if err != nil {
				t.Fatal(err)
			}
			for key, record := range known {
				j.Entries = append(j.Entries, store.Entry{Key: key, Record: record})
			}
			b.Terms.Stamped, b.Terms.Settled = true, noon.Add(100*time.Hour)
			finding, found := b.Compare(j)
			if !found {
				t.Fatal("nothing was found")
			}
			if _, err := b.mend(t, finding); err != nil {
				t.Fatal(err)
			}
			if known, err = b.Lookup([]store.Key{rejected}); err != nil || known[rejected].State != test.want {
				t.Errorf("the second is %s, want %s: %v", known[rejected].State, test.want, err)
			}
			held, err := b.Snapshot()
			if err != nil || held.Accepted-held.Foreign != 1 {
				t.Errorf("%d are accepted, %d of them because others asked, and Agent Connect has one of the ledger's own: %v",
					held.Accepted, held.Foreign, err)
			}
		})
	}
}
