package kustomer

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/sync/sandbox"
)

// bothWays are two clients of one stand-in: one searches by when conversations were marked done, the other by when
// they were changed.
func bothWays(t *testing.T, o sandbox.Options) (stand *sandbox.Sandbox, done, updated *Client) {
	t.Helper()
	stand, err := sandbox.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stand.Close() })
	client := func(byUpdate bool) *Client {
		c, err := New(Options{BaseURL: stand.KustomerURL(), APIKey: stand.KustomerKey(), ByUpdate: byUpdate, Tries: 1})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	return stand, client(false), client(true)
}

// found are all conversations of a query with the times at which they were marked done, page by page.
func found(t *testing.T, c *Client, q Query) (ids []string) {
	t.Helper()
	for q.Page = 1; ; q.Page++ {
		page, err := c.SearchConversations(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, each := range page.Items {
			ids = append(ids, each.ID+" "+each.LastDone.At.Format(time.RFC3339Nano))
		}
		if q.Page >= page.TotalPages {
			if page.Total != len(ids) {
				t.Errorf("%v: it counts %d, and shows %d", q, page.Total, len(ids))
			}
			slices.Sort(ids)
			return ids
		}
	}
}

// TestBothWaysFindTheSame searches windows by when conversations were marked done and by when they were changed:
// whatever was changed later, done again, opened again or imported, both find the same.
func TestBothWaysFindTheSame(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long, and has no goroutines of its own that share anything")
	}
	now := time.Date(2026, 11, 22, 12, 7, 31, 0, time.UTC)
	for seed := range uint64(2) {
		o := sandbox.Options{Seed: seed, Now: func() time.Time { return now }, PerHour: 150 + 500*int(seed), Busy: time.Hour}
		stand, done, updated := bothWays(t, o)
		for n, c := range stand.Conversations(now.Add(-50*time.Minute), now.Add(-10*time.Minute)) {
			switch n % 9 {
			case 0: // touched much later
				c.Updated = now.Add(-time.Duration(n%7) * time.Minute)
			case 1: // done again
				c.Resolved = now.Add(-time.Duration(1+n%11) * time.Minute)
				c.DoneCount = 2
			case 2: // open again
				c.Status = "open"
			case 3: // many at one instant
				c.Updated = now.Add(-5 * time.Minute).Truncate(time.Minute)
			default:
				continue
			}
			stand.Put(sandbox.Records{Conversations: []sandbox.Conversation{c}})
		}
		for _, w := range []Query{
			{From: now.Add(-3 * time.Hour), To: now},
			{From: now.Add(-90 * time.Minute), To: now.Add(-40 * time.Minute)},
			{From: now.Add(-20 * time.Minute), To: now.Add(-3 * time.Minute), PageSize: 40},
			{From: now.Add(-time.Hour), To: now.Add(-time.Hour + time.Millisecond)},
			{From: now.Add(-10 * time.Hour), To: now.Add(-2 * time.Minute)},
			{From: now.Add(-2 * time.Hour), To: now, CreatedFrom: now.Add(-3 * time.Hour), CreatedTo: now.Add(-70 * time.Minute)},
		} {
			want, got := found(t, done, w), found(t, updated, w)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("seed %d, %v to %v: -by done +by updated:\n%s", seed, w.From, w.To, diff)
			}
			if w.To.Sub(w.From) > time.Hour && len(want) < 20 {
				t.Errorf("seed %d: only %d were found, which shows little", seed, len(want))
			}
		}
	}
}

// TestUpdatesAreReadOnce answers several searches by what was read once, and reads again what may have changed.
func TestUpdatesAreReadOnce(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 7, 31, 0, time.UTC)
	searches := &atomic.Int64{}
	o := sandbox.Options{Now: func() time.Time { return now }}
	o.Faults.Kustomer.Hook = func(r *http.Request) sandbox.Fault {
		if r.Method == http.MethodPost {
			searches.Add(1)
		}
		return sandbox.Fault{}
	}
	_, _, c := bothWays(t, o)
	ask := func(from, to time.Duration) int64 {
		before := searches.Load()
		found(t, c, Query{From: now.Add(-from), To: now.Add(-to)})
		return searches.Load() - before
	}
	got := []bool{
		ask(2*time.Hour, time.Hour) > 0, ask(time.Hour, 10*time.Minute) > 0, ask(30*time.Minute, 3*time.Minute) > 0,
		ask(30*time.Minute, 0) > 0, ask(3*time.Hour, time.Hour) > 0,
	}
	if diff := cmp.Diff([]bool{true, false, false, true, true}, got); diff != "" {
		t.Errorf("it was read anew: -want +got:\n%s", diff)
	}
	if _, err := c.SearchCustomers(t.Context(), Query{From: now.Add(-time.Hour), To: now}); !errors.Is(err, ErrInvalid) {
		t.Errorf("customers of a window: %v", err)
	}
}

// TestUpdatesThatDoNotAddUp counts what is hidden or broken once, and gives up on what changes with each reading.
func TestUpdatesThatDoNotAddUp(t *testing.T) {
	at := time.Now().UTC().Add(-time.Hour).Truncate(time.Second)
	row := func(id string) string {
		return fmt.Sprintf(`{"type":"conversation","id":%q,"attributes":{"status":"done","lastDone":{"createdAt":%q}}}`, id, at.Format(time.RFC3339))
	}
	q := Query{From: at.Add(-time.Minute), To: at.Add(time.Minute)}
	for _, tt := range []struct {
		name   string
		most   int
		answer func(n int64) string
		want   string // rows, broken, total; or the error
	}{
		{"hidden", 9, func(int64) string { return `{"meta":{"total":3,"totalPages":1},"data":[` + row("a") + `]}` }, "1 0 3"},
		{"broken", 9, func(int64) string {
			return `{"meta":{"total":2,"totalPages":1},"data":[` + row("a") + `,{"type":"conversation","id":"b"}]}`
		}, "1 1 2"},
		{"unsteady", 9, func(n int64) string {
			return fmt.Sprintf(`{"meta":{"total":%d,"totalPages":1},"data":[%s]}`, 2+n, row("a"))
		}, "did not add up"},
		{"too many", 1, func(int64) string { return `{"meta":{"total":2},"data":[` + row("a") + `,` + row("b") + `]}` }, "begin later"},
	} {
		asked := &atomic.Int64{}
		c, _ := start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodPost {
				http.Error(w, `{"errors":[]}`, http.StatusInternalServerError)
				return
			}
			body, _ := io.ReadAll(r.Body)
			// The first hour holds what there is, and the open end nothing.
			if !strings.Contains(string(body), `"lt"`) {
				fmt.Fprint(w, `{"meta":{"total":0},"data":[]}`)
				return
			}
			fmt.Fprint(w, tt.answer(asked.Add(1)))
		}))
		c.searcher.updates = &updates{api: c.api, read: c.Conversations, most: tt.most}
		page, err := c.SearchConversations(t.Context(), q)
		got := fmt.Sprint(len(page.Items), len(page.Broken), page.Total)
		if err != nil {
			got = err.Error()
		}
		if err == nil && got != tt.want || !strings.Contains(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestUpdatesMendRows reads what is broken in a search by its id: what can be read then is found, what cannot is
// counted as broken, as is what has no id.
func TestUpdatesMendRows(t *testing.T) {
	at := time.Now().UTC().Add(-time.Hour).Truncate(time.Second)
	row := func(id string) string {
		return fmt.Sprintf(`{"type":"conversation","id":%q,"attributes":{"status":"done","lastDone":{"createdAt":%q}}}`, id, at.Format(time.RFC3339))
	}
	rows := row("a") + `,{"type":"conversation","id":"b"},{"type":"conversation","id":"c"},{"type":"conversation"}`
	c, _ := start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch {
		case r.Method == http.MethodPost && strings.Contains(string(body), `"lt"`):
			fmt.Fprintf(w, `{"meta":{"total":4,"totalPages":1},"data":[%s]}`, rows)
		case r.Method == http.MethodPost:
			fmt.Fprint(w, `{"meta":{"total":0},"data":[]}`)
		// Both are asked for, and one is there.
		case strings.Contains(r.URL.Path, ",") || strings.Contains(r.URL.RawPath, ","):
			fmt.Fprintf(w, `{"data":[%s]}`, row("b"))
		case strings.HasSuffix(r.URL.Path, "/b"):
			fmt.Fprintf(w, `{"data":%s}`, row("b"))
		default:
			http.Error(w, `{"errors":[{"status":404}]}`, http.StatusNotFound)
		}
	}))
	c.searcher.updates = &updates{api: c.api, read: c.Conversations, most: 9}
	page, err := c.SearchConversations(t.Context(), Query{From: at.Add(-time.Minute), To: at.Add(time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, each := range page.Items {
		ids = append(ids, each.ID)
	}
	if slices.Sort(page.Broken); !slices.Equal(ids, []string{"a", "b"}) || !slices.Equal(page.Broken, []string{"", "c"}) || page.Total != 4 {
		t.Errorf("found %q, broken %q, of %d", ids, page.Broken, page.Total)
	}
}

// TestUpdatesFail fails where what was changed cannot be read, or not read by its id, and takes nothing for found.
func TestUpdatesFail(t *testing.T) {
	at := time.Now().UTC().Add(-time.Hour)
	for _, method := range []string{http.MethodPost, http.MethodGet} {
		c, _ := start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == method {
				http.Error(w, `{"errors":[{"status":401,"title":"unauthorized"}]}`, http.StatusUnauthorized)
				return
			}
			fmt.Fprint(w, `{"meta":{"total":1,"totalPages":1},"data":[{"type":"conversation","id":"b"}]}`)
		}))
		c.searcher.updates = &updates{api: c.api, read: c.Conversations, most: 9}
		page, err := c.SearchConversations(t.Context(), Query{From: at.Add(-time.Minute), To: at.Add(time.Minute)})
		if err == nil || len(page.Items) > 0 {
			t.Errorf("%s fails: got %+v", method, page)
		}
	}
}

// TestDoneUnread keeps a conversation whose time of being marked done cannot be read under that of its last change.
func TestDoneUnread(t *testing.T) {
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	if got := doneAt(Conversation{UpdatedAt: at, DoneUnread: true}); !got.Equal(at) {
		t.Errorf("got %s", got)
	}
}
