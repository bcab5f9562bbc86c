package check_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
	"acsync/store/bolt"
	"acsync/sync/agentconnect"
	"acsync/sync/check"
	"acsync/sync/config"
	"acsync/sync/exit"
	"acsync/sync/kustomer"
	"acsync/sync/sandbox"
	"acsync/sync/tenant"
)

// usual is a configuration with which nothing is to be said about the stand-ins.
const usual = `[mapping]
default_channel = "email"
brand = '"acme"'
language = '"en"'
[mapping.channels]
voice = "phone"
sms = "sms"
kiosk = "chat"
`

// world is what a check looks at: stand-ins, a configuration, and a ledger in order.
type world struct {
	options sandbox.Options
	text    string // of the configuration
	edit    func(*config.Config)
	ledger  func(*check.Ledger)
	stand   *sandbox.Sandbox
	putting sandbox.Records
	wrap    func(*check.Subject)
}

// atTheKiosk is a conversation on a channel that Agent Connect does not know: a small world may have none.
func atTheKiosk() sandbox.Records {
	at, agent := time.Now().Add(-2*time.Hour), sandbox.RegularAgents[0].ID
	return sandbox.Records{
		Customers: []sandbox.Customer{{
			ID: "69dd4aee2462cbab689dbb4c", Created: at, Name: "Kim Counter",
			Emails: []sandbox.Email{{Address: "kim.counter@example.org"}},
		}},
		Conversations: []sandbox.Conversation{{
			ID: "69dd4aee2462cbab689dbb4d", Created: at.Add(-time.Hour), Resolved: at, Channels: []string{"kiosk"},
			CustomerID: "69dd4aee2462cbab689dbb4c", AssignedUsers: []string{agent}, DoneUsers: []string{agent}, DoneBy: agent,
		}},
	}
}

// subject starts the stand-ins, and gives what is to be checked.
func (w *world) subject(t *testing.T) check.Subject {
	t.Helper()
	w.options.PerHour = 40
	stand, err := sandbox.Start(w.options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stand.Close() })
	for _, name := range []string{"ivo.newell", "jana.orr", "kai.price", "milo.reyes", "nora.stone"} {
		stand.Put(sandbox.Records{Employees: []sandbox.Employee{{Email: name + "@example.org", Status: "active"}}})
	}
	stand.Put(w.putting)
	w.stand = stand
	path := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(path, []byte(w.text), 0o600); err != nil {
		t.Fatal(err)
	}
	var origins map[string]string
	cfg, err := tenant.Load(config.Source{Path: path, Origins: func(o map[string]string) { origins = o }, Override: func(c *config.Config) {
		k, a := &c.Kustomer, &c.AgentConnect
		k.Org, k.BaseURL, k.APIKey = stand.Org(), stand.KustomerURL(), config.NewSecret(stand.KustomerKey())
		k.RequestsPerMinute, k.SearchesPerMinute = 60_000, 60_000
		a.BaseURL, a.APIKey = stand.AgentConnectURL(), config.NewSecret(stand.AgentConnectKey())
		a.APISecret, a.TestAPIKey = config.NewSecret(stand.AgentConnectSecret()), config.NewSecret(stand.AgentConnectTestKey())
		if w.edit != nil {
			w.edit(c)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	fine := check.Result{Level: check.OK, Text: "fine"}
	ledger := check.Ledger{
		Path: "acsync.db", Made: true, Fenced: true, Mode: 0o600, Site: bolt.Site{Free: 1 << 40},
		Watched: []check.Watched{{"witness", fine}, {"place", fine}, {"backup", fine}, {"last pass", fine}, {"checkpoint", fine}},
	}
	if w.ledger != nil {
		w.ledger(&ledger)
	}
	s := check.Subject{
		File: path, Config: cfg, Settings: check.Settings(cfg, origins), Policy: tenant.Policy(cfg), Now: time.Now, Ledger: &ledger,
	}
	w.connect(t, &s)
	if w.wrap != nil {
		w.wrap(&s)
	}
	return s
}

// connect gives the subject clients that count their calls.
func (w *world) connect(t *testing.T, s *check.Subject) {
	t.Helper()
	k, a, counts := s.Config.Kustomer, s.Config.AgentConnect, [2]*counting{{}, {}}
	s.Calls = func() int { return int(counts[0].n.Load()) }
	client, err := kustomer.New(kustomer.Options{
		BaseURL: s.Config.KustomerURL(), APIKey: k.APIKey.Reveal(), Tries: 1, HTTP: &http.Client{Transport: counts[0]},
		ByUpdate: k.SearchBy == config.SearchUpdated,
	})
	if err == nil {
		s.Kustomer = client
	}
	connect, err := agentconnect.New(agentconnect.Options{
		BaseURL: s.Config.AgentConnectURL(), APIKey: a.APIKey.Reveal(), APISecret: a.APISecret.Reveal(), DataTries: 2,
		HTTP: &http.Client{Transport: counts[1]},
	})
	if err == nil {
		s.AgentConnect = connect
	}
	t.Cleanup(func() {
		if n := counts[0].n.Load() + counts[1].n.Load(); n > check.MostCalls {
			t.Errorf("%d calls were made, at most %d are promised", n, check.MostCalls)
		}
	})
}

// counting counts the calls of a client.
type counting struct{ n atomic.Int64 }

func (c *counting) RoundTrip(r *http.Request) (*http.Response, error) {
	c.n.Add(1)
	return http.DefaultTransport.RoundTrip(r)
}

// odd are the lines that are neither in order nor not run: "Kustomer key failed 4".
func odd(lines []check.Line) []string {
	list := []string{}
	for _, l := range lines {
		switch l.Level {
		case check.Look:
			list = append(list, l.Group+" "+l.Name+" look")
		case check.Failed:
			list = append(list, fmt.Sprintf("%s %s failed %d", l.Group, l.Name, l.Code))
		}
	}
	return list
}

// at is the clock of both stand-ins, or of this machine, compared with the other one's.
func at(by time.Duration) func() time.Time { return func() time.Time { return time.Now().Add(by) } }

func answers(on string, status int) sandbox.ServiceFaults {
	return sandbox.ServiceFaults{Rules: []sandbox.Rule{{On: on, Fault: sandbox.Fault{Status: status}}}}
}

// TestOneThingWrong lets one thing at a time be wrong: exactly its line says so, with what to do, and with no name, no
// address and no secret. No survey request is ever made.
func TestOneThingWrong(t *testing.T) {
	for _, tt := range []struct {
		name  string
		world world
		want  []string // the lines
		says  string   // in one of these
	}{
		{name: "nothing", want: []string{}},
		{
			name: "Kustomer's key", world: world{edit: func(c *config.Config) { c.Kustomer.APIKey = config.NewSecret("wrong-a-4711") }},
			want: []string{"Kustomer key failed 4"}, says: "the API key is wrong",
		},
		{
			name: "no key", world: world{edit: func(c *config.Config) { c.Kustomer.APIKey = config.Secret{} }},
			want: []string{"Kustomer key failed 12"}, says: "KUSTOMER_API_KEY",
		},
		{
			name: "Agent Connect's key", world: world{edit: func(c *config.Config) { c.AgentConnect.APIKey = config.NewSecret("wrong-a-4711") }},
			want: []string{"Agent Connect keys failed 4"}, says: "agent_connect.api_secret_file",
		},
		{
			name: "the secret", world: world{edit: func(c *config.Config) { c.AgentConnect.APISecret = config.NewSecret("wrong-a-4711") }},
			want: []string{"Agent Connect keys failed 4"}, says: "not told",
		},
		{
			name: "no secret", world: world{edit: func(c *config.Config) { c.AgentConnect.APISecret = config.Secret{} }},
			want: []string{"Agent Connect keys look"}, says: "only the first real request can prove it",
		},
		{
			name: "one key twice", world: world{edit: func(c *config.Config) { c.AgentConnect.TestAPIKey = c.AgentConnect.APIKey }},
			want: []string{"Agent Connect test key failed 12"},
		},
		{
			name: "the role for search", world: world{options: sandbox.Options{RolesLacking: []string{"org.permission.search.create"}}},
			want: []string{"Kustomer search failed 4"}, says: "org.permission.search.create",
		},
		{
			name: "the role for conversations", world: world{options: sandbox.Options{RolesLacking: []string{"org.permission.conversation.read"}}},
			want: []string{"Kustomer conversations failed 4"}, says: "org.permission.conversation.read",
		},
		{
			name: "the role for customers", world: world{options: sandbox.Options{RolesLacking: []string{"org.permission.customer.read"}}},
			want: []string{"Kustomer customers failed 4"}, says: "org.permission.customer.read",
		},
		{
			name: "the role for users", world: world{options: sandbox.Options{RolesLacking: []string{"org.permission.user.read"}}},
			want: []string{"Kustomer users failed 4"}, says: "org.permission.user.read",
		},
		{
			name: "the role for tags", world: world{options: sandbox.Options{RolesLacking: []string{"org.permission.tag.read"}}},
			want: []string{"Kustomer tags failed 4"}, says: "org.permission.tag.read",
		},
		{
			name: "the role for teams", world: world{options: sandbox.Options{RolesLacking: []string{"org.permission.team.read"}}},
			want: []string{"Kustomer teams look"}, says: "org.permission.team.read",
		},
		{
			name: "the role for brands", world: world{options: sandbox.Options{RolesLacking: []string{"org.permission.brand.read"}}},
			want: []string{"Kustomer brands look"}, says: "org.permission.brand.read",
		},
		{
			name: "another organisation", world: world{edit: func(c *config.Config) { c.Kustomer.Org = "acme" }},
			want: []string{"Kustomer key look"}, says: `it is of "sandbox"`,
		},
		{
			name: "the clock", world: world{options: sandbox.Options{Now: at(10 * time.Minute)}},
			want: []string{"Kustomer clock failed 12", "Agent Connect clock failed 12"}, says: "behind Kustomer's",
		},
		{
			name: "the clock, a little", world: world{options: sandbox.Options{Now: at(-time.Minute)}},
			want: []string{"Kustomer clock look", "Agent Connect clock look"}, says: "ahead of",
		},
		{
			name: "Kustomer's host", world: world{edit: func(c *config.Config) { c.Kustomer.BaseURL = "http://127.0.0.1:1" }},
			want: []string{"Kustomer key failed 5"}, says: "connection refused",
		},
		{
			name: "Agent Connect's host", world: world{edit: func(c *config.Config) { c.AgentConnect.BaseURL = "http://127.0.0.1:1" }},
			want: []string{"Agent Connect keys failed 5"},
		},
		{
			name:  "Agent Connect has no such place",
			world: world{options: sandbox.Options{Faults: sandbox.Faults{AgentConnect: answers("", 404)}}},
			want:  []string{"Agent Connect keys failed 12"}, says: "agent_connect.base_url",
		},
		{
			name:  "Kustomer has no such place",
			world: world{options: sandbox.Options{Faults: sandbox.Faults{Kustomer: answers("", 404)}}},
			want:  []string{"Kustomer key failed 12"},
		},
		{
			name:  "done times",
			world: world{options: sandbox.Options{Faults: sandbox.Faults{NoDoneTimes: true}}},
			want:  []string{"This tenant done times failed 12"}, says: `set kustomer.search_by = "updated_at"`,
		},
		{
			name: "done times that are done without", world: world{
				options: sandbox.Options{Faults: sandbox.Faults{NoDoneTimes: true}},
				edit:    func(c *config.Config) { c.Kustomer.SearchBy = config.SearchUpdated },
			},
			want: []string{},
		},
		{
			name:  "the customer join",
			world: world{options: sandbox.Options{Faults: sandbox.Faults{JoinDrop: 0.5}}},
			want:  []string{"This tenant customer join look"}, says: "passes work",
		},
		{
			name: "lists of ids",
			world: world{options: sandbox.Options{Faults: sandbox.Faults{Kustomer: sandbox.ServiceFaults{Hook: func(r *http.Request) sandbox.Fault {
				if strings.Contains(r.URL.Path, ",") {
					return sandbox.Fault{Status: 400}
				}
				return sandbox.Fault{}
			}}}}},
			want: []string{"This tenant lists of ids look"}, says: "one by one",
		},
		{
			name: "nobody marked anything done", world: world{options: sandbox.Options{Empty: true}},
			want: []string{"This tenant done times look"},
		},
		{
			name: "late in the index", world: world{ledger: func(l *check.Ledger) {
				l.Info.Lateness = store.Lateness{Count: 3, Greatest: time.Hour}
			}},
			want: []string{"This tenant index lag look"}, says: "sync.overlap",
		},
		{
			name: "an unmapped channel", world: world{text: strings.Replace(usual, `kiosk = "chat"`, "", 1), putting: atTheKiosk()},
			want: []string{"The last day channels look"}, says: "kiosk",
		},
		{
			name: "no brand", world: world{text: strings.Replace(usual, `brand = '"acme"'`, "", 1), options: sandbox.Options{DataLag: 48 * time.Hour}},
			want: []string{"The last day brands look"}, says: "mapping.brand",
		},
		{
			name: "brands that are names", world: world{text: strings.Replace(usual, `brand = '"acme"'`, `brand = 'conversation.id matches "[0-7]$" ? "" : agent.name'`, 1)},
			want: []string{"The last day brands look"}, says: "(a name)",
		},
		{
			name: "brands of some", world: world{text: strings.Replace(usual, `brand = '"acme"'`, `brand = 'conversation.id matches "[0-7]$" ? "acme" : ""'`, 1)},
			want: []string{"The last day brands look"}, says: "have no brand",
		},
		{
			name: "an attribute that exists nowhere", world: world{text: "filters.do_not_send_attributes = [\"noSurvyBool\"]\n" + usual},
			want: []string{"The last day attributes look"}, says: "custom.noSurvyBool (filters.do_not_send_attributes)",
		},
		{
			name: "an attribute of a rule", world: world{text: usual + "[[rule]]\nname = \"ask Wilhelmina\"\nwhen = 'custom.nowhereStr == \"x\"'\naction = \"skip\"\n"},
			want: []string{"The last day attributes look"}, says: "custom.nowhereStr (rule 1)",
		},
		{
			name: "an attribute of customers", world: world{text: usual + "[[rule]]\nname = \"a\"\nwhen = 'customer.custom.nowhereStr == \"x\"'\naction = \"skip\"\n"},
			want: []string{"The last day attributes look"}, says: "customer.custom.nowhereStr",
		},
		{
			name:  "an agent without a profile",
			world: world{putting: sandbox.Records{Employees: []sandbox.Employee{{Email: sandbox.RegularAgents[0].Email.(string), Status: "pending review"}}}},
			want:  []string{"The last day agents look"}, says: sandbox.RegularAgents[0].ID,
		},
		{
			name: "no ledger", world: world{ledger: func(l *check.Ledger) {
				*l = check.Ledger{Path: "acsync.db", Open: store.ErrMissing, Site: l.Site, Here: " --config x.toml"}
			}},
			want: []string{"Ledger and schedule ledger failed 10"}, says: "acsync init --config x.toml",
		},
		{
			name: "the ledger lost", world: world{ledger: func(l *check.Ledger) {
				*l = check.Ledger{Path: "acsync.db", Open: store.ErrMissing, Site: l.Site, Abandoned: true, Fenced: true}
			}},
			want: []string{"Ledger and schedule ledger failed 10"},
		},
		{
			name: "no fence", world: world{ledger: func(l *check.Ledger) {
				l.Open, l.Fenced, l.Watched = store.ErrRolledBack, false, nil
			}},
			want: []string{"Ledger and schedule fence failed 14"},
		},
		{
			name: "a damaged ledger", world: world{ledger: func(l *check.Ledger) { l.Open, l.Watched = store.ErrDamaged, nil }},
			want: []string{"Ledger and schedule ledger failed 14"},
		},
		{
			name: "the ledger in use", world: world{ledger: func(l *check.Ledger) { l.Open, l.Watched = store.ErrLocked, nil }},
			want: []string{},
		},
		{
			name: "a full disk", world: world{ledger: func(l *check.Ledger) { l.Site.Free = 1 << 20 }},
			want: []string{"Ledger and schedule space failed 12"}, says: "1 MiB",
		},
		{
			name: "nearly a full disk", world: world{ledger: func(l *check.Ledger) { l.Site.Free = 100 << 20 }},
			want: []string{"Ledger and schedule space look"},
		},
		{
			name: "a network disk", world: world{ledger: func(l *check.Ledger) { l.Site.Network = store.ErrNetwork }},
			want: []string{"Ledger and schedule file system failed 12"},
		},
		{
			name: "a directory of somebody else", world: world{ledger: func(l *check.Ledger) { l.Site.Unusable = os.ErrPermission }},
			want: []string{"Ledger and schedule permissions failed 12"},
		},
		{
			name: "a ledger for everybody", world: world{ledger: func(l *check.Ledger) { l.Mode = 0o666 }},
			want: []string{"Ledger and schedule permissions look"}, says: "chmod 600",
		},
		{
			name: "no pass for long", world: world{ledger: func(l *check.Ledger) {
				l.Watched[4].Result = check.Result{Level: check.Failed, Code: exit.Usage, Text: "late", Todo: "see cron"}
			}},
			want: []string{"Ledger and schedule checkpoint failed 12"}, says: "see cron",
		},
		{
			name: "a warning", world: world{wrap: func(s *check.Subject) { s.Warnings = []string{"the file is for everybody"} }},
			want: []string{"Configuration warning look"}, says: "the file is for everybody",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := tt.world
			if w.text == "" {
				w.text = usual
			}
			s := w.subject(t)
			lines := check.Run(t.Context(), check.All(s))
			if diff := cmp.Diff(tt.want, odd(lines)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			said := ""
			for _, l := range lines {
				if l.Text == "" {
					t.Errorf("%s says nothing", l.Name)
				}
				if l.Level == check.Look || l.Level == check.Failed {
					said += l.Text + "; " + l.Todo + "\n"
				}
			}
			if !strings.Contains(said, tt.says) {
				t.Errorf("it lacks %q:\n%s", tt.says, said)
			}
			if n := len(w.stand.Requests()); n > 0 {
				t.Errorf("%d survey requests were made", n)
			}
			impersonal(t, w.stand, lines, s.Settings)
		})
	}
}

// impersonal holds that nothing of what was said names a person, an address or a secret.
func impersonal(t *testing.T, stand *sandbox.Sandbox, lines []check.Line, settings []check.Setting) {
	t.Helper()
	var said bytes.Buffer
	fmt.Fprintln(&said, lines, settings)
	private := []string{
		"@", "Wilhelmina", "a-4711", stand.KustomerKey(), stand.AgentConnectKey(), stand.AgentConnectSecret(), stand.AgentConnectTestKey(),
	}
	for _, u := range sandbox.RegularAgents {
		private = append(private, strings.Fields(u.Name.(string))...)
	}
	for _, text := range private {
		if strings.Contains(said.String(), text) {
			t.Errorf("%q is said:\n%s", text, said.String())
		}
	}
}

// TestNothingThere runs with whatever is missing: each probe that cannot run says why.
func TestNothingThere(t *testing.T) {
	lines := check.Run(t.Context(), check.All(check.Subject{Now: time.Now}))
	for _, l := range lines {
		if l.Level == check.OK && l.Group != "Configuration" || l.Text == "" {
			t.Errorf("%+v", l)
		}
	}
	if got := odd(lines); !slices.Equal(got, []string{"Kustomer key failed 12", "Agent Connect keys failed 12"}) {
		t.Errorf("got %v", got)
	}
	faults := config.Faults{{Key: "sync.settle", Message: "is odd"}}
	if got := odd(check.Run(t.Context(), check.All(check.Subject{Faults: faults}))); !slices.Equal(got, []string{"Configuration settings failed 12"}) {
		t.Errorf("got %v", got)
	}
}

// TestWorst sorts the classes of failures: what must not be gone on with comes first.
func TestWorst(t *testing.T) {
	lines := func(codes ...exit.Code) (list []check.Line) {
		for _, code := range codes {
			list = append(list, check.Line{Result: check.Result{Level: check.Failed, Code: code}})
		}
		return append(list, check.Line{Result: check.Result{Level: check.Look}})
	}
	order := []exit.Code{14, 10, 12, 4, 1, 5}
	for i, code := range order {
		if got := check.Worst(lines(order[i:]...)); got != code {
			t.Errorf("of %v: got %d", order[i:], got)
		}
	}
	if got := check.Worst(lines()); got != exit.Done {
		t.Errorf("without a failure: got %d", got)
	}
}

// TestLateInTheIndex measures by two looks what the search shows late.
func TestLateInTheIndex(t *testing.T) {
	w := world{text: usual, options: sandbox.Options{Empty: true}}
	s := w.subject(t)
	now := time.Now().Truncate(time.Second)
	s.Kustomer = &lagging{Kustomer: s.Kustomer, done: now.Add(-5 * time.Minute), at: now}
	for _, l := range check.Run(t.Context(), check.All(s)) {
		if l.Name == "index lag" && (l.Level != check.OK || !strings.Contains(l.Text, "showed one of 5m before")) {
			t.Errorf("got %+v", l)
		}
	}
}

// lagging shows one conversation at the second look alone.
type lagging struct {
	check.Kustomer
	done, at time.Time
	asked    int
}

func (l *lagging) SearchConversations(_ context.Context, q kustomer.Query) (p kustomer.Page[kustomer.Conversation], err error) {
	p.At = l.at
	if q.To.Sub(q.From) > time.Hour {
		return p, nil
	}
	if l.asked++; l.asked > 1 {
		p.Items = []kustomer.Conversation{{ID: "late", Status: "done", LastDone: &kustomer.Done{At: l.done}}}
	}
	return p, nil
}

// TestSettings names what is not at its default and where it comes from, without secrets and without what people wrote.
func TestSettings(t *testing.T) {
	w := world{text: "[[rule]]\nname = \"Wilhelmina\"\nwhen = 'agent.email == \"w@example.com\"'\naction = \"skip\"\n[sync]\nsettle = \"4m\"\n"}
	got := map[string]string{}
	s := w.subject(t)
	for _, each := range s.Settings {
		got[each.Key] = each.Value + " from " + filepath.Base(each.From)
	}
	for key, want := range map[string]string{
		"sync.settle": "4m from config.toml:6", "rule[1].when": "(set, 30 characters) from config.toml:3",
		"rule[1].name": "(set, 10 characters) from config.toml:2", "rule[1].action": "skip from config.toml:4",
		"kustomer.api_key": "(set, and not shown) from .", "kustomer.org": "sandbox from .",
	} {
		if got[key] != want {
			t.Errorf("%s: got %q, want %q", key, got[key], want)
		}
	}
	if _, there := got["sync.overlap"]; there {
		t.Errorf("a default is named: %v", slices.Sorted(maps.Keys(got)))
	}
}
