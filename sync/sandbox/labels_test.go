package sandbox

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// names are those of a list's records by id: the display name where there is one.
func (s *Sandbox) names(t *testing.T, path string) map[string]any {
	t.Helper()
	r := s.askKustomer(t, "GET", path, "")
	rows, _ := r.body["data"].([]any)
	all := map[string]any{}
	for _, row := range rows {
		id, _ := at(row, "id").(string)
		if all[id] = at(row, "attributes", "displayName"); all[id] == nil {
			all[id] = at(row, "attributes", "name")
		}
	}
	return all
}

func TestEveryTeamAndBrandHasAName(t *testing.T) {
	s, _ := fixed(t, Options{})
	s.Put(Records{Teams: []Team{{ID: "t9", Name: "nine"}}, Brands: []Brand{{ID: "b9", Name: "Nine"}}})
	teams, brands := s.names(t, "/v1/teams?page=1&pageSize=500"), s.names(t, "/v1/brands?page=1&pageSize=100")
	seen := map[string]bool{}
	for _, c := range s.Conversations(noon.Add(-3*time.Hour), noon) {
		seen[c.TeamID], seen[c.BrandID] = true, true
		if name, _ := teams[c.TeamID].(string); name == "" {
			t.Fatalf("team %q has no name", c.TeamID)
		}
		if name, _ := brands[c.BrandID].(string); c.BrandID != "" && name == "" {
			t.Fatalf("brand %q has no name", c.BrandID)
		}
	}
	if len(teams) != 5 || len(brands) != 3 || len(seen) != 6 || teams["t9"] != "nine" || brands["b9"] != "Nine" {
		t.Errorf("teams %v, brands %v, of which conversations have %v", teams, brands, seen)
	}
}

func TestAKeyMayLackARole(t *testing.T) {
	calls := map[string]string{
		"/v1/brands": roleBrand, "/v1/teams": roleTeam, "/v1/tags": roleTag, "/v1/users": roleUser, "/v1/users/" + agentMachine: roleUser,
		"/v1/conversations/x": roleConversation, "/v1/customers/x/conversations": roleConversation, "/v1/customers/x": roleCustomer,
		"/v1/customers/email=x@example.com": roleCustomer, searchPath: roleSearch,
	}
	for _, role := range rolesWithout(nil) {
		s, _ := fixed(t, Options{RolesLacking: []string{role}, Empty: true})
		for path, needs := range calls {
			method, body := "GET", ""
			if path == searchPath {
				method, body = "POST", window("conversation", noon, noon)
			}
			if got := s.askKustomer(t, method, path, body).status == 401; got != (needs == role) {
				t.Errorf("without %s: %s is refused: %v", role, path, got)
			}
		}
		if r := s.askKustomer(t, "GET", "/v1/auth/tokens/current", ""); r.status != 200 || strings.Contains(r.text, role) {
			t.Errorf("without %s: its own record is %d %s", role, r.status, r.text)
		}
	}
}

// Every customer whom a search can find is found by their address, with all of their conversations.
func TestCustomersAreFoundByAddress(t *testing.T) {
	s, c := fixed(t, Options{Seed: 3})
	s.Put(Records{
		Customers: []Customer{{ID: "aa01", Emails: []Email{{Address: "Put@example.com"}}}},
		Conversations: []Conversation{
			{ID: "cc01", CustomerID: "aa01", Created: noon.Add(-time.Hour), Status: "open"},
			{ID: "cc02", CustomerID: "aa01", Created: noon.Add(-2 * time.Hour), Resolved: noon.Add(-time.Minute)},
		},
	})
	of := map[string][]string{"aa01": {"cc02", "cc01"}}
	all := s.Conversations(c.Add(-3*time.Hour), c.Add(-time.Hour))
	for _, each := range all[:10] {
		of[each.CustomerID] = append(of[each.CustomerID], each.ID)
	}
	delete(of, "")
	for id, conversations := range of {
		customer, ok := s.world.customer(id)
		if !ok {
			continue
		}
		if address := s.world.address(id); strings.Contains(address, "@example.") {
			r := s.askKustomer(t, "GET", "/v1/customers/email="+url.PathEscape(strings.ToLower(address)), "")
			if got := at(r.body, "data", "id"); got != id && customer.Emails[0].Verified {
				t.Errorf("%s: found %v, want %s", address, got, id)
			}
		}
		r := s.askKustomer(t, "GET", "/v1/customers/"+id+"/conversations?page=1&pageSize=100", "")
		rows, _ := r.body["data"].([]any)
		found := ids(rows)
		for _, want := range conversations {
			if !found[want] {
				t.Errorf("customer %s: %s is not among %v", id, want, found)
			}
		}
	}
	none := s.askKustomer(t, "GET", "/v1/customers/email=nobody@example.com", "")
	if nobody := s.askKustomer(t, "GET", "/v1/customers/aa02/conversations", ""); none.status != 404 || nobody.status != 404 {
		t.Errorf("nobody: got %d and %d, want 404", none.status, nobody.status)
	}
}

func TestConversationsOfACustomerArePaged(t *testing.T) {
	s, _ := fixed(t, Options{Empty: true})
	s.Put(Records{Customers: []Customer{{ID: "aa01"}}})
	for n := range 3 {
		s.Put(Records{Conversations: []Conversation{{ID: string(rune('a' + n)), CustomerID: "aa01", Created: noon.Add(time.Duration(n-9) * time.Hour)}}})
	}
	r := s.askKustomer(t, "GET", "/v1/customers/aa01/conversations?page=1&pageSize=2", "")
	rows, _ := r.body["data"].([]any)
	got := []any{len(rows), at(rows[0], "id"), at(r.body, "links", "next")}
	if diff := cmp.Diff([]any{2, "a", "/v1/customers/aa01/conversations?page=2&pageSize=2"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
