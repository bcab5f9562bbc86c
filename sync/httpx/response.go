package httpx

import (
	"errors"
	"net/http"

	"acsync/sync/httpx/lenient"
	"acsync/sync/httpx/redact"
)

// Response is a 2xx answer, read to its end.
type Response struct {
	Status int
	Header http.Header
	Body   []byte

	call   Call
	report reporter
}

// Decode decodes the body, which must be one JSON value, into v, as lenient.Unmarshal does. Anything else is
// an *Error of kind Unreadable.
func (r *Response) Decode(v any) error {
	if redact.IsHTML(r.Body) {
		return r.Unreadable(errors.New("a web page came in place of JSON"))
	}
	if err := lenient.Unmarshal(r.Body, v); err != nil {
		return r.Unreadable(err)
	}
	return nil
}

// Unreadable returns the error of a success that is not what was asked for; problem says in which way. Of the
// body it quotes at most a web page's title.
func (r *Response) Unreadable(problem error) *Error {
	return r.report.unreadable(r.call, r.Status, r.Body, problem)
}
