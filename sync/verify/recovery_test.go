package verify

import (
	"strings"
	"testing"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
)

// TestRecoveryVerdict settles a recovery in doubt from data, which bear no stamp of it.
func TestRecoveryVerdict(t *testing.T) {
	since := func(d time.Duration) time.Time { return testNow.Add(-d) }
	first := store.Record{State: store.Accepted, Resolution: since(50 * time.Hour), At: since(49 * time.Hour), First: since(49 * time.Hour), Attempts: 1, Intent: 3}
	doubt := store.Entry{
		Key: store.Key{Conversation: doubtfulID, Recovery: true},
		Record: store.Record{
			State: store.InDoubt, Reason: "no_answer", Resolution: since(time.Hour), At: since(40 * time.Minute), First: since(40 * time.Minute), Attempts: 1, Intent: 0x1d, Doubt: 0x1d,
		},
	}
	parent := agentconnect.Interaction{UUID: "p", ExtInteractionID: doubtfulID, CreatedAt: since(49 * time.Hour), Intent: ledgerID + "-3"}
	later := agentconnect.Interaction{UUID: "l", ExtInteractionID: "6716500fa1b2c3d4e5f60002", Intent: ledgerID + "-1e", CreatedAt: since(19 * time.Minute)}
	follow := func(parent, ext string, age time.Duration) agentconnect.Interaction {
		return agentconnect.Interaction{UUID: "f", Recovery: true, Parent: parent, ExtInteractionID: ext, CreatedAt: since(age)}
	}
	type rows = []agentconnect.Interaction
	tests := []struct {
		name string
		rows rows
		err  error
		want store.State
	}{
		{"by its parent", rows{parent, follow("p", "", 39*time.Minute)}, nil, store.Accepted},
		{"by its parent, and another id", rows{parent, follow("p", "x", 39*time.Minute)}, nil, store.Accepted},
		{"by the conversation's id", rows{follow("", doubtfulID, 39*time.Minute)}, nil, store.Accepted},
		{"by the conversation's id, in capitals", rows{follow("?", strings.ToUpper(doubtfulID), 39*time.Minute)}, nil, store.Accepted},
		{"long before", rows{parent, follow("p", "", 30*time.Hour), later}, nil, store.InDoubt},
		{"the request itself is no recovery", rows{parent, {UUID: "q", ExtInteractionID: doubtfulID, CreatedAt: since(39 * time.Minute)}, later}, nil, store.InDoubt},
		{"nothing", nil, nil, store.InDoubt},
		{"a later request, and no recovery", rows{parent, later}, nil, store.InDoubt},
		{"a later request, and another recovery after it", rows{parent, later, follow("z", "", 10*time.Minute)}, nil, store.Retry},
		{"another recovery, but too early to tell", rows{parent, later, follow("z", "", 39*time.Minute)}, nil, store.InDoubt},
		{"another recovery, and no later request", rows{parent, follow("z", "", 10*time.Minute)}, nil, store.InDoubt},
		{"all of it, but the first is not found", rows{later, follow("z", "", 10*time.Minute)}, nil, store.InDoubt},
		{"all of it, but one tells nothing", rows{parent, later, follow("z", "", 10*time.Minute), follow("", "", 38*time.Minute)}, nil, store.InDoubt},
		{"all of it, but the data break off", rows{parent, later, follow("z", "", 10*time.Minute)}, errTrouble, store.InDoubt},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ledger := &fakeLedger{records: map[store.Key]store.Record{{Conversation: doubtfulID}: first}}
			data := &fakeReceiver{rows: test.rows, err: test.err}
			q := NewMatcher(askedLedger, []store.Entry{doubt}, Verification{Receiver: data, After: 5 * time.Minute})
			q.now = testNow
			_ = q.Read(t.Context(), ledger) // of the verdicts
			got, told := q.decide(doubt, testNow)
			if !told {
				got.State = store.InDoubt
			}
			if got.State != test.want {
				t.Errorf("got %s, want %s", got.State, test.want)
			}
		})
	}
}

// TestRecoveriesAreNoSurveys does not take the recovery of a conversation for its survey request in doubt.
func TestRecoveriesAreNoSurveys(t *testing.T) {
	doubt := store.Entry{Key: store.Key{Conversation: doubtfulID}, Record: store.Record{State: store.InDoubt, At: testNow, First: testNow, Resolution: testNow, Attempts: 1, Intent: 9}}
	data := &fakeReceiver{rows: []agentconnect.Interaction{{UUID: "f", Recovery: true, ExtInteractionID: doubtfulID, CreatedAt: testNow}}}
	q := NewMatcher(askedLedger, []store.Entry{doubt}, Verification{Receiver: data, After: time.Minute})
	_ = q.Read(t.Context(), &fakeLedger{})
	if got, _ := q.decide(doubt, testNow.Add(time.Hour)); got.State != store.InDoubt {
		t.Errorf("got %+v", got)
	}
}
