package httpx

import (
	"encoding/json"
	"errors"
	"net/http"
)

// Response is a 2xx answer, read to its end.
type Response struct {
	Status int
	Header http.Header
	Body   []byte

	service *Service
	call    Call
}

// Decode decodes the body, which must be one JSON value, into v. Anything else is an *Error of kind Unreadable.
func (r *Response) Decode(v any) error {
	if isHTML(r.Body) {
		return r.Unreadable(errors.New("a web page came in place of JSON"))
	}
	err := json.Unmarshal(r.Body, v)
	if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		// The decoder's own text would quote the value.
		return r.Unreadable(errors.New("it is JSON of another shape than expected"))
	}
	if err != nil {
		return r.Unreadable(err)
	}
	return nil
}

// Unreadable is the error of a success that is not what was asked for; problem says in which way. Of the body it quotes
// at most a web page's title, and that not of a service of which only codes are quoted.
func (r *Response) Unreadable(problem error) *Error {
	e := r.service.error(r.call, Unreadable)
	e.Status, e.Err = r.Status, problem
	if isHTML(r.Body) && !r.service.codes {
		e.Message = r.service.said(r.Body, r.call)
	}
	e.Hint = "is " + r.service.setting + " right?"
	return e
}
