package plan

import (
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/sync/agentconnect"
	"acsync/sync/decide"
)

const testSecret = "key-of-agent-connect"

var testNow = time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)

func testTerms() Terms {
	return Terms{Tenant: "acme", Configuration: "c0ffee", Secret: testSecret, Now: testNow}
}

func plainRequest() agentconnect.Request {
	return agentconnect.Request{
		Customer:         agentconnect.Customer{Name: "Jane Doe", Email: "jane@example.com"},
		Employee:         agentconnect.Employee{Email: "alex.agent@example.org"},
		Channel:          "email",
		Tags:             []string{"late-delivery"},
		ExtInteractionID: "6716500fa1b2c3d4e5f60001",
		ExternalURL:      "https://acme.kustomerapp.com/app/customers/58210c3db0f09110006b7953/event/6716500fa1b2c3d4e5f60001",
	}
}

// testPlan is a plan of two conversations, as a file.
func testPlan(t *testing.T) (Plan, []byte) {
	t.Helper()
	made := New(testSecret)
	made.Tenant, made.Configuration, made.Made, made.Expires = "acme", "c0ffee", testNow, testNow.Add(24*time.Hour)
	for i, id := range []string{"6716500fa1b2c3d4e5f60002", "6716500fa1b2c3d4e5f60001"} {
		request := plainRequest()
		request.ExtInteractionID = id
		hash, err := made.Hash(request)
		if err != nil {
			t.Fatal(err)
		}
		made.Send = append(made.Send, Planned{ID: id, Resolution: testNow.Add(time.Duration(i-3) * time.Hour), Request: hash})
	}
	text, err := Marshal(made)
	if err != nil {
		t.Fatal(err)
	}
	return made, text
}

// TestPlanFile holds that a plan comes back as it was written.
func TestPlanFile(t *testing.T) {
	made, text := testPlan(t)
	read, err := Read(text, testTerms())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(made.Send, read.Send); diff != "" || read.Pass != made.Pass || !read.Expires.Equal(made.Expires) {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestFingerprint is the same for whoever made a plan and whoever reads it, and another one for each other plan.
func TestFingerprint(t *testing.T) {
	made, text := testPlan(t)
	read, err := Read(text, testTerms())
	if err != nil {
		t.Fatal(err)
	}
	print := made.Fingerprint()
	if !regexp.MustCompile(`^[0-9a-f]{4}(-[0-9a-f]{4}){3}$`).MatchString(print) || read.Fingerprint() != print {
		t.Errorf("made as %q, read as %q", print, read.Fingerprint())
	}
	for name, change := range map[string]func(*Plan){
		"one less": func(p *Plan) { p.Send = p.Send[:1] },
		"another request": func(p *Plan) {
			p.Send = []Planned{p.Send[0], {ID: p.Send[1].ID, Resolution: p.Send[1].Resolution, Request: p.Send[0].Request}}
		},
		"longer":          func(p *Plan) { p.Expires = p.Expires.Add(time.Hour) },
		"of another pass": func(p *Plan) { p.Pass = "another" },
		"made again":      func(p *Plan) { p.Salt = New(testSecret).Salt },
	} {
		other := made
		change(&other)
		if other.Fingerprint() == print {
			t.Errorf("%s: the fingerprint is the same", name)
		}
	}
}

// TestPlanTerms refuses what was made for something else.
func TestPlanTerms(t *testing.T) {
	_, text := testPlan(t)
	for _, test := range []struct {
		name   string
		change func(*Terms)
		want   string
	}{
		{"another tenant", func(p *Terms) { p.Tenant = "other" }, "another tenant"},
		{"another configuration", func(p *Terms) { p.Configuration = "cafe" }, "configuration has changed"},
		{"another key", func(p *Terms) { p.Secret = "test-key" }, "another API key"},
		{"too late", func(p *Terms) { p.Now = testNow.Add(24 * time.Hour) }, "expired"},
		{"just in time", func(p *Terms) { p.Now = testNow.Add(24*time.Hour - time.Millisecond) }, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			terms := testTerms()
			test.change(&terms)
			_, err := Read(text, terms)
			if test.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if !errors.As(err, new(*Error)) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// TestLook shows also what cannot be carried out any more, and says why not; what somebody changed is refused.
func TestLook(t *testing.T) {
	made, text := testPlan(t)
	edited := strings.Replace(string(text), made.Send[0].ID, "6716500fa1b2c3d4e5f60009", 1)
	forged := made
	forged.Send = made.Send[:1]
	forged.Seal = made.sealed()
	forged.Checksum = forged.summed()
	resealed, err := json.Marshal(forged)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		text           string
		change         func(*Terms)
		obstacle, want string
	}{
		"in order":              {string(text), func(*Terms) {}, "", ""},
		"too late":              {string(text), func(p *Terms) { p.Now = testNow.Add(24 * time.Hour) }, "has expired", ""},
		"another configuration": {string(text), func(p *Terms) { p.Configuration = "cafe" }, "configuration has changed", ""},
		"no key":                {string(text), func(p *Terms) { p.Secret = "" }, "API key, which is not set", ""},
		"another key":           {string(text), func(p *Terms) { p.Secret = "test-key" }, "", "another API key"},
		"another tenant":        {string(text), func(p *Terms) { p.Tenant = "other" }, "", "another tenant"},
		"edited":                {edited, func(*Terms) {}, "", "edited"},
		"edited, without a key": {edited, func(p *Terms) { p.Secret = "" }, "", "edited"},
		"forged":                {string(resealed), func(*Terms) {}, "", "changed by somebody"},
	} {
		terms := testTerms()
		test.change(&terms)
		p, obstacle, err := Look([]byte(test.text), terms)
		switch {
		case test.want != "":
			if !errors.As(err, new(*Error)) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: got %v, want %q", name, err, test.want)
			}
		case err != nil || !strings.Contains(obstacle, test.obstacle) || (obstacle == "") != (test.obstacle == "") || len(p.Send) != 2:
			t.Errorf("%s: got %q and %v, want %q", name, obstacle, err, test.obstacle)
		}
	}
}

// TestPlanDamaged refuses a file that was cut off anywhere, edited anywhere, or comes from elsewhere.
func TestPlanDamaged(t *testing.T) {
	made, text := testPlan(t)
	refused := func(name string, text []byte, want string) {
		t.Helper()
		_, err := Read(text, testTerms())
		if !errors.As(err, new(*Error)) || !strings.Contains(err.Error(), want) {
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
	forged.Send = append([]Planned{}, made.Send[0], made.Send[0])
	forged.Checksum = forged.summed()
	written, err := json.Marshal(forged)
	if err != nil {
		t.Fatal(err)
	}
	refused("a conversation twice", written, "edited")
	forged.Send = made.Send[:1]
	forged.Seal = made.sealed()
	forged.Checksum = forged.summed()
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
		if _, err := Read(text, testTerms()); !errors.As(err, new(*Error)) {
			t.Errorf("%q: %v", text, err)
		}
	})
}

// TestNobodyIsAskedTwice refuses a plan that would ask twice about one resolution, told in two ways.
func TestNobodyIsAskedTwice(t *testing.T) {
	for apart, want := range map[time.Duration]bool{0: false, time.Millisecond: false, decide.SameWithin - time.Millisecond: false, decide.SameWithin: true} {
		made := Plan{Send: []Planned{
			{ID: "a", Resolution: testNow, PerResolution: true},
			{ID: "a", Resolution: testNow.Add(apart), PerResolution: true},
			{ID: "b", Resolution: testNow, PerResolution: true},
		}}
		if got := made.sound(); got != want {
			t.Errorf("%s apart: sound is %t", apart, got)
		}
	}
	both := Plan{Send: []Planned{{ID: "a", Resolution: testNow, PerResolution: true}, {ID: "a", Resolution: testNow}}}
	if both.sound() {
		t.Error("a plan that asks about one resolution under both its keys is sound")
	}
}
