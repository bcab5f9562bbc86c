package sync

import (
	"testing"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/verify"
)

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
