//go:build unix

package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"acsync/sync/sandbox"
)

// witnessed is a victim whose Agent Connect shows its data as a test wants it to.
type witnessed struct {
	*victim
	mu   sync.Mutex
	data func(r *http.Request) sandbox.Fault // nil: as they are
	post func() sandbox.Fault                // of each survey request; nil: none
	read chan struct{}                       // told of each call for data
}

// set changes how the data are shown from now on.
func (w *witnessed) set(data func(*http.Request) sandbox.Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.data = data
}

func (w *witnessed) hook(r *http.Request) sandbox.Fault {
	w.mu.Lock()
	post := w.post
	w.mu.Unlock()
	if r.Method == http.MethodPost && post != nil {
		return post()
	}
	if !strings.HasPrefix(r.URL.Path, "/v2/data") {
		return sandbox.Fault{}
	}
	select {
	case w.read <- struct{}{}:
	default:
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.data == nil {
		return sandbox.Fault{}
	}
	return w.data(r)
}

func newWitnessed(t *testing.T, program string) *witnessed {
	t.Helper()
	w := &witnessed{victim: &victim{program: program, dir: t.TempDir(), now: time.Now(), secret: true}, read: make(chan struct{}, 1)}
	var err error
	w.stand, err = sandbox.Start(sandbox.Options{
		PerHour: amount(70, 0), Busy: time.Duration(amount(1, 3)) * time.Hour, Now: time.Now, RequestsPerMinute: 1_000_000, KustomerPerMinute: 1_000_000, SearchesPerMinute: 1_000_000, DataPerMinute: 1_000_000,
		Faults: sandbox.Faults{AgentConnect: sandbox.ServiceFaults{Hook: w.hook}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.stand.Close(); err != nil {
			t.Error(err)
		}
	})
	w.write(t, "config.toml", fmt.Sprintf("[kustomer]\norg = \"sandbox\"\nbase_url = %q\napi_key = %q\nrequests_per_minute = 60000\n"+
		"searches_per_minute = 60000\n[agent_connect]\nbase_url = %q\napi_key = %q\nrequests_per_minute = 60000\nverify_after = \"1s\"\n[sync]\nmax_error_rate = 1.0\n"+
		"[ledger]\nwitness = \"off\"\n", // what Agent Connect's data tell is to be seen
		w.stand.KustomerURL(), w.stand.KustomerKey(), w.stand.AgentConnectURL(), w.stand.AgentConnectKey()))
	w.want(t, 0, "init", "--start", w.start().Format(time.RFC3339))
	return w
}

func (w *witnessed) write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// well stands for the exit codes of a pass that has done its work: some are rejected by the stand-in, or
// none.
const well = -1

// want runs a command that has to end with an exit code, and gives what it says.
func (w *witnessed) want(t *testing.T, code int, name string, flags ...string) string {
	t.Helper()
	c := w.command(name, flags...)
	c.Env = append(c.Env, "AGENT_CONNECT_API_SECRET="+w.stand.AgentConnectSecret())
	out, _ := c.CombinedOutput()
	if got := c.ProcessState.ExitCode(); got != code && (code != well || got != 0 && got != 3) {
		t.Errorf("%s %s: exit code %d, want %d\n%s", name, strings.Join(flags, " "), got, code, out)
	}
	return string(out)
}

// refuses lets passes of every kind meet the ledger: each says no, and nothing is sent.
func (w *witnessed) refuses(t *testing.T) {
	t.Helper()
	before := len(w.stand.Requests())
	for _, command := range [][]string{{"run"}, {"run", "--dry-run"}, {"backfill", "--from", "2h ago", "--to", "1h ago"}, {"run", "--max", "1"}} {
		if said := w.want(t, 14, command[0], command[1:]...); !strings.Contains(said, "acsync ledger rebuild") {
			t.Errorf("%v does not name the rebuild: %s", command, said)
		}
	}
	if sent := len(w.stand.Requests()) - before; sent > 0 {
		t.Errorf("%d requests were made of a ledger that is refused", sent)
	}
}

// none fails when somebody was asked twice.
func (w *witnessed) noneTwice(t *testing.T) {
	t.Helper()
	times := map[string]int{}
	for _, r := range w.stand.Requests() {
		if r.Accepted() {
			if times[r.ExtInteractionID]++; times[r.ExtInteractionID] > 1 {
				t.Errorf("%s was asked %d times", r.ExtInteractionID, times[r.ExtInteractionID])
			}
		}
	}
	if len(times) < amount(35, 100) {
		t.Errorf("only %d were asked at all", len(times))
	}
}

// rolledBack gives a ledger that knows of five, where 100 and more were asked, put back with these endings.
func (w *witnessed) rollBack(t *testing.T, endings []string) {
	t.Helper()
	w.want(t, well, "run", "--max", "5")
	copied := w.files(t)
	w.want(t, well, "run")
	w.putBack(t, copied, endings)
}

// TestRebuildThatFails lets a rebuild end in every way but well: what made it needless is given up only when
// it has succeeded.
func TestRebuildThatFails(t *testing.T) {
	t.Parallel()
	program := build(t)
	status := func(code int, body string) func(*http.Request) sandbox.Fault {
		return func(*http.Request) sandbox.Fault { return sandbox.Fault{Status: code, Body: body} }
	}
	for name, half := range map[string]func(t *testing.T, w *witnessed){
		"a typing error": func(t *testing.T, w *witnessed) { w.want(t, 12, "ledger", "rebuild", "--since", "nonsense") },
		"a time that is too late": func(t *testing.T, w *witnessed) {
			if said := w.want(t, 12, "ledger", "rebuild", "--since", "now"); !strings.Contains(said, "leave --since out") {
				t.Errorf("it says %s", said)
			}
		},
		"no secret": func(t *testing.T, w *witnessed) {
			c := w.command("ledger", "rebuild")
			if out, _ := c.CombinedOutput(); c.ProcessState.ExitCode() != 12 {
				t.Errorf("without the secret: %s", out)
			}
		},
		"refused": func(t *testing.T, w *witnessed) {
			w.set(status(401, ""))
			w.want(t, 4, "ledger", "rebuild")
		},
		"no list": func(t *testing.T, w *witnessed) {
			w.set(status(200, `{"message":"maintenance"}`))
			w.want(t, 1, "ledger", "rebuild")
		},
		"data that lag": func(t *testing.T, w *witnessed) {
			w.set(status(200, `[]`))
			if said := w.want(t, 14, "ledger", "rebuild"); !strings.Contains(said, "may not show so soon") {
				t.Errorf("it says %s", said)
			}
		},
		"data that show a part": func(t *testing.T, w *witnessed) {
			w.set(func(r *http.Request) sandbox.Fault {
				if r.URL.Query().Get("after") == "" {
					return sandbox.Fault{}
				}
				return sandbox.Fault{Status: 403} // behind the first page
			})
			w.want(t, 4, "ledger", "rebuild")
		},
		"killed": func(t *testing.T, w *witnessed) { w.stopped(t, syscall.SIGKILL) },
		"data that do not tell whom they are about": func(t *testing.T, w *witnessed) {
			info := w.stand.Requests()[len(w.stand.Requests())-1].CustomProperties["acsync_intent"]
			w.set(func(r *http.Request) sandbox.Fault {
				if r.URL.Query().Get("after") != "" {
					return sandbox.Fault{Status: 200, Body: "[]"}
				}
				return sandbox.Fault{Status: 200, Body: fmt.Sprintf(
					`[{"uuid":"u","sequence_id":1,"ext_interaction_id":null,"custom_properties":{"acsync_intent":%q},"request_created_at":%q}]`,
					info, time.Now().UTC().Format(time.RFC3339))}
			})
			w.want(t, 14, "ledger", "rebuild")
		},
		"SIGINT":  func(t *testing.T, w *witnessed) { w.stopped(t, os.Interrupt) },
		"SIGTERM": func(t *testing.T, w *witnessed) { w.stopped(t, syscall.SIGTERM) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWitnessed(t, program)
			w.rollBack(t, []string{""})
			w.refuses(t)
			half(t, w)
			w.set(nil)
			w.refuses(t)
			w.want(t, 0, "ledger", "rebuild")
			w.want(t, 0, "ledger", "check")
			w.want(t, well, "run")
			w.noneTwice(t)
		})
	}
}

// stopped sends a signal to a rebuild that reads.
func (w *witnessed) stopped(t *testing.T, signal os.Signal) {
	t.Helper()
	w.stoppedAt(t, signal, func(*http.Request) bool { return true }, "ledger", "rebuild")
}

// stoppedAt sends a signal to a command when it has made a certain call for data.
func (w *witnessed) stoppedAt(t *testing.T, signal os.Signal, at func(*http.Request) bool, name string, flags ...string) {
	t.Helper()
	reached := make(chan struct{}, 1)
	w.set(func(r *http.Request) sandbox.Fault {
		if !at(r) {
			return sandbox.Fault{}
		}
		select {
		case reached <- struct{}{}:
		default:
		}
		return sandbox.Fault{Delay: time.Minute}
	})
	c := w.command(name, flags...)
	c.Env = append(c.Env, "AGENT_CONNECT_API_SECRET="+w.stand.AgentConnectSecret())
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	<-reached
	_ = c.Process.Signal(signal)
	_ = c.Wait()
	if c.ProcessState.Success() {
		t.Errorf("%s %v was stopped, and says that it succeeded", name, flags)
	}
}

// TestAdoptionThatFails lets init --adopt end in every way but well, among those whom another ledger has asked: either
// there is no ledger, or one that is refused until a rebuild has succeeded.
func TestAdoptionThatFails(t *testing.T) {
	t.Parallel()
	program := build(t)
	// The first call only finds out whether the data can be read.
	taking := func(r *http.Request) bool {
		since, err := time.Parse(time.RFC3339, r.URL.Query().Get("created_at_gte"))
		return err != nil || time.Since(since) > time.Hour
	}
	fails := func(at func(*http.Request) bool, status, code int) func(*testing.T, *witnessed) {
		return func(t *testing.T, w *witnessed) {
			w.set(func(r *http.Request) sandbox.Fault {
				if !at(r) {
					return sandbox.Fault{}
				}
				return sandbox.Fault{Status: status}
			})
			said := w.want(t, code, "init", "--adopt", "--since", "30d")
			if !strings.Contains(said, "acsync ledger rebuild --config config.toml --since 2") {
				t.Errorf("it says %s", said)
			}
		}
	}
	stopped := func(signal os.Signal) func(*testing.T, *witnessed) {
		return func(t *testing.T, w *witnessed) { w.stoppedAt(t, signal, taking, "init", "--adopt") }
	}
	second := func(r *http.Request) bool { return r.URL.Query().Get("after") != "" }
	for name, test := range map[string]struct {
		half func(t *testing.T, w *witnessed)
		none bool // there is no ledger afterwards
	}{
		"refused at once": {func(t *testing.T, w *witnessed) {
			w.set(func(*http.Request) sandbox.Fault { return sandbox.Fault{Status: 403} })
			w.want(t, 4, "init", "--adopt")
		}, true},
		"refused while taken": {fails(taking, 401, 4), false},
		"a server's failure":  {fails(second, 500, 5), false},
		"killed":              {stopped(syscall.SIGKILL), false},
		"SIGINT":              {stopped(os.Interrupt), false},
		"SIGTERM":             {stopped(syscall.SIGTERM), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWitnessed(t, program)
			w.want(t, well, "run")
			for _, ending := range []string{"", ".fence"} {
				if err := os.Rename(filepath.Join(w.dir, "acsync.db"+ending), filepath.Join(w.dir, "others.db"+ending)); err != nil {
					t.Fatal(err)
				}
			}
			test.half(t, w)
			w.set(nil)
			if test.none {
				w.want(t, 10, "run")
				w.want(t, 0, "init", "--adopt")
			} else {
				w.refuses(t)
				if said := w.want(t, 12, "init", "--adopt"); !strings.Contains(said, "acsync ledger rebuild") {
					t.Errorf("a second init says %s", said)
				}
				w.want(t, 0, "ledger", "rebuild")
			}
			w.want(t, 0, "ledger", "check")
			if said := w.want(t, well, "backfill", "--from", "3h ago", "--to", "now"); strings.Contains(said, "other means") {
				t.Errorf("a back-fill over what was adopted says %s", said)
			}
			w.noneTwice(t)
		})
	}
}

// TestPutBack puts the ledger back with all that could tell, as a snapshot of the folder does: Agent
// Connect's data tell, and where they cannot be had nothing is sent.
func TestPutBack(t *testing.T) {
	t.Parallel()
	w := newWitnessed(t, build(t))
	w.rollBack(t, besides[2])
	w.refuses(t)
	w.set(func(*http.Request) sandbox.Fault { return sandbox.Fault{Status: 403} })
	w.want(t, 4, "run") // what cannot be held against the data sends nothing
	w.set(nil)
	w.refuses(t)
	w.want(t, 0, "ledger", "rebuild")
	w.want(t, well, "run")
	w.noneTwice(t)
	w.want(t, 12, "resolve", "--accept", "--id", "6716500fa1b2c3d4e5ffffff") // nothing waits under it
}

// TestAcceptRestored takes a ledger as it is, on the operator's word: then passes go on, and do not ask
// whoever is known.
func TestAcceptRestored(t *testing.T) {
	t.Parallel()
	w := newWitnessed(t, build(t))
	w.rollBack(t, besides[1])
	w.refuses(t)
	w.want(t, 0, "ledger", "check", "--accept-restored")
	w.want(t, well, "run")
	w.want(t, well, "run")
	times := map[string]int{}
	for _, r := range w.stand.Requests() {
		times[r.CustomProperties["acsync_intent"]]++
	}
	for stamp, n := range times {
		if n > 1 {
			t.Errorf("the number in %s was given %d times", stamp, n)
		}
	}
}

// TestOtherKey goes on with the key of another account: refused, and settled by nothing that account says.
func TestOtherKey(t *testing.T) {
	t.Parallel()
	w := newWitnessed(t, build(t))
	w.want(t, well, "run", "--max", "5")
	config := w.config(t)
	before := len(w.stand.Requests())
	other := strings.ReplaceAll(config, w.stand.AgentConnectKey(), "another-key-0815")
	w.write(t, "config.toml", other)
	for _, command := range [][]string{{"run"}, {"run", "--dry-run"}, {"resolve"}, {"status"}, {"ledger", "rebuild"}, {"ledger", "check"}, {"ledger", "compact"}} {
		said := w.want(t, 14, command[0], command[1:]...)
		if !strings.Contains(said, "--accept-key") || strings.Contains(said, "0815") || strings.Contains(said, w.stand.AgentConnectKey()) {
			t.Errorf("%v says %s", command, said)
		}
	}
	if len(w.stand.Requests()) != before {
		t.Error("something was sent")
	}
	w.want(t, 0, "ledger", "check", "--accept-key")
	w.want(t, 4, "run") // it is no key of this account, says Agent Connect
	w.write(t, "config.toml", config)
	w.want(t, 14, "run")
	w.want(t, 0, "ledger", "check", "--accept-key")
	w.want(t, well, "run")
	w.noneTwice(t)
}

// TestEvidence loses the answer to one of six requests, which arrived, and shows data that seem to prove that
// it did not: nothing that this ledger knows better is believed, and the very stamp of the request is,
// whatever else its row says.
func TestEvidence(t *testing.T) {
	t.Parallel()
	w := newWitnessed(t, build(t))
	var posts atomic.Int64
	w.mu.Lock()
	w.post = func() sandbox.Fault {
		if posts.Add(1) > 1 {
			return sandbox.Fault{}
		}
		for posts.Load() < 6 { // all the others are begun before the doubt arises
			time.Sleep(10 * time.Millisecond)
		}
		return sandbox.Fault{Processed: true, Break: true}
	}
	w.mu.Unlock()
	w.want(t, 3, "run", "--max", "6")
	lost := w.stand.Requests()[0]
	status := w.want(t, 0, "status")
	for _, r := range w.stand.Requests() {
		if strings.Contains(status, r.ExtInteractionID+"  no_answer") {
			lost = r
		}
	}
	if !strings.Contains(status, lost.ExtInteractionID) {
		t.Fatalf("status does not name what is in doubt: %s", status)
	}
	others := func(ahead time.Duration, more ...map[string]any) func(*http.Request) sandbox.Fault {
		var rows []map[string]any
		for i, r := range w.stand.Requests() {
			if r.ExtInteractionID == lost.ExtInteractionID || !r.Accepted() {
				continue
			}
			rows = append(rows, map[string]any{
				"uuid": r.UUID, "sequence_id": i + 1, "ext_interaction_id": r.ExtInteractionID, "custom_properties": r.CustomProperties,
				"request_created_at": r.At.Add(ahead).Format(time.RFC3339Nano),
			})
		}
		rows = append(rows, more...)
		return func(r *http.Request) sandbox.Fault {
			if r.URL.Query().Get("after") != "" {
				return sandbox.Fault{Status: 200, Body: "[]"}
			}
			body, _ := json.Marshal(rows) // of text and numbers
			return sandbox.Fault{Status: 200, Body: string(body)}
		}
	}
	time.Sleep(1100 * time.Millisecond) // verify_after
	for name, ahead := range map[string]time.Duration{"a clock that agrees": 0, "a clock that is ahead": 10 * time.Second, "one from the future": 80 * 365 * 24 * time.Hour} {
		w.set(others(ahead))
		if said := w.want(t, 3, "resolve"); !strings.Contains(said, "stays in doubt") {
			t.Errorf("%s: resolve says %s", name, said)
		}
	}
	w.set(others(0, map[string]any{
		"uuid": "u", "sequence_id": 99, "ext_interaction_id": lost.ExtInteractionID, "parent_uuid": "p", "is_recovery": true,
		"custom_properties":  map[string]string{"acsync_intent": strings.ToUpper(lost.CustomProperties["acsync_intent"])},
		"request_created_at": lost.At.Format(time.RFC3339Nano),
	}))
	if said := w.want(t, 0, "resolve"); !strings.Contains(said, "in doubt → accepted") {
		t.Errorf("its own stamp is not believed: %s", said)
	}
	w.set(nil)
	if said := w.want(t, 0, "resolve"); !strings.Contains(said, "Nothing is in doubt") {
		t.Errorf("resolve says %s", said)
	}
	w.want(t, well, "run")
	w.noneTwice(t)
}

// TestResolveUnanswered asks about a doubt when Agent Connect does not answer: that is said, with its exit
// code, and nobody is told to decide by hand.
func TestResolveUnanswered(t *testing.T) {
	t.Parallel()
	w := newWitnessed(t, build(t))
	w.mu.Lock()
	w.post = func() sandbox.Fault { return sandbox.Fault{Processed: true, Break: true} }
	w.mu.Unlock()
	w.want(t, 3, "run", "--max", "1")
	for status, code := range map[int]int{401: 4, 403: 4, 500: 5, 200: 5} {
		w.set(func(*http.Request) sandbox.Fault { return sandbox.Fault{Status: status, Body: "<html>"} })
		if said := w.want(t, code, "resolve"); !strings.Contains(said, "could not be asked") || strings.Contains(said, "--resend") {
			t.Errorf("status %d: %s", status, said)
		}
	}
	w.set(func(*http.Request) sandbox.Fault { return sandbox.Fault{Status: 200, Body: "[]"} })
	w.write(t, "later.toml", strings.Replace(w.config(t), `verify_after = "1s"`, `verify_after = "1h"`, 1))
	if said := w.want(t, 3, "resolve", "--config", "later.toml"); !regexp.MustCompile(`need\s+not\s+show\s+it\s+before`).MatchString(said) || strings.Contains(said, "--resend") {
		t.Errorf("too early: %s", said)
	}
}

// config is the victim's configuration.
func (w *witnessed) config(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(w.dir, "config.toml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// TestRebuildOfAnImport fills a new ledger from an export, because the old one is lost, and lets the rebuild
// fail: what the export does not know of would be asked again, and is refused until the rebuild has
// succeeded.
func TestRebuildOfAnImport(t *testing.T) {
	t.Parallel()
	w := newWitnessed(t, build(t))
	w.want(t, well, "run", "--max", "5")
	w.want(t, 0, "ledger", "export", "--out", "old.jsonl")
	w.want(t, well, "run")
	for _, ending := range besides[2] {
		_ = os.Remove(filepath.Join(w.dir, "acsync.db"+ending))
	}
	w.want(t, 0, "init", "--start", w.start().Format(time.RFC3339))
	w.want(t, 0, "ledger", "import", "--in", "old.jsonl")
	w.set(func(*http.Request) sandbox.Fault { return sandbox.Fault{Status: 500} })
	w.want(t, 5, "ledger", "rebuild")
	w.set(nil)
	w.refuses(t)
	w.want(t, 0, "ledger", "rebuild")
	w.want(t, well, "run", "--confirm-first-run", "1000")
	w.noneTwice(t)
}

// TestRebuildOfWhatIsGone has Agent Connect show fewer than the fence has counted, for good: the operator's
// word ends that, and the rest is known all the same.
func TestRebuildOfWhatIsGone(t *testing.T) {
	t.Parallel()
	w := newWitnessed(t, build(t))
	w.mu.Lock()
	w.post = func() sandbox.Fault { return sandbox.Fault{Break: true} } // it does not arrive
	w.mu.Unlock()
	w.want(t, well, "run", "--max", "1")
	w.want(t, 0, "resolve", "--accept", "--all")
	w.mu.Lock()
	w.post = nil
	w.mu.Unlock()
	copied := w.files(t)
	w.want(t, well, "run", "--max", "3")
	w.mu.Lock()
	w.post = func() sandbox.Fault { return sandbox.Fault{Break: true} }
	w.mu.Unlock()
	w.want(t, well, "run", "--max", "1")
	w.want(t, 0, "resolve", "--accept", "--all")
	w.putBack(t, copied, besides[0])
	if said := w.want(t, 14, "ledger", "rebuild"); !strings.Contains(said, "--accept-missing") {
		t.Errorf("it does not say how to go on: %s", said)
	}
	w.refuses(t)
	w.mu.Lock()
	w.post = nil
	w.mu.Unlock()
	w.want(t, 0, "ledger", "rebuild", "--accept-missing")
	w.want(t, well, "run")
	w.noneTwice(t)
}
