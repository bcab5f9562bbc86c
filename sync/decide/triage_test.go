package decide

import (
	"testing"
	"time"

	"acsync/store"
)

// TestTriageKeepsWhatIsBeingSent: under whichever key.
func TestTriageKeepsWhatIsBeingSent(t *testing.T) {
	c := Case{}
	c.Known = store.Record{State: store.Sending, At: time.Now()}
	if got := Triage(c, Clock{Own: time.Now()}, FromLedger); got.Verb != Keep {
		t.Errorf("got %+v", got)
	}
}
