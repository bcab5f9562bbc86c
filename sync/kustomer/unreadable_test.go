package kustomer

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestUnreadableRecord: an answer about one record is no statement about the key or the service, and holds up no
// other conversation of the same list.
func TestUnreadableRecord(t *testing.T) {
	for _, status := range []int{400, 402, 403, 405, 406, 409, 413, 418, 422, 423, 451, 500, 501, 503, 504} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			c, _ := start(t, func(w http.ResponseWriter, r *http.Request) {
				rows := []string{}
				for id := range strings.SplitSeq(strings.TrimPrefix(r.URL.Path, "/v1/conversations/"), ",") {
					if id == "bad" || r.URL.Path == "/v1/customers/bad" {
						w.WriteHeader(status)
						return
					}
					rows = append(rows, `{"id":"`+id+`","attributes":{"status":"done"}}`)
				}
				fmt.Fprintf(w, `{"data":[%s]}`, strings.Join(rows, ","))
			})
			if _, err := c.Customer(t.Context(), "bad"); !errors.Is(err, ErrUnreadable) || errors.Is(err, ErrNotFound) {
				t.Errorf("the customer: %v", err)
			}
			ids := []string{"a", "b", "c", "bad", "d", "e", "f", "g", "h"}
			got, err := c.Conversations(t.Context(), ids)
			bad, ok := errors.AsType[*UnreadableError](err)
			if !ok || !slices.Equal(bad.IDs, []string{"bad"}) || !errors.Is(err, ErrUnreadable) || len(got) != len(ids)-1 {
				t.Errorf("%d conversations, %v", len(got), err)
			}
		})
	}
}

// TestUnreadableInARow: many in a row that cannot be read hold up no other, wherever they stand.
func TestUnreadableInARow(t *testing.T) {
	for name, ids := range map[string]string{
		"first": "bad1 bad2 bad3 bad4 bad5 bad6 bad7 a b", "last": "a b bad1 bad2 bad3 bad4 bad5 bad6 bad7",
		"between": "a bad1 bad2 bad3 bad4 bad5 bad6 bad7 b", "nearly all": "bad1 bad2 bad3 bad4 bad5 bad6 bad7 bad8 bad9 bad10 bad11 b",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := start(t, func(w http.ResponseWriter, r *http.Request) {
				rows := []string{}
				for id := range strings.SplitSeq(strings.TrimPrefix(r.URL.Path, "/v1/conversations/"), ",") {
					if strings.HasPrefix(id, "bad") {
						w.WriteHeader(http.StatusForbidden)
						return
					}
					rows = append(rows, `{"id":"`+id+`","attributes":{"status":"done"}}`)
				}
				fmt.Fprintf(w, `{"data":[%s]}`, strings.Join(rows, ","))
			})
			wanted := strings.Fields(ids)
			got, err := c.Conversations(t.Context(), wanted)
			bad, ok := errors.AsType[*UnreadableError](err)
			if good := len(wanted) - strings.Count(ids, "bad"); !ok || len(got) != good || len(bad.IDs) != len(wanted)-good {
				t.Errorf("%d conversations, %v", len(got), err)
			}
		})
	}
}

// TestServiceFails: what befalls every record is the key's or the service's fault.
func TestServiceFails(t *testing.T) {
	for _, status := range []int{401, 403, 500} {
		c, _ := start(t, always(status, ""))
		ids := []string{"a", "b", "c", "d", "e", "f", "g", "h"}
		if got, err := c.Conversations(t.Context(), ids); err == nil || errors.Is(err, ErrUnreadable) || got != nil {
			t.Errorf("%d: %d conversations, %v", status, len(got), err)
		}
	}
	c, _ := start(t, always(401, ""))
	if _, err := c.User(t.Context(), "a"); err == nil || errors.Is(err, ErrUnreadable) {
		t.Errorf("a missing role: %v", err)
	}
	c, _ = start(t, always(410, ""))
	if _, err := c.User(t.Context(), "a"); !errors.Is(err, ErrNotFound) {
		t.Errorf("gone: %v", err)
	}
}
