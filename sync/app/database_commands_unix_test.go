//go:build unix

package app_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"acsync/store/postgres/pgtest"
	"acsync/sync/sandbox"
)

// kept is a ledger in a database, with stand-ins and configurations beside it.
type kept struct {
	dir, url string
	without  bool // the API secret
	cluster  *pgtest.Cluster
	stand    *sandbox.Sandbox

	mu   sync.Mutex
	held chan struct{} // not nil: survey requests wait until it is closed
	came chan struct{} // told of each survey request
}

// newKept has a database and a configuration, "config.toml", and no ledger yet.
func newKept(t *testing.T) *kept {
	t.Helper()
	k := &kept{dir: t.TempDir(), came: make(chan struct{}, 1)}
	k.url, k.cluster = inDatabase(t)
	var err error
	k.stand, err = sandbox.Start(sandbox.Options{
		PerHour: 60, Busy: time.Hour,
		Faults: sandbox.Faults{AgentConnect: sandbox.ServiceFaults{Hook: k.hook}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := k.stand.Close(); err != nil {
			t.Error(err)
		}
	})
	k.configure(t, "config.toml", fmt.Sprintf("url = %q", k.url))
	return k
}

// configure writes a configuration with a section [ledger].
func (k *kept) configure(t *testing.T, name, ledger string) {
	t.Helper()
	secret := fmt.Sprintf("api_secret = %q\n", k.stand.AgentConnectSecret())
	if k.without {
		secret = ""
	}
	text := fmt.Sprintf("[kustomer]\norg = \"sandbox\"\nbase_url = %q\napi_key = %q\nrequests_per_minute = 60000\n"+
		"searches_per_minute = 60000\n[agent_connect]\nbase_url = %q\napi_key = %q\nrequests_per_minute = 60000\n"+
		"verify_after = \"1s\"\n%s[sync]\nmax_error_rate = 1.0\n[ledger]\n%s\n",
		k.stand.KustomerURL(), k.stand.KustomerKey(), k.stand.AgentConnectURL(), k.stand.AgentConnectKey(), secret, ledger)
	if err := os.WriteFile(filepath.Join(k.dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (k *kept) hook(r *http.Request) sandbox.Fault {
	k.mu.Lock()
	held := k.held
	k.mu.Unlock()
	if r.Method != http.MethodPost || held == nil {
		return sandbox.Fault{}
	}
	select {
	case k.came <- struct{}{}:
	default:
	}
	<-held
	return sandbox.Fault{}
}

// hold keeps survey requests waiting until what it gives is called.
func (k *kept) hold() (release func()) {
	held := make(chan struct{})
	k.mu.Lock()
	defer k.mu.Unlock()
	k.held = held
	return sync.OnceFunc(func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.held = nil
		close(held)
	})
}

// want runs a command with "config.toml" that has to end with an exit code, and gives what it says.
func (k *kept) want(t *testing.T, code int, args ...string) string {
	t.Helper()
	return k.wantWith(t, "config.toml", code, args...)
}

func (k *kept) wantWith(t *testing.T, config string, code int, args ...string) string {
	t.Helper()
	at := len(args)
	if args[0] == "explain" || slices.Contains(args, "restore") { // flags come before its argument
		at--
	}
	line := slices.Concat(args[:at], []string{"--config", filepath.Join(k.dir, config)}, args[at:])
	got, out, said := commandLine(k.dir, time.Time{}, line...)
	if got != code && (code != well || got != 0 && got != 3) {
		t.Errorf("%s: exit code %d, want %d\n%s\n%s", strings.Join(args, " "), got, code, out, said)
	}
	return out + said
}

// once fails when somebody was asked twice, and gives how many were asked.
func (k *kept) once(t *testing.T) int {
	t.Helper()
	times := map[string]int{}
	for _, r := range k.stand.Requests() {
		if r.Accepted() {
			if times[r.ExtInteractionID]++; times[r.ExtInteractionID] > 1 {
				t.Errorf("%s was asked %d times", r.ExtInteractionID, times[r.ExtInteractionID])
			}
		}
	}
	return len(times)
}

func (k *kept) start() string { return time.Now().Add(-2 * time.Hour).UTC().Format(time.RFC3339) }

// TestCommandsInDatabase gives each command to a ledger in a database, first while a pass is held up in the middle of its
// requests: whatever only reads goes on, and whatever writes is told who has the ledger.
func TestCommandsInDatabase(t *testing.T) {
	t.Parallel()
	k := newKept(t)
	k.want(t, 10, "run")
	k.want(t, 0, "init", "--start", k.start())
	k.want(t, 12, "init", "--start", k.start())
	early, export := filepath.Join(k.dir, "early.plan"), filepath.Join(k.dir, "early.jsonl")
	k.want(t, 0, "plan", "--out", early)
	k.want(t, 0, "run", "--dry-run")
	k.want(t, well, "run", "--max", "1") // from then on a doubt can be settled

	release := k.hold()
	var pass sync.WaitGroup
	pass.Go(func() { k.want(t, well, "run") })
	defer pass.Wait()
	defer release()
	<-k.came
	var status struct{ Running *struct{ Mode string } }
	if screen := k.want(t, 0, "status"); !strings.Contains(screen, "what the ledger held at "+time.Now().UTC().Format("2006-01-02")) {
		t.Errorf("status does not say when that was so:\n%s", screen)
	}
	out := k.want(t, 0, "status", "--json")
	if err := json.Unmarshal([]byte(out), &status); err != nil || status.Running == nil {
		t.Errorf("status does not show the pass: %v\n%s", err, out)
	}
	for _, read := range [][]string{
		{"status"},
		{"passes"},
		{"report"},
		{"ledger", "check"},
		{"ledger", "export", "--out", export},
		{"explain", k.stand.Conversations(time.Now().Add(-time.Hour), time.Now())[0].ID},
	} {
		k.want(t, well, read...)
	}
	// What is being sent is the pass's own, and in doubt to nobody.
	for _, dry := range [][]string{{"plan", "--out", filepath.Join(k.dir, "now.plan")}, {"run", "--dry-run"}} {
		if out := k.want(t, 0, dry...); strings.Contains(out, "in doubt") {
			t.Errorf("%v beside a pass:\n%s", dry, out)
		}
	}
	var refusals sync.WaitGroup
	for _, write := range [][]string{
		{"run"},
		{"backfill", "--from", "2h ago", "--to", "1h ago"},
		{"resolve"},
		{"ledger", "rebuild"},
		{"ledger", "import", "--in", export},
		{"ledger", "convert", "--survey-per", "resolution"},
		{"apply", early},
		{"ledger", "check", "--accept-restored"},
	} {
		refusals.Go(func() { // each waits a moment for the ledger
			if said := k.want(t, 11, write...); !strings.Contains(said, "another process holds the ledger: process ") {
				t.Errorf("%v does not say who has it: %s", write, said)
			}
		})
	}
	refusals.Wait()
	k.want(t, 0, "run", "--if-locked", "skip")
	release()
	pass.Wait()
	k.carryOver(t)
	k.once(t)
}

// carryOver takes what the ledger knows into another one, and changes what can be changed of it.
func (k *kept) carryOver(t *testing.T) {
	t.Helper()
	lines := func(config string) []string {
		return strings.Split(strings.TrimSpace(k.wantWith(t, config, 0, "ledger", "export")), "\n")
	}
	k.want(t, 0, "ledger", "check")
	all := filepath.Join(k.dir, "all.jsonl")
	k.want(t, 0, "ledger", "export", "--out", all)
	k.configure(t, "file.toml", fmt.Sprintf("path = %q", filepath.Join(k.dir, "other.db")))
	k.wantWith(t, "file.toml", 0, "init", "--start", k.start())
	k.wantWith(t, "file.toml", 0, "ledger", "import", "--in", all)
	if got, want := len(lines("file.toml")), len(lines("config.toml")); got != want || want < 30 {
		t.Errorf("%d conversations were carried over of %d", got, want)
	}
	k.want(t, 0, "ledger", "import", "--in", all) // it knows all that

	var known struct{ ID string }
	if err := json.Unmarshal([]byte(lines("config.toml")[0]), &known); err != nil {
		t.Fatal(err)
	}
	k.want(t, 0, "ledger", "forget", "--dry-run", "--id", known.ID)
	k.want(t, 0, "ledger", "forget", "--id", known.ID)
	if text := strings.Join(lines("config.toml"), "\n"); strings.Contains(text, known.ID) {
		t.Errorf("%s was not forgotten", known.ID)
	}
	k.want(t, well, "run")
	k.want(t, 0, "ledger", "convert", "--survey-per", "resolution", "--dry-run")
	k.want(t, 0, "ledger", "convert", "--survey-per", "resolution")
	k.want(t, 12, "run")
	k.want(t, 0, "ledger", "convert", "--survey-per", "conversation")
	k.want(t, well, "run")
	k.want(t, 0, "ledger", "check")
}

// TestRefusedInDatabase holds that what a database has no use for is refused with what to do in its place, and that nothing
// that is said tells a password.
func TestRefusedInDatabase(t *testing.T) {
	t.Parallel()
	oneByOne(t)
	k := newKept(t)
	const secret = "hunter2-and-more"
	refuse := func(code int, config, hint string, args ...string) {
		t.Helper()
		said := k.wantWith(t, config, code, args...)
		if !strings.Contains(said, hint) || strings.Contains(said, secret) {
			t.Errorf("%v does not say %q, or says too much: %s", args, hint, said)
		}
	}
	k.want(t, 0, "init", "--start", k.start())
	copied := filepath.Join(k.dir, "copy.db")
	refuse(12, "config.toml", "pg_dump", "ledger", "backup", "--out", copied)
	refuse(12, "config.toml", "autovacuum", "ledger", "compact")
	refuse(12, "config.toml", "by its own means", "ledger", "restore", copied)
	refuse(12, "config.toml", "", "ledger", "move", "--to", k.url)

	k.configure(t, "file.toml", fmt.Sprintf("path = %q", filepath.Join(k.dir, "acsync.db")))
	k.wantWith(t, "file.toml", 0, "init", "--start", k.start())
	refuse(12, "file.toml", "PGPASSWORD", "ledger", "move", "--to", "postgres://acsync:"+secret+"@127.0.0.1:1/acsync")
	refuse(5, "file.toml", "see whether the server runs", "ledger", "move", "--to", "postgres://acsync@127.0.0.1:1/acsync")
	k.wantWith(t, "file.toml", 0, "run", "--dry-run") // it is as it was

	own := pgtest.New(t)
	ready := own.Fresh(t, makeAllTables)
	own.Exec(t, "postgres", "create database empty", "alter role "+pgtest.Plain+" password 'right-"+secret+"'")
	at := func(name, database, password string) {
		address := strings.Replace(own.URL(pgtest.Plain, database), "@", ":"+password+"@", 1)
		if err := os.WriteFile(filepath.Join(k.dir, name+".url"), []byte(address), 0o600); err != nil {
			t.Fatal(err)
		}
		k.configure(t, name+".toml", fmt.Sprintf("url_file = %q", name+".url"))
	}
	at("ready", ready, "right-"+secret)
	at("wrong", ready, "wrong-"+secret)
	at("empty", "empty", "right-"+secret)
	at("none", "none", "right-"+secret)
	hba := filepath.Join(own.Dir, "pg_hba.conf")
	text, err := os.ReadFile(hba)
	if err == nil {
		err = os.WriteFile(hba, append([]byte("host all "+pgtest.Plain+" 127.0.0.1/32 scram-sha-256\n"), text...), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	own.Exec(t, "postgres", "select pg_reload_conf()")
	refuse(12, "empty.toml", "acsync ledger migrate", "init", "--start", k.start())
	refuse(12, "none.toml", "there is no database none on 127.0.0.1", "init", "--start", k.start())
	refuse(12, "none.toml", "createdb", "init", "--start", k.start())
	for hba := ""; !strings.Contains(hba, "refuses the login"); time.Sleep(20 * time.Millisecond) { // it reads them anew
		hba = k.wantWith(t, "wrong.toml", 4, "status")
	}
	refuse(4, "wrong.toml", "ledger.url_file", "status")
	refuse(4, "wrong.toml", fmt.Sprintf("the database %s on 127.0.0.1:%d refuses the login", ready, own.Port), "status")
	k.wantWith(t, "ready.toml", 0, "init", "--start", k.start())
	own.Exec(t, ready, "insert into acsync.versions (version_id, is_applied) values (999, true)")
	refuse(12, "ready.toml", "acsync", "run")
	own.Stop()
	for _, args := range [][]string{{"run"}, {"run", "--dry-run"}, {"status"}, {"ledger", "check"}, {"ledger", "export"}} {
		refuse(5, "ready.toml", "see whether the server runs", args...)
	}
	if n := k.once(t); n != 0 {
		t.Errorf("%d were asked", n)
	}
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// commandOf splits a command line at its blanks; those within a word are underscores.
func commandOf(line string) []string {
	words := strings.Fields(line)
	for i, w := range words {
		words[i] = strings.ReplaceAll(w, "_", " ")
	}
	return words
}

// elsewhere brings a dump of the database into another cluster, as "elsewhere.toml" with these settings.
func (k *kept) elsewhere(t *testing.T, dump string) {
	t.Helper()
	to := pgtest.New(t)
	to.Exec(t, "postgres", "create role "+pgtest.Owner+" login", "create role "+pgtest.Plain+" login", "create database restored")
	to.Run(t, "psql", "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", fmt.Sprint(to.Port), "-U", pgtest.Super, "-d",
		"restored", "-f", dump)
	k.configure(t, "elsewhere.toml", fmt.Sprintf("url = %q", to.URL(pgtest.Plain, "restored")))
}

// database is the name of the one that an address leads to.
func database(url string) string { return url[strings.LastIndex(url, "/")+1 : strings.Index(url, "?")] }

// dump writes the database to a file.
func (k *kept) dump(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(k.cluster.Dir, database(k.url)+".sql")
	t.Cleanup(func() { _ = os.Remove(path) })
	k.cluster.Run(t, "pg_dump", "-h", "127.0.0.1", "-p", fmt.Sprint(k.cluster.Port), "-U", pgtest.Super, "-f", path,
		database(k.url))
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestRestoredDatabase brings a database back from a dump into another cluster. As old as it is, it asks nobody twice: the data
// of Agent Connect tell, or without the API secret a person has to.
func TestRestoredDatabase(t *testing.T) {
	t.Parallel()
	oneByOne(t)
	for _, test := range []struct {
		name        string
		secret, old bool
		// what is done in turn, behind the exit code
		steps string
	}{
		{"older, with the secret", true, true, "5 run; 5 run; wait; 14 run; 14 run; 0 ledger rebuild; -1 run"},
		{"the newest, with the secret", true, false, "5 run; wait; -1 run"},
		{"the newest, without the secret", false, false, "14 run; 14 backfill --from 2h_ago --to 1h_ago; 0 ledger check --accept-restored; -1 run"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			k := newKept(t)
			k.without = !test.secret
			k.configure(t, "config.toml", fmt.Sprintf("url = %q", k.url))
			k.want(t, 0, "init", "--start", k.start())
			k.want(t, well, "run", "--max", "5")
			path := ""
			if test.old {
				path = k.dump(t)
			}
			k.want(t, well, "run")
			if !test.old {
				path = k.dump(t)
			}
			k.elsewhere(t, path)
			for step := range strings.SplitSeq(test.steps, "; ") {
				code, line, _ := strings.Cut(step, " ")
				if step == "wait" {
					time.Sleep(time.Second) // agent_connect.verify_after
					continue
				}
				before := len(k.stand.Requests())
				k.wantWith(t, "elsewhere.toml", number(t, code), commandOf(line)...)
				if sent := len(k.stand.Requests()) - before; code != "-1" && sent > 0 {
					t.Errorf("%s: %d requests were made", step, sent)
				}
			}
			k.wantWith(t, "elsewhere.toml", 0, "ledger", "check")
			k.once(t)
		})
	}
}

// TestMoveKilled moves a ledger from its file into a database, and is killed at random moments. At no moment can both send;
// the file goes on until it is marked, and never again after that, also not as an older copy of it.
func TestMoveKilled(t *testing.T) {
	t.Parallel()
	program := build(t)
	k := newKept(t)
	k.configure(t, "file.toml", fmt.Sprintf("path = %q\nwitness = \"off\"", filepath.Join(k.dir, "acsync.db")))
	k.wantWith(t, "file.toml", 0, "init", "--start", k.start())
	k.wantWith(t, "file.toml", well, "run", "--max", "3")
	copied := filepath.Join(k.dir, "copy.db")
	k.wantWith(t, "file.toml", 0, "ledger", "backup", "--out", copied)
	random := rand.New(rand.NewPCG(*killSeed, 3))
	moves := func(to string) *exec.Cmd {
		c := exec.Command(program, "ledger", "move", "--to", to, "--config", "file.toml")
		c.Dir, c.Env = k.dir, []string{"HOME=" + k.dir}
		return c
	}
	// sends reports whether a pass by a configuration is made.
	sends := func(config string) bool {
		code, out, said := commandLine(k.dir, time.Time{}, "run", "--max", "1", "--config", filepath.Join(k.dir, config))
		if code != 0 && code != 3 && code != 10 && code != 14 {
			t.Errorf("%s: exit code %d\n%s\n%s", config, code, out, said)
		}
		return code == 0 || code == 3
	}
	kills, ends := 0, map[[2]bool]int{}
	for range amount(12, 60) {
		c := moves(k.url)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(random.Int64N(int64(25 * time.Millisecond))))
		_ = c.Process.Kill()
		if err := c.Wait(); err != nil {
			kills++
		}
		both := [2]bool{sends("file.toml"), sends("config.toml")}
		if ends[both]++; both[0] && both[1] {
			t.Fatal("both send")
		}
		if !both[0] {
			break // it is marked
		}
	}
	t.Logf("%d moves were killed; file and database can send: %v", kills, ends)
	if out, err := moves(k.url).CombinedOutput(); err != nil {
		t.Fatalf("the move cannot be ended: %v\n%s", err, out)
	}
	k.want(t, well, "run")
	for _, line := range []string{
		"14 run", "14 backfill --from 2h_ago --to 1h_ago", "12 ledger restore " + copied,
		"12 ledger restore --replace " + copied, "14 run", "14 ledger rebuild",
		"0 status", "2 status --check", "0 ledger check", // to look at it does no harm
	} {
		code, command, _ := strings.Cut(line, " ")
		if said := k.wantWith(t, "file.toml", number(t, code), commandOf(command)...); !strings.Contains(said, "moved") {
			t.Errorf("%s does not say that it was moved: %s", command, said)
		}
	}
	if out, err := moves(strings.Replace(k.url, database(k.url), "other", 1)).CombinedOutput(); err == nil {
		t.Errorf("it is moved to a second place: %s", out)
	}
	k.want(t, well, "run")
	k.want(t, 0, "ledger", "check")
	k.once(t)
}

// TestTenantsInDatabase pauses and resumes tenants whose ledgers are in one database, and makes their passes.
func TestTenantsInDatabase(t *testing.T) {
	t.Parallel()
	oneByOne(t)
	f := newFleet(t, "one", "two", "three")
	url, _ := inDatabase(t)
	f.write(t, "ledger.url", url)
	text, err := os.ReadFile(filepath.Join(f.dir, "_defaults.toml"))
	if err != nil {
		t.Fatal(err)
	}
	f.write(t, "_defaults.toml", string(text)+"[ledger]\nurl_file = 'ledger.url'\n")
	for _, name := range []string{"one", "two"} {
		f.run(t, 0, "init", "--start", f.stands[name].Start().Format(time.RFC3339), "--tenant", name)
	}
	f.run(t, 0, "tenants", "pause", "one", "--reason", "new brand")
	f.run(t, 10, "tenants", "pause", "three", "--reason", "x") // it has no ledger
	out, _ := f.run(t, 10, "tenants", "run", "--all")
	for _, want := range []string{"one                  exit 0   skipped: paused since", "three                exit 10 "} {
		if !strings.Contains(out, want) {
			t.Errorf("run does not say %q:\n%s", want, out)
		}
	}
	var status struct {
		Tenants []struct {
			Tenant, Level, Text string
			Paused              bool
		}
	}
	out, _ = f.run(t, 0, "tenants", "status", "--json")
	if err := json.Unmarshal([]byte(out), &status); err != nil {
		t.Fatal(err)
	}
	for _, each := range status.Tenants {
		if each.Paused != (each.Tenant == "one") || each.Tenant == "three" && each.Level != "act" {
			t.Errorf("%+v", each)
		}
	}
	f.run(t, 0, "tenants", "resume", "one")
	f.run(t, well, "tenants", "run", "--tenant", "one", "--tenant", "two")
	for _, name := range []string{"one", "two"} {
		if all, most := f.asked(t, name); all == 0 || most != 1 {
			t.Errorf("%s: %d asked, one of them %d times", name, all, most)
		}
	}
	f.run(t, 0, "ledger", "check", "--tenant", "one")
	if matches, _ := filepath.Glob(filepath.Join(f.dir, "ledger", "*")); len(matches) > 0 {
		t.Errorf("there are files beside the database: %v", matches)
	}
}
