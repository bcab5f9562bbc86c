package sync

import (
	"context"
	"errors"
	"iter"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/kustomer"
)

// fakeProfiles is a list of active profiles.
type fakeProfiles struct {
	list  []agentconnect.Employee
	err   error
	calls int
}

func (s *fakeProfiles) Employees(context.Context) iter.Seq2[agentconnect.Employee, error] {
	s.calls++
	return func(yield func(agentconnect.Employee, error) bool) {
		for _, employee := range s.list {
			if !yield(employee, nil) {
				return
			}
		}
		if s.err != nil {
			yield(agentconnect.Employee{}, s.err)
		}
	}
}

// TestUnknownAgents skips what is about an agent without an active profile, lists these agents, and costs no customer call.
func TestUnknownAgents(t *testing.T) {
	b := newBench(t, 5)
	other := kustomer.User{ID: "5ce4672fcce83d001a9e8400", UserType: "user", Email: kustomer.Text{Value: "other@example.org"}}
	b.users = append(b.users, other)
	for i := range 3 {
		done := *b.conversations[i].LastDone
		done.AssignedUsers = []string{other.ID}
		b.conversations[i].LastDone = &done
		delete(b.customers, b.conversations[i].CustomerID)
	}
	profiles := &fakeProfiles{list: []agentconnect.Employee{{Email: "ALEX.AGENT@example.org"}}}
	b.engine.Profiles = profiles
	result := b.mustRun(t)
	if result.Counts[store.Accepted] != 2 || result.Reasons[store.Skipped][decide.AgentUnknown] != 3 || profiles.calls != 1 {
		t.Errorf("got %+v, %d calls", result, profiles.calls)
	}
	if diff := cmp.Diff(map[string]int{other.ID: 3}, result.Unlisted); diff != "" {
		t.Errorf("agents: -want +got:\n%s", diff)
	}
	if b.calls["customer"] != 2 {
		t.Errorf("%d customers were fetched for two conversations that are not skipped", b.calls["customer"])
	}
	profiles.list = append(profiles.list, agentconnect.Employee{Email: "other@example.org"})
	for i := range 3 {
		b.customers[b.conversations[i].CustomerID] = kustomer.Customer{ID: b.conversations[i].CustomerID, Emails: emails("jo@example.com")}
	}
	b.engine.Options.Overlap = 24 * time.Hour
	if result := b.mustRun(t); result.Counts[store.Accepted] != 3 || result.Unlisted != nil {
		t.Errorf("with a profile, and seen again: %+v", result)
	}
}

// TestNoProfiles sends nothing when the profiles cannot be listed, not even what waits, and moves nothing.
func TestNoProfiles(t *testing.T) {
	for name, profiles := range map[string]*fakeProfiles{
		"unreadable": {err: errTrouble},
		"broken off": {list: []agentconnect.Employee{{Email: "alex.agent@example.org"}}, err: errTrouble},
		"empty":      {},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, 3)
			key := decide.KeyOf(b.conversations[0])
			waiting := store.Record{State: store.Scheduled, Resolution: b.conversations[0].LastDone.At, At: testNow, Due: testNow}
			if err := b.ledger.Commit(store.Batch{Entries: []store.Entry{{Key: key, Record: waiting}}}); err != nil {
				t.Fatal(err)
			}
			b.engine.Profiles = profiles
			result, err := b.run(t)
			if !errors.Is(err, errTrouble) && !errors.Is(err, decide.ErrNoProfiles) {
				t.Errorf("error %v", err)
			}
			if len(b.got) != 0 || result.Found != 0 || b.calls["search"] != 0 || b.state(t, 0).State != store.Scheduled {
				t.Errorf("%d sent, %+v", len(b.got), result)
			}
			if info, err := b.ledger.Info(); err != nil || !info.Checkpoint.Equal(info.Start) {
				t.Errorf("the checkpoint is at %s, error %v", info.Checkpoint, err)
			}
		})
	}
}
