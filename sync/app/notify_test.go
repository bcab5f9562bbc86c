package app

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/sync/config"
	"acsync/sync/sandbox"
)

// told is a job that tells others of its passes, with who hears of them.
type told struct {
	t     *testing.T
	dir   string
	stand *sandbox.Sandbox
	env   []string
	errs  string // of the last command
	out   string

	mu    sync.Mutex
	pings []string // paths behind that of the check
	texts []string // of the webhook
}

func newTold(t *testing.T) *told {
	now := time.Now().UTC().Add(time.Minute)
	stand, err := sandbox.Start(sandbox.Options{PerHour: 4, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	j := &told{t: t, dir: t.TempDir(), stand: stand}
	listener := httptest.NewServer(http.HandlerFunc(j.hear))
	t.Cleanup(func() {
		listener.Close()
		if err := stand.Close(); err != nil {
			t.Error(err)
		}
	})
	text := fmt.Sprintf("[kustomer]\norg = \"sandbox\"\nbase_url = %q\nrequests_per_minute = 60000\n"+
		"searches_per_minute = 60000\n[agent_connect]\nbase_url = %q\nrequests_per_minute = 60000\n"+
		"[mapping.channels]\nkiosk = \"chat\"\n[notify]\nprometheus_textfile = \"acsync.prom\"\n",
		stand.KustomerURL(), stand.AgentConnectURL())
	if err := os.WriteFile(j.path("config.toml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	j.env = []string{
		"HOME=" + j.dir, "XDG_CACHE_HOME=" + j.dir, "KUSTOMER_API_KEY=" + stand.KustomerKey(),
		"AGENT_CONNECT_API_KEY=" + stand.AgentConnectKey(),
		"AGENT_CONNECT_TEST_API_KEY=" + stand.AgentConnectTestKey(),
		"ACSYNC_NOTIFY_HEALTHCHECK_URL=" + listener.URL + "/ping-s3cret",
		"ACSYNC_NOTIFY_WEBHOOK_URL=" + listener.URL + "/hook-s3cret",
	}
	return j
}

func (j *told) path(name string) string { return filepath.Join(j.dir, name) }

func (j *told) hear(_ http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	Leaks.Look("a call of "+r.URL.Path, string(body))
	j.mu.Lock()
	defer j.mu.Unlock()
	if path, ok := strings.CutPrefix(r.URL.Path, "/ping-s3cret"); ok {
		j.pings = append(j.pings, path)
	} else {
		j.texts = append(j.texts, string(body))
	}
}

// run carries out a command, with more variables, and says with which code it ended.
func (j *told) run(command string, more ...string) (code int) {
	j.t.Helper()
	var out, errs bytes.Buffer
	args := strings.Fields("acsync " + command)
	if !strings.Contains(command, "--sandbox") {
		args = append(args, "--config", j.path("config.toml"))
	}
	code = App{}.Run(j.t.Context(), args, slices.Concat(j.env, more), nil, &out, &errs)
	j.out, j.errs = out.String(), errs.String()
	if strings.Contains(j.out+j.errs, "s3cret") {
		j.t.Errorf("%s shows the address:\n%s%s", command, j.out, j.errs)
	}
	return code
}

// hears holds what was told since it was asked last: the paths of the check, and kinds of messages.
func (j *told) hears(what, pings string, texts ...string) {
	j.t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	if diff := cmp.Diff(pings, strings.Join(j.pings, " ")); diff != "" {
		j.t.Errorf("%s: the health check heard (-want +got)\n%s%s", what, diff, j.errs)
	}
	if len(texts) != len(j.texts) {
		j.t.Errorf("%s: the webhook heard %q, want %q", what, j.texts, texts)
	}
	for i, text := range j.texts[:min(len(texts), len(j.texts))] {
		if !strings.Contains(text, texts[i]) {
			j.t.Errorf("%s: the webhook heard %s, want %q", what, text, texts[i])
		}
	}
	j.pings, j.texts = nil, nil
}

// figure is a figure of the textfile; -1 for none.
func (j *told) figure(name string) (value float64) {
	j.t.Helper()
	text, err := os.ReadFile(j.path("acsync.prom"))
	if err != nil {
		j.t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^acsync_` + regexp.QuoteMeta(name) + ` (\S+)$`).FindSubmatch(text)
	if line == nil {
		return -1
	}
	if _, err := fmt.Sscan(string(line[1]), &value); err != nil {
		j.t.Fatal(err)
	}
	return value
}

// TestPassesAreTold plays a job from its first pass to a lost ledger, and holds who hears what of it.
func TestPassesAreTold(t *testing.T) {
	j := newTold(t)
	if code := j.run("run"); code != 10 {
		t.Fatalf("exit %d: %s", code, j.errs)
	}
	j.hears("without a ledger", "/10", "failing: exit 10")
	j.run("run")
	j.hears("still without", "/10")
	j.run("init --start " + j.stand.Start().Format(time.RFC3339))
	j.run("run --dry-run")
	j.run("rehearse")
	j.hears("what sends nothing", "")
	if code := j.run("run"); code != 0 && code != 3 {
		t.Fatalf("exit %d: %s", code, j.errs)
	}
	j.hears("the first pass", "/start ", "recovered")
	for name, most := range map[string]float64{
		`pass_conversations{disposition="accepted",mode="run",tenant="sandbox"}`: 1e6,
		`pass_calls{mode="run",service="agent_connect",tenant="sandbox"}`:        1e6,
		`last_success_timestamp_seconds{mode="run",tenant="sandbox"}`:            1e12,
		`ledger_size_bytes{tenant="sandbox"}`:                                    1e9,
		`checkpoint_age_seconds{tenant="sandbox"}`:                               3600,
	} {
		if value := j.figure(name); value <= 0 || value > most {
			t.Errorf("%s is %v", name, value)
		}
	}
	for _, light := range []string{"checkpoint", "last_pass", "in_doubt", "backup"} {
		if level := j.figure(`light{light="` + light + `",tenant="sandbox"}`); level < 0 || level > 2 {
			t.Errorf("the light %s is %v", light, level)
		}
	}
	before := j.figure(`last_success_timestamp_seconds{mode="run",tenant="sandbox"}`)
	j.run("run")
	j.hears("the second pass", "/start ")
	for range 2 {
		if code := j.run("run", "KUSTOMER_API_KEY=wrong"); code != 4 {
			t.Fatalf("exit %d: %s", code, j.errs)
		}
	}
	j.mu.Lock()
	pings := strings.Count(strings.Join(j.pings, " "), "/4")
	j.pings = nil
	j.mu.Unlock()
	if pings != 2 {
		t.Errorf("the health check heard of %d passes with wrong keys", pings)
	}
	j.hears("wrong keys", "", "failing: exit 4, credentials refused")
	if code := j.figure(`last_exit_code{mode="run",tenant="sandbox"}`); code != 4 {
		t.Errorf("the figures have exit %v", code)
	}
	if after := j.figure(`last_success_timestamp_seconds{mode="run",tenant="sandbox"}`); after < before {
		t.Errorf("the last success was at %v, and is at %v", before, after)
	}
	j.run("run")
	j.hears("right again", "/start ", "recovered")

	from := j.stand.Start().Format(time.RFC3339)
	if code := j.run("backfill --from " + from + " --to now"); code != 0 && code != 3 {
		t.Errorf("exit %d: %s", code, j.errs)
	}
	j.hears("a back-fill", "")
	if j.figure(`last_exit_code{mode="backfill",tenant="sandbox"}`) < 0 {
		t.Error("the figures have no back-fill")
	}
}

// TestNobodyIsThere holds that a pass is the same where nobody can be told of it, but for a warning each.
func TestNobodyIsThere(t *testing.T) {
	j := newTold(t)
	j.run("init --start " + j.stand.Start().Format(time.RFC3339))
	want := j.run("run --dry-run")
	nobody := httptest.NewServer(nil)
	nobody.Close()
	code := j.run("run", "ACSYNC_NOTIFY_HEALTHCHECK_URL="+nobody.URL+"/s3cret", "ACSYNC_NOTIFY_WEBHOOK_URL="+nobody.URL+"/s3cret")
	if code != want && code != 3 {
		t.Errorf("exit %d, want %d: %s", code, want, j.errs)
	}
	if warnings := strings.Count(j.errs, "the pass itself is not touched"); warnings != 1 || !strings.Contains(j.errs, "the health check was not told") {
		t.Errorf("%d warnings, want one:\n%s", warnings, j.errs)
	}
	code = j.run("run", "KUSTOMER_API_KEY=wrong", "ACSYNC_NOTIFY_WEBHOOK_URL="+nobody.URL+"/s3cret")
	if code != 4 || !strings.Contains(j.errs, "the webhook did not take 1 of 1 messages") {
		t.Errorf("exit %d: %s", code, j.errs)
	}
}

// TestTextfileIsTriedFirst holds that nothing is sent by a pass whose figures could not be written.
func TestTextfileIsTriedFirst(t *testing.T) {
	j := newTold(t)
	j.run("init --start " + j.stand.Start().Format(time.RFC3339))
	code := j.run("run", "ACSYNC_NOTIFY_PROMETHEUS_TEXTFILE=gone/acsync.prom")
	if code != 12 || !strings.Contains(j.errs, "notify.prometheus_textfile") || !strings.Contains(j.errs, "nothing was done") {
		t.Errorf("exit %d: %s", code, j.errs)
	}
	j.hears("a file that cannot be", "")
	if n := len(j.stand.Requests()); n != 0 {
		t.Errorf("%d survey requests were sent", n)
	}
}

// TestSandboxTellsNobody holds that a demonstration tells somebody only where that was asked for by name.
func TestSandboxTellsNobody(t *testing.T) {
	j := newTold(t)
	if code := j.run("run --sandbox --max 1"); code != 0 && code != 3 {
		t.Fatalf("exit %d: %s", code, j.errs)
	}
	j.hears("the sandbox", "")
	j.run("run --sandbox --max 1", "ACSYNC_NOTIFY_SANDBOX=true")
	j.hears("the sandbox that was asked to", "/start ")
}

// TestManualHasWhoIsTold compares the manual with the keys of the section and the figures that are written.
func TestManualHasWhoIsTold(t *testing.T) {
	part := topic(t, "monitoring")
	for field := range reflect.TypeFor[config.Notify]().Fields() {
		if key := field.Tag.Get("toml"); !strings.Contains(part, key) {
			t.Errorf("the manual lacks notify.%s", key)
		}
	}
	j := newTold(t)
	j.run("init --start " + j.stand.Start().Format(time.RFC3339))
	j.run("run")
	text, err := os.ReadFile(j.path("acsync.prom"))
	if err != nil {
		t.Fatal(err)
	}
	names := func(text string, form string) (list []string) {
		for _, found := range regexp.MustCompile(form).FindAllStringSubmatch(text, -1) {
			list = append(list, found[1])
		}
		slices.Sort(list)
		return slices.Compact(list)
	}
	written, told := names(string(text), "(?m)^(acsync_[a-z_]+)"), names(part, "`(acsync_[a-z_]+)`")
	if diff := cmp.Diff(written, told); diff != "" {
		t.Errorf("figures, written - and in the manual +:\n%s", diff)
	}
}
