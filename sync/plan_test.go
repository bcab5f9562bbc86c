package sync

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/fetch"
	"acsync/sync/plan"
)

const testSecret = "key-of-agent-connect"

func testTerms() plan.Terms {
	return plan.Terms{Tenant: "acme", Configuration: "c0ffee", Secret: testSecret, Now: testNow}
}

// testPlan is a plan of two conversations, as a file.
func testPlan(t *testing.T) (plan.Plan, []byte) {
	t.Helper()
	planner := NewPlanner(testSecret)
	for i, id := range []string{"6716500fa1b2c3d4e5f60002", "6716500fa1b2c3d4e5f60001"} {
		request := plainRequest()
		request.ExtInteractionID = id
		planner.Observe(Disposed{Row{
			Key: store.Key{Conversation: id}, Resolution: testNow.Add(-time.Duration(i+1) * time.Hour), Planned: true, Request: &request,
		}})
	}
	planner.Observe(Disposed{Row{Key: store.Key{Conversation: "6716500fa1b2c3d4e5f60003"}, State: store.Skipped, Reason: decide.Spam}})
	result := Result{Pass: "20261122T200000Z-7f3a", Window: fetch.Window{From: testNow.Add(-24 * time.Hour), To: testNow}, Found: 3, Counts: map[store.State]int{store.Skipped: 1}}
	made, err := planner.Plan(result, store.Info{ID: "0011223344556677", Transaction: 7, Counts: map[store.State]int{store.Accepted: 5}}, testTerms(), 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	text, err := plan.Marshal(made)
	if err != nil {
		t.Fatal(err)
	}
	return made, text
}

// TestPlanFile holds that a plan comes back as it was written, in the order of time, without anything of a person.
func TestPlanFile(t *testing.T) {
	_, text := testPlan(t)
	made, err := plan.Read(text, testTerms())
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, each := range made.Send {
		ids = append(ids, each.ID)
	}
	if diff := cmp.Diff(ids, []string{"6716500fa1b2c3d4e5f60001", "6716500fa1b2c3d4e5f60002"}); diff != "" {
		t.Errorf("got -, want +:\n%s", diff)
	}
	if made.Found != 3 || made.Counts["skipped"] != 1 || made.Ledger.Transaction != 7 || made.Ledger.Conversations != 5 {
		t.Errorf("got %+v", made)
	}
	for _, private := range []string{"jane", "Jane", "Doe", "alex", "@", testSecret} {
		if strings.Contains(string(text), private) {
			t.Errorf("the plan holds %q", private)
		}
	}
}

// TestPlanTerms refuses what was made for something else.
func TestPlanTerms(t *testing.T) {
	_, text := testPlan(t)
	for _, test := range []struct {
		name   string
		change func(*plan.Terms)
		want   string
	}{
		{"another tenant", func(p *plan.Terms) { p.Tenant = "other" }, "another tenant"},
		{"another configuration", func(p *plan.Terms) { p.Configuration = "cafe" }, "configuration has changed"},
		{"another key", func(p *plan.Terms) { p.Secret = "test-key" }, "another API key"},
		{"too late", func(p *plan.Terms) { p.Now = testNow.Add(24 * time.Hour) }, "expired"},
		{"just in time", func(p *plan.Terms) { p.Now = testNow.Add(24*time.Hour - time.Millisecond) }, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			terms := testTerms()
			test.change(&terms)
			_, err := plan.Read(text, terms)
			if test.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if !errors.As(err, new(*plan.Error)) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// TestPlanDamaged refuses a file that was cut off anywhere, edited anywhere, or comes from elsewhere.
func TestPlanDamaged(t *testing.T) {
	made, text := testPlan(t)
	refused := func(name string, text []byte, want string) {
		t.Helper()
		_, err := plan.Read(text, testTerms())
		if !errors.As(err, new(*plan.Error)) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", name, err, want)
		}
	}
	end := len(strings.TrimSpace(string(text)))
	for n := range end {
		refused("cut off", text[:n], "")
	}
	for i := range end {
		changed := []byte(string(text))
		if changed[i] == ' ' || changed[i] == '\n' {
			continue
		}
		changed[i] ^= 1
		refused("one bit of byte "+string(rune('0'+i%10)), changed, "")
	}
	refused("nothing", nil, "no plan")
	refused("a report", []byte(`{"schema":"acsync.pass/1"}`), "no plan")
	refused("of the future", []byte(`{"schema":"acsync.plan/2","what":"else"}`), "newer version")
	refused("twice", append([]byte(string(text)), text...), "")
	refused("an unknown field", []byte(strings.Replace(string(text), `"found"`, `"send_more": 1, "found"`, 1)), "edited")

	forged := made
	forged.Send = append([]plan.Planned{}, made.Send[0], made.Send[0])
	forged.Checksum = forged.Summed()
	written, err := json.Marshal(forged)
	if err != nil {
		t.Fatal(err)
	}
	refused("a conversation twice", written, "edited")
	forged.Send = made.Send[:1]
	forged.Seal = made.Sealed()
	forged.Checksum = forged.Summed()
	if written, err = json.Marshal(forged); err != nil {
		t.Fatal(err)
	}
	refused("a checksum made anew without the key", written, "changed by somebody without it")
}

// TestPlanHash holds that the hash of a request tells every change, and neither the order of tags nor of properties.
func TestPlanHash(t *testing.T) {
	made, _ := testPlan(t)
	full := func() agentconnect.Request {
		r := plainRequest()
		r.Tags = []string{"a", "b"}
		r.CustomProperties = map[string]string{"one": "1", "two": "2"}
		return r
	}
	first, err := made.Hash(full())
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		change func(*agentconnect.Request)
		same   bool
	}{
		{"nothing", func(*agentconnect.Request) {}, true},
		{"order of tags", func(r *agentconnect.Request) { r.Tags = []string{"b", "a"} }, true},
		{"address", func(r *agentconnect.Request) { r.Customer.Email = "jane@example.net" }, false},
		{"name", func(r *agentconnect.Request) { r.Customer.Name = "Jane" }, false},
		{"agent", func(r *agentconnect.Request) { r.Employee.Email = "other.agent@example.org" }, false},
		{"channel", func(r *agentconnect.Request) { r.Channel = "phone" }, false},
		{"tag", func(r *agentconnect.Request) { r.Tags = []string{"a"} }, false},
		{"do not send", func(r *agentconnect.Request) { r.DoNotSend = true }, false},
		{"recovery", func(r *agentconnect.Request) { r.Recovery = true }, false},
		{"property", func(r *agentconnect.Request) { r.CustomProperties["two"] = "3" }, false},
		{"brand", func(r *agentconnect.Request) { r.Brand = "acme-care" }, false},
	} {
		request := full()
		test.change(&request)
		if got, err := made.Hash(request); err != nil || (got == first) != test.same {
			t.Errorf("%s: the same hash: %t, want %t (%v)", test.name, got == first, test.same, err)
		}
	}
	other, _ := testPlan(t)
	if again, _ := other.Hash(full()); again == first {
		t.Error("two plans have the same hash for the same request: it could be followed from one to the other")
	}
}

// FuzzReadPlan holds that whatever is read is either refused as a plan, or a plan that is written back the same.
func FuzzReadPlan(f *testing.F) {
	f.Add([]byte(`{"schema":"acsync.plan/1","send":[{"id":""}]}`))
	f.Add([]byte(`{"schema":"acsync.plan/1","expires":"9999-12-31T23:59:59+23:59"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, err := plan.Read(text, testTerms()); !errors.As(err, new(*plan.Error)) {
			t.Errorf("%q: %v", text, err)
		}
	})
}
