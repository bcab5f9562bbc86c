package sandbox

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// plain is a conversation to be put, of a generated customer.
func (s *Sandbox) plain(resolved time.Time) Conversation {
	created := resolved.Add(-17 * time.Minute)
	c := Conversation{
		ID: fmt.Sprintf("%08x%016x", created.Unix(), splitmix(uint64(created.UnixNano()))), Created: created,
		Resolved: resolved, CustomerID: s.world.generator.customerID(slot{class: classRegular}),
		Channels: []string{"email"}, Tags: []string{}, Custom: map[string]any{},
	}
	c.assign(RegularAgents[0].ID, 0)
	return c
}

// change changes a conversation now.
func (s *Sandbox) change(t testing.TB, id string, change func(*Conversation)) {
	t.Helper()
	c, ok := s.world.conversation(id, s.clock())
	if !ok {
		t.Errorf("there is no conversation %s to change", id)
	}
	change(&c)
	s.Put(Records{Conversations: []Conversation{c}})
}

func TestChangesShowAtOnceAndInSearchesLater(t *testing.T) {
	s, c := fixed(t, Options{Faults: Faults{IndexLag: time.Minute}})
	from := noon.Add(-30 * time.Minute)
	id := s.Conversations(from, noon.Add(-10*time.Minute))[0].ID
	indexed := func() bool { return ids(s.found(t, window("conversation", from, c.Time)))[id] }
	status := func() any {
		return at(s.askKustomer(t, "GET", "/v1/conversations/"+id, "").body, "data", "attributes", "status")
	}
	s.change(t, id, (*Conversation).reopen)
	got := []any{indexed(), status()}
	c.Time = noon.Add(time.Minute)
	got = append(got, indexed(), status())
	s.change(t, id, func(each *Conversation) { each.resolve(c.Time) })
	got = append(got, indexed(), status())
	c.Time = noon.Add(2*time.Minute + time.Second)
	got = append(got, indexed(), status())
	if diff := cmp.Diff(got, []any{true, "open", false, "open", false, "done", true, "done"}); diff != "" {
		t.Errorf("in the index and in the database: %s", diff)
	}
	now, _ := s.world.conversation(id, c.Time)
	if !now.Resolved.Equal(noon.Add(time.Minute)) || now.DoneCount != 2 {
		t.Errorf("resolved %s, %d times; want the second time's", now.Resolved, now.DoneCount)
	}
}

func TestIndexLagHidesWhatIsFresh(t *testing.T) {
	s, c := fixed(t, Options{Faults: Faults{IndexLag: time.Minute, IndexLagJitter: 2 * time.Minute}})
	from := noon.Add(-10 * time.Minute)
	count := func() int { return len(s.found(t, window("conversation", from, noon))) }
	before := count()
	c.Time = noon.Add(3 * time.Minute)
	after := count()
	if want := len(s.Conversations(from, noon)); before >= after || after != want {
		t.Errorf("%d rows at once and %d three minutes later, want fewer than and all of %d", before, after, want)
	}
}

func TestAnEmptySandboxHoldsWhatIsAdded(t *testing.T) {
	s, c := fixed(t, Options{Empty: true})
	plain, odd := s.plain(noon.Add(-time.Minute)), s.plain(noon.Add(time.Minute))
	odd.Attributes = map[string]any{"channels": "email", "x": nil}
	odd.CustomerID = "5f7c3a1e9b2d4c0012ab34cd"
	s.Put(Records{
		Conversations: []Conversation{plain, odd},
		Customers:     []Customer{{ID: odd.CustomerID, Name: masked(), Emails: []Email{{Address: 7, Type: "home"}}}},
	})
	search := func() map[string]bool {
		return ids(s.found(t, window("conversation", noon.Add(-time.Hour), noon.Add(time.Hour))))
	}
	if diff := cmp.Diff(search(), map[string]bool{plain.ID: true}); diff != "" {
		t.Errorf("now: %s", diff)
	}
	c.Time = noon.Add(time.Minute)
	if diff := cmp.Diff(search(), map[string]bool{plain.ID: true, odd.ID: true}); diff != "" {
		t.Errorf("later: %s", diff)
	}
	r := s.askKustomer(t, "GET", "/v1/conversations/"+odd.ID, "")
	if at(r.body, "data", "attributes", "channels") != "email" || at(r.body, "data", "attributes", "status") != "done" {
		t.Errorf("got %s, want the attribute as given among the others", r.text)
	}
	if r := s.askKustomer(t, "GET", "/v1/customers/"+odd.CustomerID, ""); at(r.body, "data", "attributes", "emails", 0, "email") != 7.0 {
		t.Errorf("got %s, want the customer as given", r.text)
	}
}

func TestRowsChangeBetweenPages(t *testing.T) {
	s, _ := fixed(t, Options{Faults: Faults{Reopen: 0.3, Reclose: 0.2}})
	body := window("conversation", noon.Add(-2*time.Hour), noon.Add(-time.Minute))
	first := len(s.found(t, body))
	second := len(s.found(t, body))
	if second < first*2/5 || second > first*3/5 {
		t.Errorf("%d rows, then %d; want about half to be gone", first, second)
	}
}

func TestTheJoinCanMissCustomers(t *testing.T) {
	count := func(f Faults) int {
		s, _ := fixed(t, Options{Faults: f})
		return len(s.found(t, window("customer", noon.Add(-2*time.Hour), noon)))
	}
	whole, part := count(Faults{}), count(Faults{JoinDrop: 0.5})
	if part < whole/3 || part > whole*2/3 {
		t.Errorf("%d of %d customers, want about half", part, whole)
	}
}

func TestSearchesAndChangesAtOnce(t *testing.T) {
	s, _ := fixed(t, Options{Faults: Faults{Reclose: 0.1}})
	from := noon.Add(-20 * time.Minute)
	all := s.Conversations(from, noon)
	var group sync.WaitGroup
	for worker := range 4 {
		group.Go(func() {
			for n := worker; n < len(all); n += 4 {
				rows := s.found(t, window("conversation", from, noon.Add(time.Second)))
				if len(ids(rows)) != len(rows) {
					t.Errorf("%d rows hold %d ids", len(rows), len(ids(rows)))
				}
				s.change(t, all[n].ID, func(c *Conversation) { c.resolve(noon) })
				s.askConnect(t, "POST", "/v1/requests", survey(t, nil))
			}
		})
	}
	group.Wait()
	if n := len(s.found(t, window("conversation", from, noon.Add(time.Second)))); n != len(all) || len(s.Requests()) != len(all) {
		t.Errorf("%d rows and %d requests at the end, want %d of both", n, len(s.Requests()), len(all))
	}
}
