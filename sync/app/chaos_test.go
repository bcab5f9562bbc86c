package app_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"acsync/store"
	"acsync/store/bolt"
	"acsync/sync/sandbox"
	"acsync/sync/sandbox/chaos"
)

// TestChaos runs the built program, pass after pass, against services where everything goes wrong at once. Each pass
// ends by itself with a code that fits, whoever is new is asked by the next pass while Agent Connect is up, nobody is
// asked twice, each conversation comes to the end that it has to, and nothing that is written down names anybody.
func TestChaos(t *testing.T) {
	t.Parallel()
	program := build(t)
	for seed := range uint64(amount(1, 3)) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			newSiege(t, program, seed).live(t)
		})
	}
}

const (
	siegePasses = 8
	siegeAge    = 40 * time.Hour // by which everything that waits has aged between two passes
	siegeLook   = 13 * time.Hour // by which the last look back has
	siegeOutage = 2              // passes
)

// siege is one ledger and a world of chaos.
type siege struct {
	program string
	dir     string
	world   *chaos.World
	random  *rand.Rand
	said    bytes.Buffer // by all passes
	excused int          // passes that took Agent Connect to be down after it was up again
}

func newSiege(t *testing.T, program string, seed uint64) *siege {
	t.Helper()
	s := &siege{program: program, dir: t.TempDir(), random: rand.New(rand.NewPCG(seed, 19))}
	var err error
	s.world, err = chaos.New(chaos.Options{Seed: seed, Withheld: 403, Wide: 75 * time.Minute, Limited: 60})
	if err != nil {
		t.Fatal(err)
	}
	kustomer, connect := httptest.NewServer(s.world.KustomerHandler()), httptest.NewServer(s.world.AgentConnectHandler())
	t.Cleanup(kustomer.Close)
	t.Cleanup(connect.Close)
	config := fmt.Sprintf("[kustomer]\norg = \"sandbox\"\nbase_url = %q\napi_key = %q\nrequests_per_minute = 60000\n"+
		"searches_per_minute = 60000\n[agent_connect]\nbase_url = %q\napi_key = %q\napi_secret = %q\n"+
		"requests_per_minute = 60000\nverify_after = \"0s\"\n[sync]\nsettle = \"1s\"\noverlap = \"30s\"\nreread = \"2h\"\n",
		kustomer.URL, s.world.KustomerKey(), connect.URL, s.world.AgentConnectKey(), s.world.AgentConnectSecret())
	if err := os.WriteFile(filepath.Join(s.dir, "config.toml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out := s.run(t, "init", "--start", time.Now().Add(-2*time.Hour).UTC().Format(time.RFC3339)); code != 0 {
		t.Fatalf("init: exit code %d\n%s\n%s", code, out, s.said.String())
	}
	return s
}

// run carries out a command line, and keeps what it says on stderr.
func (s *siege) run(t *testing.T, args ...string) (code int, out string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, s.program, append(args, "--config", "config.toml")...)
	c.Dir, c.Env, c.Stderr = s.dir, []string{"HOME=" + s.dir}, &s.said
	stdout, err := c.Output()
	if ctx.Err() != nil {
		t.Fatalf("%s hangs: %v\n%s", args, err, s.said.String())
	}
	return c.ProcessState.ExitCode(), string(stdout)
}

// live makes passes until all that went wrong has come to an end.
func (s *siege) live(t *testing.T) {
	odd := slices.DeleteFunc(slices.Clone(chaos.Odd), func(k chaos.Kind) bool { return k == chaos.NullRow })
	s.random.Shuffle(len(odd), func(i, j int) { odd[i], odd[j] = odd[j], odd[i] })
	resolved := time.Now().Add(-100 * time.Minute)
	for i := range 60 {
		kind := chaos.Plain
		// The first answers of all have to prove key and address.
		if at := i/2 - 5; i%2 == 1 && at >= 0 && at < len(odd) {
			kind = odd[at]
		}
		s.world.Add(kind, resolved.Add(time.Duration(i)*time.Minute))
	}
	outage := 1 + s.random.IntN(3)
	for pass := range siegePasses {
		down := pass >= outage && pass < outage+siegeOutage
		s.world.Down(down)
		switch pass {
		case 2, 6:
			s.world.Ahead(time.Duration(1+s.random.IntN(4)) * time.Minute)
		case 4:
			s.world.Show()
		case siegePasses - 1:
			s.world.Add(chaos.NullRow, time.Now().Add(-5*time.Second))
		}
		fresh := s.world.Add(chaos.Plain, time.Now().Add(-3*time.Second))
		s.pass(t, pass, down, fresh)
		s.age(t)
	}
	if s.excused > 2 {
		t.Errorf("%d passes took Agent Connect to be down, which it was not", s.excused)
	}
	s.conclude(t)
}

// pass makes a pass, which must have asked about the conversation that is new.
func (s *siege) pass(t *testing.T, n int, down bool, fresh *chaos.Conversation) {
	t.Helper()
	before := s.said.Len()
	code, out := s.run(t, "run", "--json", "--knock", "--log-level", "debug")
	var told struct {
		passTold
		Down string `json:"down"`
	}
	err := json.Unmarshal([]byte(out), &told)
	if !slices.Contains([]int{0, 3, 5, 13}, code) || err != nil || told.sum() != told.Found || told.exit() != code {
		t.Fatalf("pass %d: exit code %d; %v\n%s\n%s", n, code, err, out, s.said.String()[before:])
	}
	if last := n == siegePasses-1; last != (told.Unseen == 1) || last && code != 3 {
		t.Errorf("pass %d: exit code %d, %d unseen", n, code, told.Unseen)
	}
	accepted := s.world.Accepted()
	switch {
	case down:
	case told.Down != "":
		// What is sent first after an outage may be one that never gets a usable answer.
		s.excused++
	case accepted[fresh.ID] == 0:
		t.Errorf("pass %d, exit code %d: %s is new and was not asked\n%s", n, code, fresh.ID, out)
	}
	for id, times := range accepted {
		if times > 1 {
			t.Fatalf("pass %d: %s was asked %d times", n, id, times)
		}
	}
	s.wantNobody(t, "stdout", out)
}

// age makes all that waits due, and older, and a look back due every other time.
func (s *siege) age(t *testing.T) {
	t.Helper()
	ledger, err := bolt.Open(filepath.Join(s.dir, "acsync.db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer ledger.Close()
	waiting, err := ledger.Waiting(0, store.Retry, store.Scheduled)
	if err != nil {
		t.Fatal(err)
	}
	for i := range waiting {
		waiting[i].Due, waiting[i].At = time.Now().Add(-time.Second), waiting[i].At.Add(-siegeAge)
	}
	runs, err := ledger.Runs(1)
	if err != nil || len(runs) == 0 {
		t.Fatalf("%d summaries: %v", len(runs), err)
	}
	runs[0].Reread = runs[0].Reread.Add(-siegeLook)
	if err := ledger.Commit(store.Batch{Entries: waiting, Run: &runs[0]}); err != nil {
		t.Fatal(err)
	}
}

// conclude compares the ledger's export with what had to come of all, and looks for people in what is left.
func (s *siege) conclude(t *testing.T) {
	t.Helper()
	ends, ledger := map[string]chaos.End{}, map[string]chaos.End{}
	for _, c := range s.world.Conversations() {
		ends[c.ID] = c.Kind.End()
	}
	code, export := s.run(t, "ledger", "export")
	if code != 0 {
		t.Fatalf("export: exit code %d\n%s", code, s.said.String())
	}
	for lines := bufio.NewScanner(strings.NewReader(export)); lines.Scan(); {
		var line struct{ ID, State, Reason string }
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatalf("the export has %q: %v", lines.Text(), err)
		}
		ledger[line.ID] = chaos.End{State: line.State, Reason: line.Reason}
		// What no answer settles needs more passes to be given up, and is seen to need a hand until then.
		hand := line.State == "in_doubt" || line.State == "retry" && slices.Contains([]string{"forbidden", "not_arrived"}, line.Reason)
		if hand && ends[line.ID].Reason == "gave_up" {
			ledger[line.ID] = ends[line.ID]
		}
	}
	for _, problem := range s.world.Problems(func(id string) chaos.End { return ledger[id] }) {
		t.Error(problem)
	}
	s.wantNobody(t, "the export", export)
	s.wantNobody(t, "stderr", s.said.String())
	for _, file := range []string{"acsync.db", "acsync.db.fence", "acsync.db.holder"} {
		content, err := os.ReadFile(filepath.Join(s.dir, file))
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		s.wantNobody(t, file, string(content))
	}
	if code, _ := s.run(t, "ledger", "check"); code != 0 {
		t.Errorf("ledger check: exit code %d", code)
	}
}

// wantNobody makes sure that a text names no customer and no agent.
func (s *siege) wantNobody(t *testing.T, what, text string) {
	t.Helper()
	names := []string{chaos.FamilyName, chaos.AddressDomain, "example.org", "Wexelblat", "Dormann", "Strindholm"}
	for _, agent := range sandbox.RegularAgents[:1] {
		names = append(names, agent.Name.(string))
	}
	for _, name := range names {
		if strings.Contains(text, name) {
			t.Errorf("%s holds %q", what, name)
		}
	}
}
