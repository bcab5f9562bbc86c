package sync

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/verify"
)

// newDocket is a bench with one conversation in each state: accepted, in doubt, in doubt by an open intent, to be retried,
// and scheduled, in that order.
func newDocket(t *testing.T) *bench {
	t.Helper()
	b := newBench(t, 5)
	for i, state := range []store.State{store.Accepted, store.InDoubt, store.Sending, store.Retry} {
		intent, err := b.ledger.Begin(decide.KeyOf(b.conversations[i]), b.conversations[i].LastDone.At, time.Now())
		if err == nil && state != store.Sending {
			err = b.ledger.Finish(intent, store.Result{State: state, At: time.Now(), Due: time.Now().Add(time.Hour), Status: 500})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	scheduled := store.Entry{Key: decide.KeyOf(b.conversations[4]), Record: store.Record{
		State: store.Scheduled, Resolution: b.conversations[4].LastDone.At, At: time.Now(), Due: time.Now().Add(time.Hour),
	}}
	if err := b.ledger.Commit(store.Batch{Entries: []store.Entry{scheduled}}); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) states(t *testing.T) (states []string) {
	t.Helper()
	for i := range b.conversations {
		states = append(states, strings.TrimSpace(b.state(t, i).State.String()+" "+b.state(t, i).Reason))
	}
	return states
}

func TestResolve(t *testing.T) {
	tests := []struct {
		name    string
		action  verify.Action
		all     bool
		ids     []int
		want    []string
		refused int
	}{
		{"resend all", verify.Resend, true, nil, []string{"accepted", "retry by_hand", "retry by_hand", "retry", "scheduled"}, 0},
		{"accept all", verify.Accept, true, nil, []string{"accepted", "accepted by_hand", "accepted by_hand", "retry", "scheduled"}, 0},
		{"drop all touches what is in doubt only", verify.Drop, true, nil, []string{"accepted", "dropped by_hand", "dropped by_hand", "retry", "scheduled"}, 0},
		{"resend those named", verify.Resend, false, []int{0, 1, 3, 4}, []string{"accepted", "retry by_hand", "in_doubt interrupted", "retry", "scheduled"}, 3},
		{"accept those named", verify.Accept, false, []int{0, 2, 3}, []string{"accepted", "in_doubt", "accepted by_hand", "retry", "scheduled"}, 2},
		{"drop those named", verify.Drop, false, []int{0, 1, 3, 4, 4}, []string{"accepted", "dropped by_hand", "in_doubt interrupted", "dropped by_hand", "dropped by_hand"}, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := newDocket(t)
			choice := verify.Selection{All: test.all}
			for _, i := range test.ids {
				choice.IDs = append(choice.IDs, strings.ToUpper(b.conversations[i].ID))
			}
			settled, err := verify.Resolve(t.Context(), b.ledger, choice, test.action)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, b.states(t)); diff != "" {
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
	b := newDocket(t)
	settled, err := verify.Resolve(t.Context(), b.ledger, verify.Selection{IDs: []string{"6716500fa1b2c3d4e5f6ffff"}}, verify.Drop)
	if err != nil || len(settled) != 1 || settled[0].State != store.Unknown || settled[0].Refusal == "" {
		t.Errorf("got %+v, %v", settled, err)
	}
}

func TestResolveNeedsAChoice(t *testing.T) {
	b := newDocket(t)
	before := b.states(t)
	for name, try := range map[string]func() error{
		"nothing chosen": func() error {
			_, err := verify.Resolve(t.Context(), b.ledger, verify.Selection{}, verify.Drop)
			return err
		},
		"all, and some": func() error {
			_, err := verify.Resolve(t.Context(), b.ledger, verify.Selection{All: true, IDs: []string{b.conversations[1].ID}}, verify.Drop)
			return err
		},
		"no action": func() error {
			_, err := verify.Resolve(t.Context(), b.ledger, verify.Selection{All: true}, 0)
			return err
		},
	} {
		if err := try(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if diff := cmp.Diff(before, b.states(t)); diff != "" {
		t.Errorf("-before +after:\n%s", diff)
	}
}

func TestResolveStops(t *testing.T) {
	b := newDocket(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	signal := errors.New("SIGTERM")
	cancel(signal)
	if settled, err := verify.Resolve(ctx, b.ledger, verify.Selection{All: true}, verify.Drop); !errors.Is(err, signal) || len(settled) > 0 {
		t.Errorf("got %+v, %v", settled, err)
	}
}

// TestResentOnce sends again what the operator says did not arrive, whatever its age, in the next pass and no further one.
func TestResentOnce(t *testing.T) {
	b := newBench(t, 1)
	old := time.Now().Add(-100 * time.Hour)
	intent, err := b.ledger.Begin(decide.KeyOf(b.conversations[0]), b.conversations[0].LastDone.At, old)
	if err == nil {
		err = b.ledger.Finish(intent, store.Result{State: store.InDoubt, Reason: string(decide.NoAnswer), At: old, Due: old})
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := verify.Resolve(t.Context(), b.ledger, verify.Selection{IDs: []string{b.conversations[0].ID}}, verify.Resend); err != nil {
		t.Fatal(err)
	}
	b.answer = func(agentconnect.Request) agentconnect.Answer { return taken() }
	for range 2 {
		b.mustRun(t)
	}
	if got := b.state(t, 0); got.State != store.Accepted || got.Attempts != 2 || len(b.got) != 1 {
		t.Errorf("the ledger has %+v after %d requests", got, len(b.got))
	}
}
