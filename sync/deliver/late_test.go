package deliver

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	stdsync "sync"
	"sync/atomic"
	"testing"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/exit"
)

// leased is a ledger whose intents may be sent for a time only.
type leased struct {
	held
	sendBy   []time.Time // of the intents, in their order; the last for all that follow
	begun    int
	finished []store.Result
	refuse   error // what Finish fails with
}

func (l *leased) Begin(key store.Key, _, _ time.Time) (store.Intent, error) {
	i := store.Intent{Key: key, Number: uint64(l.begun + 1), SendBy: l.sendBy[min(l.begun, len(l.sendBy)-1)]}
	l.begun++
	return i, nil
}

func (l *leased) Finish(_ store.Intent, r store.Result) error {
	l.finished = append(l.finished, r)
	return l.refuse
}

// TestTooLate sends nothing with an intent whose time is over, by whatever clock, and tries again with another
// intent alone. Nothing of that is a doubt, or a fault of Agent Connect.
func TestTooLate(t *testing.T) {
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	defer server.Close()
	client, err := agentconnect.New(agentconnect.Options{BaseURL: server.URL, APIKey: "key-of-the-test"})
	if err != nil {
		t.Fatal(err)
	}
	past, future := time.Now().Add(-time.Minute), time.Now().Add(time.Hour)
	taken := fmt.Errorf("acsync.ledgers: %w", store.ErrFenced)
	for name, tt := range map[string]struct {
		sendBy      []time.Time
		refuse      error
		begun, sent int
		state       store.State
		reason      decide.Reason
	}{
		"at any time":             {[]time.Time{{}}, nil, 3, 3, store.Retry, decide.Limited},
		"in time":                 {[]time.Time{future}, nil, 3, 3, store.Retry, decide.Limited},
		"late":                    {[]time.Time{past}, nil, 3, 0, store.Retry, decide.TooLate},
		"late by the wall clock":  {[]time.Time{past.Round(0)}, nil, 3, 0, store.Retry, decide.TooLate},
		"in time the second time": {[]time.Time{past, future}, nil, 3, 2, store.Retry, decide.Limited},
		"late, and taken over":    {[]time.Time{past}, taken, 1, 0, store.InDoubt, decide.Interrupted},
	} {
		t.Run(name, func(t *testing.T) {
			asked.Store(0)
			l := &leased{sendBy: tt.sendBy, refuse: tt.refuse}
			d := New(Options{Ledger: l, Sender: client, Limits: Limits{ErrorRate: 1}, Concurrency: 1, Halt: func(error) {}})
			var group stdsync.WaitGroup
			var got Outcome
			d.Send(t.Context(), decide.Case{Key: store.Key{Conversation: "a"}}, &group, func(_ decide.Case, o Outcome) { got = o })
			group.Wait()
			if got.State != tt.state || got.Reason != tt.reason || l.begun != tt.begun || int(asked.Load()) != tt.sent {
				t.Errorf("got %s %s after %d intents and %d requests", got.State, got.Reason, l.begun, asked.Load())
			}
			for _, r := range l.finished {
				if r.State != store.Retry {
					t.Errorf("an intent ended as %s", r.State)
				}
			}
			if tt.reason == decide.TooLate {
				if _, known := d.Receiver(); known || d.Stopped() {
					t.Error("it is taken for a fault of Agent Connect")
				}
			}
			err := d.Failure()
			if tt.refuse == nil {
				if err != nil {
					t.Error(err)
				}
				return
			}
			code, _ := exit.Of(err)
			if code != exit.Locked || !errors.Is(err, store.ErrFenced) {
				t.Errorf("it ended with %d: %v", code, err)
			}
			for _, word := range []string{"was not sent", "taken the ledger over", "nothing is lost"} {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("%q does not say %q", err, word)
				}
			}
		})
	}
}
