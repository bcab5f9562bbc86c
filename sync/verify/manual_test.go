package verify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
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
