package kustomer

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"net/http"

	"acsync/sync/httpx"
)

var (
	// ErrNotFound says that a single record does not exist, or no longer.
	ErrNotFound = errors.New("no such record in Kustomer")
	// ErrInvalid says that Kustomer refused a request for what it asks: a criterion that it does not take,
	// for instance.
	ErrInvalid = errors.New("refused by Kustomer")
	// ErrUnanswered says that a search brought no answer that can be used: it failed, took too long, was cut
	// off, too large or unreadable. A narrower one may be answered, unless the service as a whole is down.
	ErrUnanswered = errors.New("not answered by Kustomer")
	// ErrUnreadable says that Kustomer answers, but does not give one record: what is wrong is with the
	// record, as long as others of its kind can be read.
	ErrUnreadable = errors.New("this record cannot be read")
	// ErrMore says that a list has more than is read of it; what was read comes with it.
	ErrMore = errors.New("there are more in Kustomer than are read")
	// errOther says that another record came than was asked for, as from a cache that mixes up its answers.
	errOther = errors.New("it does not hold the record that was asked for")
)

// The roles that a key needs, any one of the documented ones.
const (
	roleSearch       = "org.permission.search.create"
	roleConversation = "org.permission.conversation.read"
	roleCustomer     = "org.permission.customer.read"
	roleUser         = "org.permission.user.read"
	roleTag          = "org.permission.tag.read" // observed
	roleTeam         = "org.permission.team.read"
	roleBrand        = "org.permission.brand.read"
)

// explain adds to a failure what to do about it in Kustomer's case.
func explain(err error, q request) error {
	e, ok := errors.AsType[*httpx.Error](err)
	if !ok {
		return err
	}
	if e.Hint == "" {
		e.Hint = hint(e, q)
	}
	switch {
	case e.Kind == httpx.Invalid:
		return markedError{err, ErrInvalid}
	case q.isSearch() && e.OfRequest() && !contradicts(e):
		return markedError{err, ErrUnanswered}
	}
	return err
}

// contradiction is an answer that came whole and denies itself. No narrower search would be any proof against
// a single row: nothing that the service counts is to be believed then.
type contradiction string

func (c contradiction) Error() string { return string(c) }

func contradicts(err error) bool {
	_, ok := errors.AsType[contradiction](err)
	return ok
}

func hint(e *httpx.Error, q request) string {
	switch {
	// A missing role is answered with 401 (observed): a new key might help nothing.
	case e.Status == http.StatusForbidden:
		return "the API key may not have this, or the role for it, " + cmp.Or(q.role, "whichever that is")
	case e.Kind == httpx.Credentials && q.role != "":
		// A missing role is answered with 401 as well.
		return "the API key is wrong or expired, or it lacks the role " + q.role +
			" (roles cannot be added to a key: create a new one)"
	case e.Kind == httpx.Credentials:
		return "the API key is wrong, expired, or of another organisation"
	case e.Status == http.StatusRequestEntityTooLarge:
		return "the request is larger than Kustomer takes, which acsync should never send: please report it"
	case e.Kind == httpx.Invalid && q.isSearch():
		return "Kustomer does not take one of the criteria of this search: please report it"
	case e.Kind == httpx.Redirected, e.Kind == httpx.Unreadable:
		return "is kustomer.base_url right?"
	case e.Kind == httpx.Limited:
		return "other integrations use the budget too: lower kustomer.requests_per_minute or " +
			"kustomer.searches_per_minute, or try again later"
	default:
		return ""
	}
}

// advise says what to do about an answer for what its body says. It looks for the documented text of a key
// that is used in another region, whose status is unknown.
func advise(body []byte) string {
	if bytes.Contains(bytes.ToLower(body), []byte("associated with pod")) {
		return "the key belongs to another region: use the organisation's own address, " +
			"https://<org>.api.kustomerapp.com"
	}
	return ""
}

// markedError is an error of this package as well, without another word.
type markedError struct {
	error
	as error
}

func (e markedError) Unwrap() []error { return []error{e.error, e.as} }

// otherKindError says that a record is not of the kind that it is named by; it is errOther.
type otherKindError string

func (k otherKindError) Error() string { return "is no " + string(k) }

func (otherKindError) Is(target error) bool { return target == errOther }

// asNotFound makes the 404 of a list or a record ErrNotFound as well, so a 410, and so an answer that always
// holds another record.
func asNotFound(err error) error {
	if e, ok := errors.AsType[*httpx.Error](err); ok &&
		(e.Kind == httpx.NotFound || e.Status == http.StatusGone || errors.Is(err, errOther)) {
		return fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	return err
}

// withoutCall is asNotFound for a call that Kustomer may not have: a 405 says so as well.
func withoutCall(err error) error {
	if e, ok := errors.AsType[*httpx.Error](err); ok && e.Status == http.StatusMethodNotAllowed {
		return fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	return err
}

// asService is a failure to read a record that is not the record's own after all.
func asService(err error) error {
	if e, ok := errors.AsType[markedError](err); ok && e.as == ErrUnreadable {
		return e.error
	}
	return err
}

// ofRecord is a failure to read a single record: that it does not exist, or ErrUnreadable where the failure
// may be the record's own.
func ofRecord(err error) error {
	if err = asNotFound(err); err == nil || errors.Is(err, ErrNotFound) {
		return err
	}
	e, ok := errors.AsType[*httpx.Error](err)
	// A missing role is answered with 401 (documented), a budget with 429; neither is about a record.
	if !ok || e.Status == http.StatusUnauthorized ||
		e.Kind == httpx.Limited || e.Kind == httpx.Redirected || e.Kind == httpx.Stopped {
		return err
	}
	return markedError{err, ErrUnreadable}
}
