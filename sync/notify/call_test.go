package notify

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/sync/exit"
)

// listener is a service that takes what passes tell it.
type listener struct {
	*httptest.Server
	mu     sync.Mutex
	heard  []string // "/path body"
	rids   []string
	status int // of its answers; 0 = 200
}

func listen(t *testing.T) *listener {
	t.Helper()
	l := &listener{}
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		l.mu.Lock()
		defer l.mu.Unlock()
		l.heard = append(l.heard, strings.TrimSpace(r.URL.Path+" "+string(body)))
		l.rids = append(l.rids, r.URL.Query().Get("rid"))
		if l.status != 0 {
			w.WriteHeader(l.status)
		}
	}))
	t.Cleanup(l.Close)
	return l
}

func (l *listener) is(t *testing.T, want ...string) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if diff := cmp.Diff(want, l.heard); diff != "" {
		t.Error(diff)
	}
}

func TestHealthcheck(t *testing.T) {
	for code, want := range map[exit.Code]string{
		exit.Done: "/ping/secret", exit.NeedsHand: "/ping/secret", exit.Failed: "/ping/secret/1",
		exit.LedgerDamaged: "/ping/secret/14", exit.Terminated: "/ping/secret/143",
	} {
		l := listen(t)
		h, err := NewHealthcheck(l.URL+"/ping/secret", "acsync")
		if err != nil {
			t.Fatal(err)
		}
		h.Start(context.Background())
		if err := h.End(context.Background(), code, "it ended"); err != nil {
			t.Error(err)
		}
		l.is(t, "/ping/secret/start", want+" it ended")
		uuid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
		if !uuid.MatchString(l.rids[0]) || l.rids[0] != l.rids[1] {
			t.Errorf("the calls of a pass are told apart by %q", l.rids)
		}
	}
}

// TestHealthcheckKeepsItsQuery is for addresses such as those that make a check when they are called first.
func TestHealthcheckKeepsItsQuery(t *testing.T) {
	h, err := NewHealthcheck("https://hc.example/key/slug/?create=1", "acsync")
	if err != nil {
		t.Fatal(err)
	}
	got := h.to("/start", map[string][]string{"rid": {"r"}}).address.String()
	if want := "https://hc.example/key/slug/start?create=1&rid=r"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestWebhook(t *testing.T) {
	l := listen(t)
	w, err := NewWebhook(l.URL+"/services/secret", "acsync")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Tell(context.Background(), []Change{{Text: `a "fuse" & <x>`}, {Text: "ä"}}); err != nil {
		t.Error(err)
	}
	l.is(t, `/services/secret {"text":"a \"fuse\" \u0026amp; \u0026lt;x\u0026gt;"}`, `/services/secret {"text":"ä"}`)
	if err := w.Tell(context.Background(), nil); err != nil || len(l.heard) != 2 {
		t.Errorf("it told %q, %v although nothing had changed", l.heard[2:], err)
	}
}

// TestFailedCalls holds that a call which fails is one error without the address, tried again where that helps.
func TestFailedCalls(t *testing.T) {
	away := httptest.NewServer(nil)
	away.Close()
	for status, test := range map[int]struct {
		calls int
		want  string
	}{
		404: {1, "it answered 404"}, 302: {1, "it answered 302"}, 500: {2, "it answered 500"}, 429: {2, "it answered 429"},
		0: {0, "its host takes no connections"},
	} {
		l := listen(t)
		l.status = status
		address := l.URL
		if status == 0 {
			address = away.URL
		}
		w, err := NewWebhook(address+"/services/secret?key=secret", "acsync")
		if err != nil {
			t.Fatal(err)
		}
		err = w.Tell(context.Background(), []Change{{Text: "one"}, {Text: "two"}})
		if err == nil || !strings.HasSuffix(err.Error(), test.want) || !strings.Contains(err.Error(), "2 of 2") {
			t.Fatalf("%d: the error is %v", status, err)
		}
		host := strings.TrimPrefix(address, "http://")
		if slices.ContainsFunc([]string{"secret", host}, func(s string) bool { return strings.Contains(err.Error(), s) }) {
			t.Errorf("%d: the error shows the address: %v", status, err)
		}
		if len(l.heard) != test.calls {
			t.Errorf("%d: it was called %d times, want %d", status, len(l.heard), test.calls)
		}
	}
	for _, address := range []string{"https://hooks.example/%zz", "http://[secret"} {
		if _, err := NewWebhook(address, ""); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("the error is %v", err)
		}
	}
}

// TestSilence holds that a service which takes calls and answers none keeps nobody beyond the time that is given.
func TestSilence(t *testing.T) {
	leave := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-leave }))
	defer silent.Close()
	defer close(leave)
	h, err := NewHealthcheck(silent.URL+"/secret", "acsync")
	if err != nil {
		t.Fatal(err)
	}
	h.Start(context.Background())
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := h.End(ctx, exit.Done, ""); err == nil || !strings.HasSuffix(err.Error(), "it did not answer in time") {
		t.Errorf("the error is %v", err)
	}
}

// TestDeadline holds that whoever waits no longer is told so, and not kept.
func TestDeadline(t *testing.T) {
	h, err := NewHealthcheck(listen(t).URL, "acsync")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 0)
	defer cancel()
	if err := h.End(ctx, exit.Done, ""); err == nil || !strings.HasSuffix(err.Error(), "it did not answer in time") {
		t.Errorf("the error is %v", err)
	}
}
