package chaos

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"time"

	"acsync/sync/sandbox"
)

// kustomer is what is between a program and Kustomer.
type kustomer struct{ *World }

// read is what a request meets.
func (w kustomer) read(r *http.Request) sandbox.Fault {
	w.mu.Lock()
	defer w.mu.Unlock()
	kind, ids, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/v1/"), "/")
	if r.Method == http.MethodPost {
		return w.limited()
	}
	if ids == withheldAgent || ids == withheldTag {
		return sandbox.Fault{Status: w.options.Withheld}
	}
	for _, c := range w.all {
		switch {
		case kind == "conversations" && (c.Kind == Withheld || c.Kind == NullRow) && strings.Contains(ids, c.ID),
			kind == "customers" && c.Kind == CustomerWithheld && ids == c.customer:
			return sandbox.Fault{Status: w.options.Withheld}
		}
	}
	if kind == "auth" && w.ahead > 0 {
		at := time.Now().Add(w.ahead).UTC().Format(http.TimeFormat)
		w.ahead = 0
		return sandbox.Fault{Header: http.Header{"X-Date": {at}}}
	}
	return sandbox.Fault{}
}

// ServeHTTP is the stand-in, with rows changed in its searches.
func (w kustomer) ServeHTTP(to http.ResponseWriter, r *http.Request) {
	made := httptest.NewRecorder()
	w.Sandbox.KustomerHandler().ServeHTTP(made, r)
	body := made.Body.Bytes()
	if r.Method == http.MethodPost && made.Code == http.StatusOK {
		body = w.tamper(body)
	}
	for name, values := range made.Header() {
		to.Header()[name] = values
	}
	if at := made.Header().Get("X-Date"); at != "" {
		to.Header().Set("Date", at)
	}
	to.Header().Set("Content-Length", strconv.Itoa(len(body)))
	to.WriteHeader(made.Code)
	_, _ = to.Write(body)
}

// tamper changes the rows of a search.
func (w kustomer) tamper(body []byte) []byte {
	var found map[string]json.RawMessage
	var rows []json.RawMessage
	var meta map[string]any
	if json.Unmarshal(body, &found) != nil || json.Unmarshal(found["data"], &rows) != nil ||
		json.Unmarshal(found["meta"], &meta) != nil {
		return body
	}
	before := len(rows)
	w.mu.Lock()
	rows = slices.DeleteFunc(rows, w.hidden)
	for i := range rows {
		rows[i] = w.row(rows[i])
	}
	w.mu.Unlock()
	if total, ok := meta["total"].(float64); ok {
		meta["total"] = total - float64(before-len(rows))
	}
	found["data"], _ = json.Marshal(rows)
	found["meta"], _ = json.Marshal(meta)
	changed, _ := json.Marshal(found)
	return changed
}

type named struct {
	Type, ID string
}

func nameOf(row json.RawMessage) (n named) {
	_ = json.NewDecoder(bytes.NewReader(row)).Decode(&n)
	return n
}

// hidden reports whether a row is not to be seen. The caller holds the lock.
func (w kustomer) hidden(row json.RawMessage) bool {
	n := nameOf(row)
	return slices.ContainsFunc(w.all, func(c *Conversation) bool {
		return c.ID == n.ID && time.Now().Before(c.shown) || c.customer == n.ID && c.Kind == CustomerWithheld
	})
}

// row is a row as it is shown. The caller holds the lock.
func (w kustomer) row(row json.RawMessage) json.RawMessage {
	c := w.find(nameOf(row).ID)
	switch {
	case c == nil:
	case c.Kind == NullRow:
		return json.RawMessage("null")
	case c.Kind == BareRow:
		bare, _ := json.Marshal(map[string]string{"type": "conversation", "id": c.ID})
		return bare
	}
	return row
}
