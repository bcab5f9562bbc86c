package verify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
)

// conversation is the key of the nth conversation.
func conversation(n int) store.Key {
	return store.Key{Conversation: fmt.Sprintf("6716500fa1b2c3d4e5f6%04x", n)}
}

// inEachState is a ledger with one conversation in each state: accepted, in doubt, in doubt by an open intent, to be retried,
// and scheduled, in that order.
func inEachState() *fakeLedger {
	m := &fakeLedger{info: store.Info{ID: ledgerID, Intents: 4}, records: map[store.Key]store.Record{}}
	for i, state := range []store.State{store.Accepted, store.InDoubt, store.Sending, store.Retry, store.Scheduled} {
		record := store.Record{State: state, Resolution: testNow, At: time.Now(), Due: time.Now().Add(time.Hour)}
		if state != store.Scheduled {
			record.Attempts, record.Intent, record.First = 1, uint64(i+1), time.Now()
		}
		m.records[conversation(i)] = record
	}
	return m
}

func (m *fakeLedger) states() (states []string) {
	for i := range len(m.records) {
		record := m.records[conversation(i)]
		states = append(states, strings.TrimSpace(record.State.String()+" "+record.Reason))
	}
	return states
}

func TestResolve(t *testing.T) {
	tests := []struct {
		name    string
		action  Action
		all     bool
		ids     []int
		want    []string
		refused int
	}{
		{"resend all", Resend, true, nil, []string{"accepted", "retry by_hand", "retry by_hand", "retry", "scheduled"}, 0},
		{"accept all", Accept, true, nil, []string{"accepted", "accepted by_hand", "accepted by_hand", "retry", "scheduled"}, 0},
		{"drop all touches what is in doubt only", Drop, true, nil, []string{"accepted", "dropped by_hand", "dropped by_hand", "retry", "scheduled"}, 0},
		{"resend those named", Resend, false, []int{0, 1, 3, 4}, []string{"accepted", "retry by_hand", "in_doubt interrupted", "retry", "scheduled"}, 3},
		{"accept those named", Accept, false, []int{0, 2, 3}, []string{"accepted", "in_doubt", "accepted by_hand", "retry", "scheduled"}, 2},
		{"drop those named", Drop, false, []int{0, 1, 3, 4, 4}, []string{"accepted", "dropped by_hand", "in_doubt interrupted", "dropped by_hand", "dropped by_hand"}, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ledger := inEachState()
			choice := Selection{All: test.all}
			for _, i := range test.ids {
				choice.IDs = append(choice.IDs, strings.ToUpper(conversation(i).Conversation))
			}
			settled, err := Resolve(t.Context(), ledger, choice, test.action)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, ledger.states()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			refused := 0
			for _, s := range settled {
				if s.Refusal != "" {
					refused++
				}
				if (s.Refusal != "") != (s.Before == s.State) {
					t.Errorf("told %+v", s)
				}
			}
			if refused != test.refused {
				t.Errorf("%d refused, want %d: %+v", refused, test.refused, settled)
			}
		})
	}
}

func TestResolveUnknown(t *testing.T) {
	ledger := inEachState()
	settled, err := Resolve(t.Context(), ledger, Selection{IDs: []string{"6716500fa1b2c3d4e5f6ffff"}}, Drop)
	if err != nil || len(settled) != 1 || settled[0].State != store.Unknown || settled[0].Refusal == "" {
		t.Errorf("got %+v, %v", settled, err)
	}
}

func TestResolveNeedsAChoice(t *testing.T) {
	ledger := inEachState()
	before := ledger.states()
	for name, try := range map[string]func() error{
		"nothing chosen": func() error {
			_, err := Resolve(t.Context(), ledger, Selection{}, Drop)
			return err
		},
		"all, and some": func() error {
			_, err := Resolve(t.Context(), ledger, Selection{All: true, IDs: []string{conversation(1).Conversation}}, Drop)
			return err
		},
		"no action": func() error {
			_, err := Resolve(t.Context(), ledger, Selection{All: true}, 0)
			return err
		},
	} {
		if err := try(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if diff := cmp.Diff(before, ledger.states()); diff != "" {
		t.Errorf("-before +after:\n%s", diff)
	}
}

func TestResolveStops(t *testing.T) {
	ledger := inEachState()
	ctx, cancel := context.WithCancelCause(t.Context())
	signal := errors.New("SIGTERM")
	cancel(signal)
	if settled, err := Resolve(ctx, ledger, Selection{All: true}, Drop); !errors.Is(err, signal) || len(settled) > 0 {
		t.Errorf("got %+v, %v", settled, err)
	}
}

// TestPickBySpelling names one of two resolutions by its time: exactly, to the second, or as Kustomer tells
// it.
func TestPickBySpelling(t *testing.T) {
	key, at := store.Key{Conversation: "a"}, testNow.Truncate(time.Second)
	family := map[store.Key]store.Record{}
	for i, off := range []time.Duration{-500 * time.Millisecond, 700 * time.Millisecond, 5 * time.Second} {
		family[store.Key{Conversation: "a", Resolution: int64(i + 1)}] = store.Record{State: store.InDoubt, Resolution: at.Add(off)}
	}
	for off, want := range map[time.Duration][]int64{
		-500 * time.Millisecond: {1},
		0:                       {2}, // within the second, and not the one before it
		700 * time.Millisecond:  {2},
		703 * time.Millisecond:  {2},
		5 * time.Second:         {3},
		4300 * time.Millisecond: {3},
		9 * time.Second:         {0},
	} {
		var got []int64
		for _, e := range pick(key, family, at.Add(off), Resend) {
			got = append(got, e.Key.Resolution)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", off, diff)
		}
	}
}

// TestResolveBadName changes nothing where one of those named is no conversation.
func TestResolveBadName(t *testing.T) {
	for _, bad := range []string{"", "@2026-11-22T15:04:05Z", "a@noon"} {
		ledger := inEachState()
		before := ledger.states()
		choice := Selection{IDs: []string{conversation(1).Conversation, bad}}
		settled, err := Resolve(t.Context(), ledger, choice, Accept)
		if err == nil || len(settled) > 0 {
			t.Errorf("%q: got %+v, %v", bad, settled, err)
		}
		before[2] = "in_doubt interrupted" // as any command finds it
		if diff := cmp.Diff(before, ledger.states()); diff != "" {
			t.Errorf("%q: -before +after:\n%s", bad, diff)
		}
	}
}

// TestPick chooses of a conversation what the decision can be about: doubts before what only waits, the earliest
// first; where nothing waits, the latest, so that it can be told why nothing is done.
func TestPick(t *testing.T) {
	key := store.Key{Conversation: "a"}
	at := func(hours int, state store.State) (store.Key, store.Record) {
		resolved := testNow.Add(time.Duration(hours) * time.Hour)
		return store.Key{Conversation: "a", Resolution: resolved.UnixMilli()}, store.Record{State: state, Resolution: resolved}
	}
	for name, tt := range map[string]struct {
		states []store.State // of resolutions an hour apart
		action Action
		want   []int // hours
	}{
		"doubts alone":           {[]store.State{store.Retry, store.InDoubt, store.Accepted, store.InDoubt}, Resend, []int{1, 3}},
		"doubts alone, accepted": {[]store.State{store.Retry, store.InDoubt}, Accept, []int{1}},
		"all that waits":         {[]store.State{store.Retry, store.InDoubt, store.Accepted, store.Scheduled}, Drop, []int{0, 1, 3}},
		"what waits":             {[]store.State{store.Retry, store.Accepted}, Resend, []int{0}},
		"the latest":             {[]store.State{store.Skipped, store.Rejected, store.Accepted}, Drop, []int{2}},
		"the earliest first": {
			slices.Repeat([]store.State{store.InDoubt}, 9), Resend, []int{0, 1, 2, 3, 4, 5, 6, 7, 8},
		},
	} {
		known := map[store.Key]store.Record{}
		for i, state := range tt.states {
			k, r := at(i, state)
			known[k] = r
		}
		var got []int
		for _, e := range pick(key, known, time.Time{}, tt.action) {
			got = append(got, int(e.Record.Resolution.Sub(testNow).Hours()))
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
}

// TestResolveSaysWhy tells of what is not in doubt what it is, and that only what waits will be sent.
func TestResolveSaysWhy(t *testing.T) {
	ledger := inEachState()
	ids := []string{conversation(0).Conversation, conversation(3).Conversation, "nobody"}
	settled, err := Resolve(t.Context(), ledger, Selection{IDs: ids}, Accept)
	if err != nil || len(settled) != 3 {
		t.Fatal(settled, err)
	}
	for i, want := range []string{"accepted, not in doubt", "retry, not in doubt: a pass will send it", "nothing waits"} {
		if got := settled[i].Refusal; !strings.Contains(got, want) || strings.Contains(got, "pass") != (i == 1) {
			t.Errorf("got %q, want what says %q", got, want)
		}
	}
}

// failing is a ledger of which one thing fails.
type failing struct {
	*fakeLedger
	info, lookup, waiting, recovers, settle, commit, each, reopen error
}

func (f failing) Info() (store.Info, error) {
	info, _ := f.fakeLedger.Info()
	return info, f.info
}

func (f failing) Lookup(keys []store.Key) (map[store.Key]store.Record, error) {
	known, _ := f.fakeLedger.Lookup(keys)
	return known, f.lookup
}

func (f failing) Waiting(limit int, states ...store.State) ([]store.Entry, error) {
	entries, _ := f.fakeLedger.Waiting(limit, states...)
	return entries, f.waiting
}

func (f failing) Recover(now time.Time) ([]store.Entry, error) {
	if f.recovers != nil {
		return nil, f.recovers
	}
	return f.fakeLedger.Recover(now)
}

func (f failing) Settle(key store.Key, intent uint64, result store.Result) error {
	if f.settle != nil {
		return f.settle
	}
	return f.fakeLedger.Settle(key, intent, result)
}

func (f failing) Commit(batch store.Batch) error {
	if f.commit != nil {
		return f.commit
	}
	return f.fakeLedger.Commit(batch)
}

func (f failing) Each(fn func(store.Entry) error) error {
	return errors.Join(f.fakeLedger.Each(fn), f.each)
}

func (f failing) Reopen(entries []store.Entry, x store.Result) error {
	if f.reopen != nil {
		return f.reopen
	}
	return f.fakeLedger.Reopen(entries, x)
}

// TestLedgerFails tells of nothing as changed that is not, and names the failure of a writing as such, so that it
// ends with the code of a ledger that cannot be written.
func TestLedgerFails(t *testing.T) {
	resolve := func(choice Selection, action Action) func(*testing.T, failing) (int, error) {
		return func(t *testing.T, f failing) (int, error) {
			settled, err := Resolve(t.Context(), f, choice, action)
			return len(settled), err
		}
	}
	all, one := Selection{All: true}, Selection{IDs: []string{conversation(3).Conversation}}
	verify := func(t *testing.T, f failing) (int, error) {
		data := &fakeReceiver{rows: []agentconnect.Interaction{{ExtInteractionID: conversation(1).Conversation}}}
		settled, err := Verify(t.Context(), f, Verification{Receiver: data, After: time.Minute})
		for _, s := range settled {
			if s.State != f.records[s.Key].State {
				t.Errorf("%s is told as %s, and is %s", s.Conversation, s.State, f.records[s.Key].State)
			}
		}
		return 0, err
	}
	retry := func(o RetryOptions, receiver Receiver) func(*testing.T, failing) (int, error) {
		return func(t *testing.T, f failing) (int, error) {
			key := conversation(0)
			record := f.records[key]
			record.State, record.Reason = store.Dropped, "by_hand"
			f.records[key] = record
			reopened, err := Retry(t.Context(), f, o, Verification{Receiver: receiver})
			return len(reopened), err
		}
	}
	byReason := RetryOptions{Refusals: Refusals{Reasons: []decide.Reason{decide.ByHand}}, MayHaveArrived: true}
	for name, tt := range map[string]struct {
		fails failing
		does  func(*testing.T, failing) (int, error)
		write bool
	}{
		"resolve: recover": {failing{recovers: errTrouble}, resolve(all, Drop), true},
		"resolve: list":    {failing{waiting: errTrouble}, resolve(all, Drop), false},
		"resolve: look up": {failing{lookup: errTrouble}, resolve(one, Drop), false},
		"resolve: settle":  {failing{settle: errTrouble}, resolve(all, Accept), true},
		"resolve: commit":  {failing{commit: errTrouble}, resolve(one, Drop), true},
		"verify: recover":  {failing{recovers: errTrouble}, verify, true},
		"verify: info":     {failing{info: errTrouble}, verify, false},
		"verify: list":     {failing{waiting: errTrouble}, verify, false},
		"verify: settle":   {failing{settle: errTrouble}, verify, true},
		"retry: each":      {failing{each: errTrouble}, retry(byReason, nil), false},
		"retry: look up":   {failing{lookup: errTrouble}, retry(byID(0), nil), false},
		"retry: reopen":    {failing{reopen: errTrouble}, retry(byReason, nil), true},
		"retry: info":      {failing{info: errTrouble}, retry(RetryOptions{Refusals: byReason.Refusals, DryRun: true}, &fakeReceiver{}), false},
	} {
		tt.fails.fakeLedger = inEachState()
		done, err := tt.does(t, tt.fails)
		write := (*store.WriteError)(nil)
		// Of a dry run what is told is what would be, as far as that is known.
		if !errors.Is(err, errTrouble) || errors.As(err, &write) != tt.write || done > 0 && name != "retry: info" {
			t.Errorf("%s: %d were dealt with, %v", name, done, err)
		}
		if _, told, _ := strings.Cut(name, ": "); told == "reopen" && !strings.Contains(err.Error(), "take up again what was refused") ||
			told == "each" && !strings.Contains(err.Error(), "look for what was refused") ||
			told == "commit" && !strings.Contains(err.Error(), conversation(3).Conversation) {
			t.Errorf("%s: it does not say of what: %v", name, err)
		}
	}
}
