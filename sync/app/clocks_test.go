package app_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
	"acsync/store/bolt"
	"acsync/sync/sandbox"
)

// pretender stands before the stand-in of Kustomer, and tells times otherwise.
type pretender struct {
	mu     sync.Mutex
	date   func(time.Time) string // of an answer; nil: as it is
	blur   time.Duration          // how far each reading of a resolution is off at most
	random *rand.Rand
}

// pretending is a zoo without a ledger, whose Kustomer is a pretender. It has no API secret, because Agent
// Connect's data are refused to a machine whose clock is days away from the stand-in's.
func pretending(t *testing.T, settings string) (*zoo, *pretender) {
	t.Helper()
	z := &zoo{now: time.Date(2026, 11, 23, 23, 30, 0, 0, time.UTC), dir: t.TempDir()}
	p := &pretender{random: rand.New(rand.NewPCG(1, 2))}
	var err error
	if z.stand, err = sandbox.Start(sandbox.Options{PerHour: 40, Now: z.clock}); err != nil {
		t.Fatal(err)
	}
	target, err := url.Parse(z.stand.KustomerURL())
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Header.Del("Accept-Encoding")
		},
		ErrorLog:       log.New(io.Discard, "", 0),
		ModifyResponse: func(r *http.Response) error { return p.pretend(r, z.clock()) },
	})
	t.Cleanup(func() {
		front.Close()
		if err := z.stand.Close(); err != nil {
			t.Error(err)
		}
	})
	z.configure(t, z.stand.Org())
	path := filepath.Join(z.dir, "config.toml")
	config := strings.Replace(string(z.read(t, path)), z.stand.KustomerURL(), front.URL, 1)
	config = regexp.MustCompile(`(?m)^api_secret = .*\n`).ReplaceAllString(config, "")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	z.adds(t, settings)
	return z, p
}

// dates sets what the Date header of an answer says at a time; nil leaves it as it is.
func (p *pretender) dates(date func(time.Time) string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.date = date
}

// blurs sets how far each reading of a resolution is off at most.
func (p *pretender) blurs(blur time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.blur = blur
}

func (p *pretender) pretend(r *http.Response, now time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.date != nil {
		r.Header.Set("Date", p.date(now))
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	var whole any
	if p.blur > 0 && json.Unmarshal(body, &whole) == nil {
		p.tell(whole)
		if body, err = json.Marshal(whole); err != nil {
			return err
		}
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	r.Header.Set("Content-Length", strconv.Itoa(len(body)))
	return nil
}

// tell puts every resolution in an answer a little off.
func (p *pretender) tell(v any) {
	switch v := v.(type) {
	case []any:
		for _, each := range v {
			p.tell(each)
		}
	case map[string]any:
		if done, ok := v["lastDone"].(map[string]any); ok {
			if at, err := time.Parse(time.RFC3339, done["createdAt"].(string)); err == nil {
				off := time.Duration(p.random.Int64N(int64(2*p.blur/time.Millisecond)))*time.Millisecond - p.blur
				done["createdAt"] = at.Add(off).Format("2006-01-02T15:04:05.000Z07:00")
			}
		}
		for _, each := range v {
			p.tell(each)
		}
	}
}

// adds adds to the zoo's configuration.
func (z *zoo) adds(t *testing.T, settings string) {
	t.Helper()
	path := filepath.Join(z.dir, "config.toml")
	if err := os.WriteFile(path, append(z.read(t, path), settings...), 0o600); err != nil {
		t.Fatal(err)
	}
}

// asked is whom the zoo's survey requests are about, in order.
func (z *zoo) asked() (ids []string) {
	for _, r := range z.stand.Requests() {
		ids = append(ids, r.ExtInteractionID)
	}
	slices.Sort(ids)
	return ids
}

// TestResolutionToldOtherwise goes through an evening and past midnight with all kinds of passes: with a
// Kustomer that tells each resolution up to 400 ms otherwise at each reading, the same customers are asked as
// with one that does not. Unless it is long, it reads again, and neither delays nor follows up.
func TestResolutionToldOtherwise(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, settings, later string }{
		{"read again", "[sync]\nsurvey_per = \"resolution\"\nrecheck_after = \"0s\"\n", ""},
		{"recoveries", "[sync]\nrecheck_after = \"0s\"\n", "[recovery]\nwhen = 'true'\n"}, // whoever was asked, and comes back
		{"delayed", "[sync]\nsurvey_per = \"resolution\"\ndelay = \"20m\"\n", ""},
	}[:amount(1, 3)] {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var asked [][]string
			for _, blur := range []time.Duration{0, 400 * time.Millisecond} {
				z, p := pretending(t, c.settings)
				p.blurs(blur)
				start := z.now
				for i, line := range []string{
					"init --start " + start.Add(-2*time.Hour).Format(time.RFC3339), "run --max 3", "run --max 2", "plan --out plan.json",
					"run --dry-run", "apply plan.json", "apply plan.json", "run --max 10", "run", "run",
					"backfill --from 2026-11-23 --to 2026-11-24 --max 5", "backfill --from 2026-11-23 --to 2026-11-24", "run", "run",
				} {
					if i == 7 {
						z.adds(t, c.later)
					}
					args := strings.Fields(strings.ReplaceAll(line, "plan.json", filepath.Join(z.dir, "plan.json")))
					if i >= 7 {
						z.set(start.Add(time.Duration(i-6) * 17 * time.Minute))
					}
					if code, said := z.run(args...); code != 0 && code != 3 {
						t.Fatalf("%s: exit code %d\n%s", line, code, said)
					}
				}
				asked = append(asked, z.asked())
			}
			if diff := cmp.Diff(asked[0], asked[1]); diff != "" || len(asked[0]) < 50 {
				t.Errorf("%d were asked; told alike -, otherwise each time +:\n%s", len(asked[0]), diff)
			}
		})
	}
}

// TestDateOfKustomer makes passes while Kustomer's Date header is wrong: by so little that they are made, or
// by all measure.
func TestDateOfKustomer(t *testing.T) {
	t.Parallel()
	z, p := pretending(t, "")
	off := func(d time.Duration) func(time.Time) string {
		return func(now time.Time) string { return now.Add(d).Format(http.TimeFormat) }
	}
	must := func(want int, args ...string) string {
		t.Helper()
		code, said := z.run(args...)
		if code != want && (want != 0 || code != 3) {
			t.Fatalf("%v: exit code %d, want %d\n%s", args, code, want, said)
		}
		return said
	}
	must(0, "init", "--start", z.now.Add(-time.Hour).Format(time.RFC3339))
	p.dates(off(4*time.Minute + 40*time.Second))
	must(0, "run")
	must(0, "backfill", "--from", z.now.Add(-2*time.Hour).Format(time.RFC3339), "--to", "now")
	if ledger, err := bolt.Open(z.ledger(), bolt.Options{ReadOnly: true}); err != nil {
		t.Fatal(err)
	} else if info, err := ledger.Info(); err != nil || info.Checkpoint.After(z.now.Add(-3*time.Minute)) || ledger.Close() != nil {
		t.Fatalf("the checkpoint is %s at %s (%v)", info.Checkpoint, z.now, err)
	}
	p.dates(nil)
	must(0, "run") // at once
	for date, want := range map[string]string{
		"Fri, 31 Dec 9999 23:59:59 GMT":                    "more than 290 years behind Kustomer's",
		"Tue, 02 Jan 0001 00:00:00 GMT":                    "more than 290 years ahead of Kustomer's",
		"Mon, 01 Jan 0001 00:00:00 GMT":                    "no Date header that tells the server's clock",
		z.now.Add(9 * time.Minute).Format(http.TimeFormat): "clock is 9m0s behind Kustomer's: here it is 2026-11-23T23:30:00.000Z, there 2026-11-23T23:39:00.000Z",
	} {
		p.dates(func(time.Time) string { return date })
		if said := must(1, "run"); !strings.Contains(said, want) || strings.Contains(said, "-2562047h") {
			t.Errorf("Date %s: it says %q", date, said)
		}
	}
	for _, id := range slices.Compact(z.asked()) {
		if n := len(slices.DeleteFunc(z.asked(), func(other string) bool { return other != id })); n != 1 {
			t.Errorf("%s was asked %d times", id, n)
		}
	}
}

// TestLedgerAhead follows what the program says when a clock was wrong once, and the checkpoint lies in the
// future: it waits, or makes the back-fill that is named. Nobody is asked twice, and nobody is passed over.
func TestLedgerAhead(t *testing.T) {
	t.Parallel()
	for ahead, want := range map[time.Duration]int{20 * time.Minute: 5, 5 * 24 * time.Hour: 14} {
		t.Run(ahead.String(), func(t *testing.T) {
			t.Parallel()
			z, _ := pretending(t, "")
			other, _ := pretending(t, "") // whose clock is never wrong
			for _, each := range []*zoo{z, other} {
				for _, line := range []string{"init --start " + z.now.Add(-time.Hour).Format(time.RFC3339), "run"} {
					if code, said := each.run(strings.Fields(line)...); code != 0 && code != 3 {
						t.Fatalf("%s: exit code %d\n%s", line, code, said)
					}
				}
			}
			until := z.now.Add(ahead)
			ledger, err := bolt.Open(z.ledger(), bolt.Options{})
			if err == nil {
				err = ledger.Commit(store.Batch{Checkpoint: until})
			}
			if err != nil || ledger.Close() != nil {
				t.Fatal(err)
			}
			sent, later := len(z.asked()), z.now.Add(15*time.Minute)
			z.set(later)
			var said string
			for _, line := range []string{"plan --out " + filepath.Join(z.dir, "p.json"), "run --dry-run", "run"} {
				var code int
				code, said = z.run(strings.Fields(line)...)
				if want == 5 { // a quarter of an hour before its time
					z.set(until.Add(-15 * time.Minute))
				}
				if code != want || len(z.asked()) != sent || strings.Contains(said, "copy") || !strings.Contains(said, until.Format("2006-01-02T15:04:05.000Z")) {
					t.Fatalf("%s: exit code %d\n%s", line, code, said)
				}
			}
			other.set(later.Add(25 * time.Minute))
			z.set(other.now)
			next := []string{"run"}
			if want == 14 {
				command := regexp.MustCompile(`acsync (backfill --config \S+ --from \S+ --to now)`).FindStringSubmatch(said)
				if command == nil {
					t.Fatalf("it names no back-fill: %s", said)
				}
				next = strings.Fields(command[1])
			}
			for range 2 {
				if code, said := z.run(next...); code != 0 && code != 3 {
					t.Fatalf("%v: exit code %d\n%s", next, code, said)
				}
			}
			if code, said := other.run("run"); code != 0 && code != 3 {
				t.Fatalf("exit code %d\n%s", code, said)
			}
			if diff := cmp.Diff(other.asked(), z.asked()); diff != "" || len(z.asked()) <= sent {
				t.Errorf("asked with a right clock -, after a wrong one +:\n%s", diff)
			}
		})
	}
}
