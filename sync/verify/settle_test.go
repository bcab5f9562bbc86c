package verify

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
	"acsync/sync/agentconnect"
)

func TestVerify(t *testing.T) {
	ledger := inEachState()
	intent := store.Intent{Ledger: ledgerID, Number: ledger.records[conversation(1)].Intent}
	data := &fakeReceiver{rows: []agentconnect.Interaction{{ExtInteractionID: conversation(1).Conversation, Intent: intent.String()}}, err: errTrouble}
	settled, err := Verify(t.Context(), ledger, Verification{Receiver: data, After: time.Minute, Stamped: true})
	if !errors.Is(err, errTrouble) {
		t.Errorf("error %v, want that of the data", err)
	}
	got := map[string]string{}
	for _, s := range settled {
		got[s.Conversation] = s.Before.String() + " " + s.State.String()
	}
	want := map[string]string{
		conversation(1).Conversation: "in_doubt accepted", conversation(2).Conversation: "in_doubt in_doubt",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
