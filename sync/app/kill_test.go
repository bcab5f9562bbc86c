//go:build unix

package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"acsync/store"
	"acsync/store/bolt"
	"acsync/sync/sandbox"
)

var killSeed = flag.Uint64("kill.seed", 1, "of the stand-ins, and of the moments")

const (
	killsOfALife = 20 // of one ledger and its stand-ins, before the work is brought to its end
	killWithin   = 400 * time.Millisecond
	// killWithinAsking is longer, because Agent Connect's data are read first, in two calls 0.6 s apart.
	killWithinAsking = 1200 * time.Millisecond
	killInFlight     = 4 // survey requests at the same time: a kill leaves no more in doubt
	killCheckEvery   = 10
	killVerify       = time.Second // agent_connect.verify_after: far longer than a request of a killed process is on its way
	killWitnesses    = 10          // how often a later request is made, before what is still in doubt then is a fault
	killRestoreEvery = 5           // so many kills lie between two times that a copy is put back
)

// besides are the endings of what can be put back from a copy: the ledger alone, with its fence, or all that
// lies there.
var besides = [][]string{{""}, {"", ".fence"}, {"", ".fence", ".holder"}}

// TestKill kills the built program at random moments, again and again, and lets it come to its end. Whatever
// the moment: the receiver takes no conversation twice, and each that should be asked about is settled or,
// where the program died with the request under way, in doubt in the ledger and in the report. No ledger is
// ever damaged. Half of the rounds are made with the API secret: there nothing is in doubt at the end, and
// nothing is lost. Now and then a copy is put back that an earlier kill has left, whatever of it: with the
// secret everything goes on after a rebuild; without it the fence or the witness in the user's home refuses it.
func TestKill(t *testing.T) {
	t.Parallel()
	rounds := amount(20, 200)
	program := build(t)
	for _, half := range []struct {
		name   string
		secret bool
		rounds int
		within time.Duration
	}{
		{"without the API secret", false, (rounds + 1) / 2, killWithin},
		{"with the API secret", true, rounds / 2, killWithinAsking},
	} {
		t.Run(half.name, func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(*killSeed, uint64(half.within)))
			var sum tally
			for seed := *killSeed; sum.rounds < half.rounds && !t.Failed(); seed++ {
				v := newVictim(t, program, seed, half.secret)
				sum.add(v.live(t, min(killsOfALife, half.rounds-sum.rounds), random, half.within))
			}
			t.Log(sum)
			if sum.refused == 0 {
				t.Error("no copy that was put back was refused: the test shows little of that")
			}
			if sum.kills < sum.rounds/2 {
				t.Errorf("only %d of %d rounds ended by the kill: the test shows little", sum.kills, sum.rounds)
			}
		})
	}
}

// tally is what came of it.
type tally struct{ rounds, kills, due, accepted, doubts, received, settled, refused int }

func (s *tally) add(o tally) {
	s.rounds, s.kills, s.settled, s.refused = s.rounds+o.rounds, s.kills+o.kills, s.settled+o.settled, s.refused+o.refused
	s.due, s.accepted, s.doubts, s.received = s.due+o.due, s.accepted+o.accepted, s.doubts+o.doubts, s.received+o.received
}

// String tells it in one line.
func (s tally) String() string {
	return fmt.Sprintf("%d rounds, %d of them ended by the kill; %d conversations to be asked about, %d accepted; %d were in doubt "+
		"and settled; %d in doubt at the end, of these %d received and %d not; %d copies were put back and refused",
		s.rounds, s.kills, s.due, s.accepted, s.settled, s.doubts, s.received, s.doubts-s.received, s.refused)
}

// victim is one ledger, and the stand-ins whose conversations it remembers.
type victim struct {
	program string
	dir     string
	stand   *sandbox.Sandbox
	now     time.Time
	secret  bool   // Agent Connect's own data can be asked
	url     string // of the database that keeps the ledger; empty: a file
	kills   int
	left    []map[string][]byte // by each kill, by ending
	refused int                 // copies that were put back and refused
}

func newVictim(t *testing.T, program string, seed uint64, secret bool) *victim {
	return newVictimIn(t, program, seed, secret, "")
}

// newVictimIn keeps the ledger in a database, unless its address is empty.
func newVictimIn(t *testing.T, program string, seed uint64, secret bool, url string) *victim {
	t.Helper()
	v := &victim{program: program, dir: t.TempDir(), now: time.Now(), secret: secret, url: url}
	var err error
	options := standInOptions(seed, v.now)
	if secret {
		options.Now = time.Now // what is received later must be seen to be later
	}
	if v.stand, err = sandbox.Start(options); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.stand.Close(); err != nil {
			t.Error(err)
		}
	})
	config := fmt.Sprintf("[kustomer]\norg = \"sandbox\"\nbase_url = %q\napi_key = %q\nrequests_per_minute = 60000\n"+
		"searches_per_minute = 60000\n[agent_connect]\nbase_url = %q\napi_key = %q\nrequests_per_minute = 60000\nconcurrency = %d\n",
		v.stand.KustomerURL(), v.stand.KustomerKey(), v.stand.AgentConnectURL(), v.stand.AgentConnectKey(), killInFlight)
	if secret {
		config += fmt.Sprintf("api_secret = %q\nverify_after = %q\n", v.stand.AgentConnectSecret(), killVerify)
	}
	config += "[sync]\nmax_error_rate = 1.0\n" // what was rejected and is not known any more is rejected again
	if url != "" {
		config += fmt.Sprintf("[ledger]\nurl = %q\n", url)
	}
	if err := os.WriteFile(filepath.Join(v.dir, "config.toml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := v.command("init", "--start", v.start().Format(time.RFC3339)).CombinedOutput(); err != nil {
		t.Fatalf("init: %v\n%s", err, out)
	}
	if secret {
		v.bind(t)
	}
	return v
}

// bind lets the ledger have an answer before the first kill: it does not know with which key it asked before that, so
// that such a request would stay in doubt for good.
func (v *victim) bind(t *testing.T) {
	t.Helper()
	out, err := v.command("run", "--max", "1", "--json").Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || exit.ExitCode() != 3) {
		t.Fatalf("the first pass: %v\n%s", err, out)
	}
}

// start is where the first window begins: late enough that nothing is too old.
func (v *victim) start() time.Time { return v.now.Add(-4 * time.Hour).UTC().Truncate(time.Hour) }

// standInOptions stop the clock, so that each pass meets the same conversations, let answers take about 20 ms, and
// let half of the survey requests take effect before the answer is due, half when it is: a kill in between meets
// both.
func standInOptions(seed uint64, now time.Time) sandbox.Options {
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(seed, 8))
	half := func(r *http.Request) sandbox.Fault {
		mu.Lock()
		defer mu.Unlock()
		return sandbox.Fault{
			Processed: r.Method == http.MethodPost && random.IntN(2) == 0,
			Delay:     time.Duration(float64(20*time.Millisecond) * math.Exp(random.NormFloat64()/2)),
		}
	}
	const plenty = 1_000_000 // a minute, which never ends while the clock stands still
	return sandbox.Options{
		Seed: seed, Busy: time.Duration(amount(1, 3)) * time.Hour, Now: func() time.Time { return now },
		KustomerPerMinute: plenty, SearchesPerMinute: plenty, RequestsPerMinute: plenty,
		Faults: sandbox.Faults{AgentConnect: sandbox.ServiceFaults{Hook: half}},
	}
}

// command is the program with the victim's configuration.
func (v *victim) command(name string, flags ...string) *exec.Cmd {
	arguments := append([]string{name, "--config", "config.toml"}, flags...)
	if name == "ledger" { // its flags stand behind what is done with it
		arguments = append([]string{name}, flags...)
	}
	c := exec.Command(v.program, arguments...)
	c.Dir, c.Env = v.dir, []string{"HOME=" + v.dir}
	return c
}

// kill starts a pass and kills it after a while; true when it was still at work then.
func (v *victim) kill(t *testing.T, after time.Duration) bool {
	t.Helper()
	var errs bytes.Buffer
	c := v.command("run", "--json")
	c.Stderr = &errs
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(after)
	_ = c.Process.Kill() // it may have ended by itself
	_ = c.Wait()
	if status, ok := c.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return status.Signal() == syscall.SIGKILL
	}
	if code := c.ProcessState.ExitCode(); code != 0 && code != 3 {
		t.Errorf("a pass that was not killed ended with exit code %d\n%s", code, errs.String())
	}
	return false
}

// seen is a ledger that is looked at.
type seen interface {
	Check(ctx context.Context) error
	Waiting(limit int, states ...store.State) ([]store.Entry, error)
	Lookup(keys []store.Key) (map[store.Key]store.Record, error)
	Close() error
}

func (v *victim) open(t *testing.T) seen {
	t.Helper()
	if v.url != "" {
		return openIn(t, v.url, "sandbox")
	}
	ledger, err := bolt.Open(filepath.Join(v.dir, "acsync.db"), bolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatalf("after %d kills: %v", v.kills, err)
	}
	return ledger
}

// check reads the whole ledger as the kill left it.
func (v *victim) check(t *testing.T) {
	t.Helper()
	ledger := v.open(t)
	if err := errors.Join(ledger.Check(t.Context()), ledger.Close()); err != nil {
		t.Fatalf("after %d kills: %v", v.kills, err)
	}
}

// live kills passes for some rounds, puts copies back in between, and brings the work to its end.
func (v *victim) live(t *testing.T, rounds int, random *rand.Rand, within time.Duration) tally {
	t.Helper()
	for round := range rounds {
		if v.kill(t, time.Duration(random.Int64N(int64(within)))) {
			v.kills++
		}
		v.left = append(v.left, v.files(t))
		if v.url == "" && (round+1)%killRestoreEvery == 0 {
			v.restore(t, v.left[random.IntN(len(v.left)-1)], besides[random.IntN(len(besides))])
		}
		if (round+1)%killCheckEvery == 0 {
			v.check(t)
		}
	}
	sum := v.finish(t)
	sum.rounds, sum.kills, sum.refused = rounds, v.kills, v.refused
	return sum
}

// files reads all that lies at the ledger's path, and its witness. What is not there has no content.
func (v *victim) files(t *testing.T) map[string][]byte {
	t.Helper()
	kept := map[string][]byte{}
	for _, ending := range besides[len(besides)-1] {
		content, err := os.ReadFile(filepath.Join(v.dir, "acsync.db"+ending))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		kept[ending] = content
	}
	list, _ := filepath.Glob(filepath.Join(v.dir, ".local/state/acsync/*.witness"))
	for _, path := range list {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		kept[".witness"] = content
	}
	return kept
}

func (v *victim) putBack(t *testing.T, kept map[string][]byte, endings []string) {
	t.Helper()
	for _, ending := range endings {
		path := filepath.Join(v.dir, "acsync.db"+ending)
		if kept[ending] == nil {
			_ = os.Remove(path)
		} else if err := os.WriteFile(path, kept[ending], 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// settled is the number of requests when those of a killed process have all arrived.
func (v *victim) settled() int {
	for n := -1; ; time.Sleep(200 * time.Millisecond) {
		if now := len(v.stand.Requests()); now == n {
			return n
		} else {
			n = now
		}
	}
}

// restore puts a copy back and lets a pass meet it. Without the secret the fence tells, or the witness where
// the fence is put back as well; then all is put back as it was.
func (v *victim) restore(t *testing.T, copied map[string][]byte, endings []string) {
	t.Helper()
	last, before := v.left[len(v.left)-1], v.settled()
	v.putBack(t, copied, endings)
	c := v.command("run", "--json")
	out, _ := c.CombinedOutput()
	if c.ProcessState.ExitCode() != 14 {
		// Each pass since was killed before it had sealed its opening, and so before it sent anything.
		seal := ".fence"
		if len(endings) > 1 {
			seal = ".witness"
		}
		unsealed := bytes.Equal(copied[seal], last[seal])
		if !bytes.Equal(copied[""], last[""]) && !unsealed && !v.secret {
			t.Errorf("a pass of a copy ends with exit code %d\n%s", c.ProcessState.ExitCode(), out)
		}
		return // nothing was sent since the copy
	}
	v.refused++
	if sent := len(v.stand.Requests()) - before; sent > 0 {
		t.Errorf("%d requests were made by a pass that was refused", sent)
	}
	if !v.secret {
		v.putBack(t, last, besides[len(besides)-1])
		return
	}
	if out, err := v.command("ledger", "rebuild").CombinedOutput(); err != nil {
		t.Errorf("rebuild: %v\n%s", err, out)
	}
}

// finish lets a pass come to its end, and compares the receiver, the ledger and the report.
func (v *victim) finish(t *testing.T) tally {
	t.Helper()
	shown := v.complete(t)
	for n := 0; v.secret && shown > 0 && n < killWitnesses; n++ {
		shown = v.witness(t)
	}
	v.check(t)
	v.wantStatus(t, shown)
	ledger := v.open(t)
	defer ledger.Close()
	doubtful, err := ledger.Waiting(0, store.InDoubt)
	if err != nil {
		t.Fatal(err)
	}
	if most := killInFlight * v.kills; len(doubtful) > most {
		t.Errorf("%d are in doubt after %d kills, which leave at most %d", len(doubtful), v.kills, most)
	}
	if shown != len(doubtful) {
		t.Errorf("the report shows %d in doubt, the ledger has %d", shown, len(doubtful))
	}
	if v.secret && shown > 0 {
		t.Errorf("%d stay in doubt, although Agent Connect's data show later requests", shown)
	}
	return v.compare(t, ledger)
}

// witness lets one more conversation be asked about, so that the data show a request that is later than what is in doubt,
// and tells how many are in doubt in the pass after that.
func (v *victim) witness(t *testing.T) (doubts int) {
	t.Helper()
	c, customer := newConversation(time.Now().Add(-4 * time.Minute)) // sync.settle has passed
	v.stand.Put(sandbox.Records{Conversations: []sandbox.Conversation{c}, Customers: []sandbox.Customer{customer}})
	v.complete(t)
	time.Sleep(killVerify + time.Second) // the ledger keeps whole seconds
	return v.complete(t)
}

// wantStatus compares what status shows.
func (v *victim) wantStatus(t *testing.T, doubts int) {
	t.Helper()
	out, err := v.command("status", "--json").Output()
	var status struct {
		Counts map[string]int `json:"counts"`
	}
	if err = errors.Join(err, json.Unmarshal(out, &status)); err != nil {
		t.Fatalf("status: %v\n%s", err, out)
	}
	if got := status.Counts["in_doubt"]; got != doubts {
		t.Errorf("status shows %d in doubt, the last pass %d", got, doubts)
	}
}

// complete runs to the end, and tells how many the report shows in doubt.
func (v *victim) complete(t *testing.T) (doubts int) {
	t.Helper()
	out, err := v.command("run", "--json").Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() != 3 {
		t.Fatalf("the last pass ended with exit code %d\n%s", exit.ExitCode(), exit.Stderr)
	}
	var report struct {
		InDoubt   int `json:"in_doubt"`
		Scheduled int `json:"scheduled"`
		Retry     int `json:"retry"`
	}
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatalf("the last pass printed %q: %v", out, err)
	}
	if report.Scheduled+report.Retry > 0 {
		t.Errorf("the last pass left something to do: %+v", report)
	}
	return report.InDoubt
}

// compare holds each conversation of the ledger's time against the truth.
func (v *victim) compare(t *testing.T, ledger seen) (sum tally) {
	t.Helper()
	accepted := map[string]int{}
	for _, request := range v.stand.Requests() {
		if request.Accepted() {
			accepted[request.ExtInteractionID]++
		}
	}
	for id, times := range accepted {
		if times > 1 {
			t.Errorf("%s was accepted %d times", id, times)
		}
	}
	earlier := map[string]bool{} // asked about before there was a ledger, which a rebuild learns
	for _, c := range v.stand.Earlier() {
		earlier[c.ID] = true
	}
	for _, c := range v.due() {
		key := store.Key{Conversation: c.ID}
		known, err := ledger.Lookup([]store.Key{key})
		if err != nil {
			t.Fatal(err)
		}
		sum.due++
		sum.accepted += accepted[c.ID]
		if reason := known[key].Reason; reason == "verified" || known[key].Attempts > 1 {
			sum.settled++
		}
		switch state, times := known[key].State, accepted[c.ID]; {
		case state == store.InDoubt:
			sum.doubts++
			sum.received += times
		case state == store.Accepted && times == 1, state == store.Rejected && times == 0:
		case earlier[c.ID] && known[key].Reason == store.ReasonRebuilt && times == 0:
		default:
			t.Errorf("%s (%s) is %s in the ledger (%+v), and was accepted %d times", c.ID, c.Kind, state, known[key], times)
		}
	}
	return sum
}

// due are the conversations that a survey request is due for, a little away from the ends of the time that was read.
func (v *victim) due() []sandbox.Conversation {
	all := v.stand.Conversations(v.start(), v.now.Add(-5*time.Minute))
	return slices.DeleteFunc(all, func(c sandbox.Conversation) bool { return c.Expect != sandbox.Send })
}
