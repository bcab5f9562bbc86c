package chaos

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"time"

	"acsync/sync/sandbox"
)

const (
	page       = "<html><head><title>%</title></head><body><h1>%</h1></body></html>"
	challenge  = "<html><head><title>Just a moment...</title></head></html>"
	forbidden  = `{"message":"Forbidden"}`
	duplicated = `{"message":"Duplicate request"}`
)

func pageOf(status int) sandbox.Fault {
	return sandbox.Fault{
		Status: status, Body: strings.ReplaceAll(page, "%", strconv.Itoa(status)+" "+http.StatusText(status)),
		Header: http.Header{"Content-Type": {"text/html"}},
	}
}

// once are what requests about a conversation meet while its times last, and always what they always meet.
var (
	once = map[Kind]sandbox.Fault{
		Page400: pageOf(http.StatusBadRequest), Page403: pageOf(http.StatusForbidden),
		Page404: pageOf(http.StatusNotFound), Page413: pageOf(http.StatusRequestEntityTooLarge),
		Word403:   {Status: http.StatusForbidden, Body: forbidden},
		Challenge: {Status: http.StatusOK, Body: challenge, Header: http.Header{"Content-Type": {"text/html"}}},
		Withheld:  pageOf(http.StatusBadRequest), // so that it has to be read again
	}
	taken = map[Kind]sandbox.Fault{
		LostReset: {Processed: true, Break: true}, Lost504: {Processed: true, Status: http.StatusGatewayTimeout},
		LostCut: {Processed: true, Cut: true}, LostPage: {Processed: true, Status: http.StatusOK, Body: challenge},
		Taken: {Processed: true, Status: http.StatusConflict, Body: duplicated},
	}
	always = map[Kind]sandbox.Fault{
		Failing: {Status: http.StatusInternalServerError}, Forbidden: pageOf(http.StatusForbidden),
		Duplicate: {Status: http.StatusConflict, Body: duplicated},
	}
)

// receive is what a request to Agent Connect meets.
func (w *World) receive(r *http.Request) sandbox.Fault {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r.Method != http.MethodPost {
		if w.mute {
			return pageOf(http.StatusServiceUnavailable)
		}
		return sandbox.Fault{}
	}
	var asked struct {
		ID string `json:"ext_interaction_id"`
	}
	body, _ := io.ReadAll(r.Body)
	_ = json.Unmarshal(body, &asked)
	c := w.find(asked.ID)
	if c == nil {
		return sandbox.Fault{}
	}
	c.posts++
	fault, stubborn := always[c.Kind]
	switch {
	case w.down:
		return []sandbox.Fault{
			pageOf(http.StatusServiceUnavailable), {Break: true}, {Processed: !stubborn, Break: true},
		}[w.random.IntN(3)]
	case stubborn:
		return fault
	}
	if c.met++; c.met <= c.times {
		if fault, ok := once[c.Kind]; ok {
			return fault
		}
	}
	if fault, ok := taken[c.Kind]; ok {
		return fault
	}
	if c.posts == 1 {
		return w.limited()
	}
	return sandbox.Fault{}
}

// limited is a 429 now and then. The caller holds the lock.
func (w *World) limited() sandbox.Fault {
	if w.options.Limited == 0 || w.random.IntN(w.options.Limited) > 0 {
		return sandbox.Fault{}
	}
	return sandbox.Fault{
		Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"1"}, "X-Ratelimit-Reset": nil},
	}
}

// read is what a request to Kustomer meets.
func (w *World) read(r *http.Request) sandbox.Fault {
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

// KustomerHandler is the stand-in of Kustomer, with rows changed in its searches.
func (w *World) KustomerHandler() http.Handler {
	return http.HandlerFunc(func(to http.ResponseWriter, r *http.Request) {
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
	})
}

// tamper changes the rows of a search.
func (w *World) tamper(body []byte) []byte {
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
func (w *World) hidden(row json.RawMessage) bool {
	n := nameOf(row)
	return slices.ContainsFunc(w.all, func(c *Conversation) bool {
		return c.ID == n.ID && time.Now().Before(c.shown) || c.customer == n.ID && c.Kind == CustomerWithheld
	})
}

// row is a row as it is shown. The caller holds the lock.
func (w *World) row(row json.RawMessage) json.RawMessage {
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
