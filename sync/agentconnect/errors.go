package agentconnect

import (
	"errors"
	"slices"
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

// personal lists what the service may echo of the request and nobody should read in a log: the addresses and
// what stands before their @, and the name as a whole, in its parts, and as one word with the last of these
// in front.
func (r Request) personal() []string {
	private := []string{r.Customer.Email, r.Employee.Email, r.Employee.CustomID, r.Customer.Name}
	for _, address := range []string{r.Customer.Email, r.Employee.Email} {
		mailbox, _, ok := strings.Cut(address, "@")
		if ok && !slices.Contains(roles, strings.ToLower(mailbox)) {
			private = append(private, mailbox)
		}
	}
	parts := strings.Fields(r.Customer.Name)
	if n := len(parts); n > 1 {
		private = append(private, strings.ToLower(strings.Join(slices.Concat(parts[n-1:], parts[:n-1]), "")))
	}
	return append(private, parts...)
}

// roles are mailboxes of nobody in particular. The service uses these words to say what is wrong.
var roles = []string{
	"agent", "brand", "channel", "customer", "email", "employee", "interaction", "language", "profile", "request", "survey",
}
