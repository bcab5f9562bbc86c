package app_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"acsync/sync/sandbox"
)

// TestOtherRecords lets Kustomer answer with other records than it was asked for, as a cache does that mixes
// up its answers: no survey goes to somebody else or is about somebody else, who could not be asked is told
// of, and everybody else is asked.
func TestOtherRecords(t *testing.T) {
	t.Parallel()
	const stranger = "5ce4672fcce83d001a9e7001"
	k := newTampered(t, 6, "", func(i int, c *sandbox.Conversation) {
		if i == 2 {
			c.DoneUsers = []string{stranger}
		}
	})
	agent := k.conversations[0].DoneUsers[0]
	about, to := k.address(t, "/v1/users/"+agent), map[string]string{}
	for i, c := range k.conversations {
		to[c.ID] = k.address(t, k.customer(i))
	}
	other := func(kind, id, address string) string {
		return fmt.Sprintf(`{"type":%q,"id":%q,"attributes":{"userType":"user","email":%[3]q,"emails":[{"email":%[3]q}]}}`, kind, id, address)
	}
	var mu sync.Mutex
	tries := map[string]int{}
	k.changes(func(r *http.Request, a *answer) {
		mu.Lock()
		defer mu.Unlock()
		tries[r.URL.Path]++
		switch path := r.URL.Path; {
		case strings.HasSuffix(path, "/search") && strings.Contains(a.body, `"emails"`): // two things of one customer, and nothing of the others
			id := k.conversations[5].CustomerID
			a.body = `{"data":[` + other("customer", id, "wrong@example.net") + "," + other("customer", id, "worse@example.net") + `]}`
		case path == k.customer(0): // always another customer's, in a list
			a.body = `{"data":[` + other("customer", k.conversations[1].CustomerID, "wrong@example.net") + `]}`
		case path == k.customer(1) && tries[path] < 3: // another kind of record, for a while
			a.body = `{"data":` + other("user", k.conversations[1].CustomerID, "wrong@example.net") + `}`
		case path == "/v1/users": // two things of one agent
			a.body = strings.Replace(a.body, `"data":[`, `"data":[`+other("user", strings.ToUpper(agent), "wrong@example.org")+",", 1)
		case path == "/v1/users/"+stranger:
			a.status, a.body = 200, `{"data":`+other("user", agent, about)+`}`
		}
	})
	told := k.pass(t, 0, "run")
	asked := k.asked(t)
	for id, request := range asked {
		if request.CustomerEmail != to[id] || request.EmployeeEmail != about {
			t.Errorf("asked %s about %s, want %s about %s", request.CustomerEmail, request.EmployeeEmail, to[id], about)
		}
	}
	if told.Found != 6 || len(asked) != 4 || told.Reasons["no_agent"] != 1 || told.Reasons["no_customer"] != 1 {
		t.Errorf("asked %d, got %+v", len(asked), told)
	}
}

// customer is the path of the customer of a conversation.
func (k *tampered) customer(i int) string { return "/v1/customers/" + k.conversations[i].CustomerID }

// address asks Kustomer itself for the first address of a record.
func (k *tampered) address(t *testing.T, path string) string {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, k.stand.KustomerURL()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+k.stand.KustomerKey())
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(body), `"email":"`)
	address, _, found := strings.Cut(rest, `"`)
	if !found {
		t.Fatalf("no address in %s", body)
	}
	return address
}
