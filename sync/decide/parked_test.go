package decide

import (
	"testing"
	"time"

	"acsync/store"
)

// TestParkedIsNeverStaleInSilence: what was turned away, or could not be read, until it was too old to be asked about needs
// a hand; what merely waited so long does not.
func TestParkedIsNeverStaleInSilence(t *testing.T) {
	now := Clock{Kustomer: testNow, Own: testNow}
	for reason, want := range map[Reason]Action{
		Forbidden: {Verb: Reject, Reason: GaveUp}, Gateway: {Verb: Reject, Reason: GaveUp},
		Limited: {Verb: Skip, Reason: Stale}, Unreachable: {Verb: Skip, Reason: Stale},
	} {
		own := store.Record{State: store.Retry, Reason: string(reason), Attempts: 2, First: testNow.Add(-time.Hour), At: testNow}
		c := Case{Key: store.Key{Conversation: "a"}, Candidate: plain(), Decision: Decision{Skip: Stale}, Own: own}
		c.Known = own
		if got := Triage(c, now, FromLedger); got != want {
			t.Errorf("%s: %+v, want %+v", reason, got, want)
		}
	}
	own := store.Record{State: store.Scheduled, Reason: string(UnreadableRecord), At: testNow.Add(-time.Hour)}
	c := Case{Key: store.Key{Conversation: "a"}, Candidate: plain(), Decision: Decision{Skip: Stale}, Own: own}
	if got := Triage(c, now, FromLedger); got != (Action{Verb: Reject, Reason: UnreadableRecord}) {
		t.Errorf("unreadable: %+v", got)
	}
}
