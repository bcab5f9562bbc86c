package agentconnect

import (
	"bytes"
	"encoding/json"
	"errors"
	"time"

	"acsync/sync/httpx"
)

// Answer is what is known after a POST, as facts: what they mean is for the caller to say.
type Answer struct {
	Status     int           // HTTP status; 0 when no complete status line and header arrived
	Written    bool          // some of the request may have left this machine
	RetryAfter time.Duration // how long the server asked to wait; 0 when it did not
	Message    string        // the server's words, short, with personal data taken out
	// Own: of an answer that is no success, the words are Agent Connect's: those of a gateway, a firewall or a
	// portal say nothing about the request
	Own  bool
	Page bool // of the same: it is a web page
	// more came than one answer, or may have, or one too soon: it may not be the one to this request
	Stray bool
	Echo  Echo   // what the JSON of a 2xx answer says
	Looks string // the shape of an answer that is stray, or 2xx and no word of the request
	Err   error  // why there is no usable answer; free of keys and personal data
}

// accepted reads a 2xx answer that arrived whole. JSON that breaks off, or is not well formed, cannot be
// read; anything else can be, and says something or nothing of the request.
func accepted(r Request, resp *httpx.Response) Answer {
	a := Answer{Status: resp.Status, Written: true}
	body := bytes.TrimSpace(resp.Body)
	if !json.Valid(body) && (bytes.HasPrefix(body, []byte("{")) || bytes.HasPrefix(body, []byte("["))) {
		a.Err = explained(resp.Decode(new(json.RawMessage)))
		return a
	}
	found := readEcho(r, body)
	if a.Echo = found.Echo; a.Echo != (Echo{Named: true}) {
		a.Looks = describe(r, resp.Header, body, found)
	}
	return a
}

// failed makes facts of an error. An answer that arrived whole is no error here, whatever its status.
func failed(err error, written bool) Answer {
	e, ok := errors.AsType[*httpx.Error](err)
	if !ok {
		return Answer{Written: written, Err: err}
	}
	a := Answer{
		Status: e.Status, Written: written || e.Status != 0, RetryAfter: e.RetryAfter, Message: e.Message,
		Own: e.Own, Page: e.Page,
	}
	if e.Status == 0 || e.Err != nil {
		a.Err = explained(err)
	}
	if a.Stray = errors.Is(err, httpx.ErrStray); a.Stray {
		a.Looks = "more than one answer on its connection, or one that broke off"
	}
	if e.Kind == httpx.Redirected && a.Message == "" {
		a.Message = "redirected, which is not followed; is agent_connect.base_url right?"
	}
	return a
}

// explained adds what to do about a failure in Agent Connect's case. Refused credentials and requests are no
// failures here: they are answers.
func explained(err error) error {
	if e, ok := errors.AsType[*httpx.Error](err); ok && e.Kind == httpx.Network && e.Hint == "" {
		e.Hint = "check the network and agent_connect.base_url"
	}
	return err
}
