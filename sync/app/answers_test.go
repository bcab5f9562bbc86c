package app_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"acsync/sync/agentconnect"
	"acsync/sync/manual"
	"acsync/sync/sandbox"
)

// liar is a server in Agent Connect's place that speaks bytes. It keeps what it was asked to do, and does it.
type liar struct {
	stand  *sandbox.Sandbox
	dir    string
	mu     sync.Mutex
	bodies []string
}

// newLiar lets act have each connection; asked reads the next request from it, and is empty when there is
// none.
func newLiar(t *testing.T, act func(l *liar, conn net.Conn, asked func() string)) *liar {
	t.Helper()
	now := time.Now().UTC().Truncate(time.Second)
	stand, err := sandbox.Start(sandbox.Options{Busy: someBusy, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &liar{stand: stand, dir: t.TempDir()}
	var wg sync.WaitGroup
	t.Cleanup(func() {
		listener.Close()
		wg.Wait()
		if err := stand.Close(); err != nil {
			t.Error(err)
		}
	})
	wg.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer conn.Close()
				reader := bufio.NewReader(conn)
				act(l, conn, func() string { return l.next(reader) })
			})
		}
	})
	config := fmt.Sprintf("[kustomer]\norg = \"sandbox\"\nbase_url = %q\napi_key = %q\nrequests_per_minute = 60000\nsearches_per_minute = 60000\n"+
		"[agent_connect]\nbase_url = \"http://%s\"\napi_key = \"k\"\nrequests_per_minute = 60000\n[ledger]\npath = %q\n",
		stand.KustomerURL(), stand.KustomerKey(), listener.Addr(), filepath.Join(l.dir, "acsync.db"))
	if err := os.WriteFile(filepath.Join(l.dir, "config.toml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out, errs := l.run("init", "--start", stand.Start().Format(time.RFC3339)); code != 0 {
		t.Fatalf("init: %d\n%s%s", code, out, errs)
	}
	return l
}

func (l *liar) next(reader *bufio.Reader) string {
	r, err := http.ReadRequest(reader)
	if err != nil {
		return ""
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return ""
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bodies = append(l.bodies, string(body))
	return string(body)
}

func (l *liar) run(args ...string) (code int, out, errs string) {
	return commandLine(l.dir, time.Time{}, append(args, "--config", filepath.Join(l.dir, "config.toml"))...)
}

// pass makes a pass, and gives its exit code and its report for programs.
func (l *liar) pass(t *testing.T, args ...string) (code int, report map[string]any, errs string) {
	t.Helper()
	code, out, errs := l.run(append([]string{"run", "--json"}, args...)...)
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatalf("exit code %d: %v\n%s", code, err, errs)
	}
	return code, report, errs
}

// asked are the requests for each conversation.
func (l *liar) asked(t *testing.T) map[string][]agentconnect.Request {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	asked := map[string][]agentconnect.Request{}
	for _, body := range l.bodies {
		var r agentconnect.Request
		if err := json.Unmarshal([]byte(body), &r); err != nil {
			t.Fatal(err)
		}
		asked[r.ExtInteractionID] = append(asked[r.ExtInteractionID], r)
	}
	return asked
}

func says(conn net.Conn, status, body string) {
	fmt.Fprintf(conn, "HTTP/1.1 %s\r\nContent-Type: application/json\r\nRetry-After: 1\r\nContent-Length: %d\r\n\r\n%s", status, len(body), body)
}

// TestAnswersToSomethingElse has a server carry out every request, and say beside its answer that it was
// refused, or that there were too many: nobody is asked twice, and nothing that was carried out is called
// refused.
func TestAnswersToSomethingElse(t *testing.T) {
	t.Parallel()
	for name, act := range map[string]func(l *liar, conn net.Conn, asked func() string){
		"before it was asked": func(_ *liar, conn net.Conn, asked func() string) {
			says(conn, "429 Too Many Requests", `{"message":"Limit Exceeded"}`)
			if body := asked(); body != "" {
				says(conn, "200 OK", body)
			}
		},
		"while it was asked": func(_ *liar, conn net.Conn, asked func() string) {
			body := asked()
			says(conn, "429 Too Many Requests", "")
			time.Sleep(20 * time.Millisecond)
			says(conn, "200 OK", body)
		},
		"a refusal in the same breath": func(_ *liar, conn net.Conn, asked func() string) {
			body := asked()
			says(conn, "400 Bad Request", `{"message":"Invalid customer"}`)
			says(conn, "200 OK", body)
		},
		"after it has answered, on a connection that it keeps": func(_ *liar, conn net.Conn, asked func() string) {
			for body := asked(); body != ""; body = asked() {
				says(conn, "200 OK", body)
				time.Sleep(time.Millisecond)
				says(conn, "429 Too Many Requests", "")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLiar(t, act)
			for range 2 {
				if code, report, errs := l.pass(t, "--max", "12"); report["rejections"].(map[string]any)["invalid_customer"] != nil {
					t.Errorf("exit code %d: what was carried out is rejected: %v\n%s", code, report, errs)
				}
			}
			for id, requests := range l.asked(t) {
				if len(requests) > 1 {
					t.Errorf("%s was asked %d times", id, len(requests))
				}
			}
			if len(l.asked(t)) == 0 && name != "before it was asked" { // where mostly nothing is sent
				t.Error("nobody was asked at all")
			}
		})
	}
}

// TestAnswersWithNames has every request refused with the customer's and the agent's names and addresses in
// the words, spelled in many ways: none of them is shown or kept anywhere.
func TestAnswersWithNames(t *testing.T) {
	t.Parallel()
	entities := func(s string) (spelled string) {
		for _, r := range s {
			spelled += fmt.Sprintf("&#%d;", r)
		}
		return spelled
	}
	escapes := func(s string) (spelled string) {
		for _, r := range s {
			spelled += fmt.Sprintf(`\\u%04x`, r) // escaped once more than JSON takes away
		}
		return spelled
	}
	turned := func(s string) string {
		parts := strings.Fields(s)
		return strings.Join(slices.Concat(parts[1:], parts[:1]), "")
	}
	spellers := []func(string) string{
		entities, escapes, turned, url.QueryEscape, strings.ToUpper,
		func(s string) string { return strings.ReplaceAll(s, " ", "\u00a0-\u3000") },
		func(s string) string { return strings.ReplaceAll(s, " ", "") },
		func(s string) string { return strings.ReplaceAll(s, "", "\u200b") },
		func(s string) string {
			return norm.NFD.String(strings.NewReplacer("a", "á", "e", "ë", "i", "ï", "o", "ö").Replace(s))
		},
		func(s string) string {
			return strings.Map(func(r rune) rune {
				if r > ' ' && r <= '~' {
					r += 0xfee0
				}
				return r
			}, s)
		},
	}
	var mu sync.Mutex
	n := 0
	l := newLiar(t, func(_ *liar, conn net.Conn, asked func() string) {
		var r agentconnect.Request
		if json.Unmarshal([]byte(asked()), &r) != nil {
			return
		}
		mu.Lock()
		n++
		speller := spellers[n%len(spellers)]
		mu.Unlock()
		mailbox, _, _ := strings.Cut(r.Customer.Email, "@")
		agent, _, _ := strings.Cut(r.Employee.Email, "@")
		words, err := json.Marshal(fmt.Sprintf("Refused for %s (%s), <%s>, %s", speller(r.Customer.Name), speller(mailbox), speller(r.Customer.Email), speller(agent)))
		if err != nil {
			t.Error(err)
		}
		says(conn, "422 Unprocessable Content", `{"errors":[{"detail":`+string(words)+`}]}`)
	})
	shown := filepath.Join(l.dir, "report.html")
	code, out, errs := l.run("run", "--json", "--log-level", "debug", "--report", shown)
	if code != 13 || !strings.Contains(errs, "Refused for ***") {
		t.Errorf("exit code %d\n%s\n%s", code, out, errs)
	}
	_, status, _ := l.run("status")
	texts := map[string]string{"the report": out, "the log": errs, "status": status}
	for _, file := range []string{shown, filepath.Join(l.dir, "acsync.db")} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts[filepath.Base(file)] = string(text)
	}
	for where, text := range texts {
		texts[where] = bare(html.UnescapeString(html.UnescapeString(text)))
	}
	var words string // a name that stands in the program's own words, as Ines in machines, tells nothing
	for _, topic := range manual.Topics() {
		words += bare(topic.Text)
	}
	for id, requests := range l.asked(t) {
		mailbox, _, _ := strings.Cut(requests[0].Customer.Email, "@")
		for _, private := range append(strings.Fields(requests[0].Customer.Name), mailbox) {
			for where, text := range texts {
				if len(private) >= 4 && !strings.Contains(words, bare(private)) && strings.Contains(text, bare(private)) {
					t.Errorf("%q of %s is in %s", private, id, where)
				}
			}
		}
	}
}

// bare is a text in small letters without accents.
func bare(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.M, r) || r == '\u200b' {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(text))
}

// TestAnswersOfSomebodyElse has a server, or a cache before it, answer each request with the echo of the one
// before. It is not known then which was taken.
func TestAnswersOfSomebodyElse(t *testing.T) {
	t.Parallel()
	l := newLiar(t, func(l *liar, conn net.Conn, asked func() string) {
		asked()
		l.mu.Lock()
		before := `{"ext_interaction_id":"none","customer":{"name":"Wilhelmina Nobody"}}`
		if n := len(l.bodies); n > 1 {
			before = l.bodies[n-2]
		}
		l.mu.Unlock()
		says(conn, "200 OK", before)
	})
	code, report, errs := l.pass(t)
	fuse, _ := report["fuse"].(string)
	if code != 13 || report["accepted"] != 0.0 || !strings.HasPrefix(fuse, "unrecognised_answers: ") ||
		!strings.Contains(fuse, `200 with a JSON object with the members `) || !strings.Contains(fuse, `"ext_interaction_id"`) ||
		!strings.Contains(fuse, "that names another conversation (application/json, under 1 KB)") {
		t.Errorf("exit code %d, fuse %q\n%v\n%s", code, fuse, report, errs)
	}
	if parked := report["waits"].(map[string]any)["unrecognised_answer"]; parked != report["in_doubt"] || parked != float64(len(l.asked(t))) {
		t.Errorf("of %d requests %v are in doubt, %v of them for this", len(l.asked(t)), report["in_doubt"], parked)
	}
	_, status, _ := l.run("status")
	if !strings.Contains(status, "unrecognised_answer") {
		t.Errorf("status says nothing of it:\n%s", status)
	}
	ledger, err := os.ReadFile(filepath.Join(l.dir, "acsync.db"))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{fmt.Sprint(report), errs, status, string(ledger)} {
		if strings.Contains(text, "Wilhelmina") {
			t.Errorf("a name is in %.400s", text)
		}
	}
	if bytes.Contains(ledger, []byte("JSON object")) {
		t.Error("the ledger keeps what an answer looked like")
	}
}
