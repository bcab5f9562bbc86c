package chaos

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"

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

// connect is what is between a program and Agent Connect.
type connect struct{ *World }

// receive is what a request meets.
func (w connect) receive(r *http.Request) sandbox.Fault {
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
		// Some are taken nevertheless.
		return []sandbox.Fault{
			pageOf(http.StatusServiceUnavailable), {Break: true}, {Processed: c.Kind.End().State == "accepted", Break: true},
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
