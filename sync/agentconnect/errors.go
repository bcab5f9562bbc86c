package agentconnect

import (
	"errors"
	"strings"

	"acsync/sync/httpx"
)

// failure makes facts of an error. An answer that arrived whole is no error here, whatever its status.
func failure(err error, written bool) Answer {
	e, ok := errors.AsType[*httpx.Error](err)
	if !ok {
		return Answer{Written: written, Err: err}
	}
	a := Answer{Status: e.Status, Written: written || e.Status != 0, RetryAfter: e.RetryAfter, Message: e.Message}
	if e.Status == 0 || e.Err != nil {
		a.Err = explained(err)
	}
	if a.Stray = errors.Is(err, httpx.ErrStray); a.Stray {
		a.Looks = "more on its connection than one answer"
	}
	if e.Kind == httpx.Redirected && a.Message == "" {
		a.Message = "redirected, which is not followed; is agent_connect.base_url right?"
	}
	return a
}

// explained adds what to do about a failure in Agent Connect's case. Refused credentials and requests are no failures
// here: they are answers.
func explained(err error) error {
	if e, ok := errors.AsType[*httpx.Error](err); ok && e.Kind == httpx.Network {
		e.Hint = "check the network and agent_connect.base_url"
	}
	return err
}

// personal lists what the service may echo of the request and nobody should read in a log: the addresses, and the name
// as a whole and in its parts.
func (r Request) personal() []string {
	private := []string{r.Customer.Email, r.Employee.Email, r.Employee.CustomID, r.Customer.Name}
	return append(private, strings.Fields(r.Customer.Name)...)
}
