package kustomer

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"acsync/sync/httpx"
)

// getter reads single records.
type getter struct{ api *api }

// Customer returns one customer; the error is ErrNotFound when there is none, as after a deletion, and when
// Kustomer goes on to answer with another one, and ErrUnreadable when the failure may be the record's own.
func (g getter) Customer(ctx context.Context, id string) (Customer, error) {
	return get(ctx, g.api, customers, id, roleCustomer)
}

// User returns one user; the error is ErrNotFound as with Customer.
func (g getter) User(ctx context.Context, id string) (User, error) {
	return get(ctx, g.api, users, id, roleUser)
}

// Tag returns one tag; the error is ErrNotFound as with Customer, and when Kustomer has no such call (it is
// inferred from the others).
func (g getter) Tag(ctx context.Context, id string) (Tag, error) {
	tag, err := get(ctx, g.api, tags, id, roleTag)
	return tag, withoutCall(err)
}

// CustomerByEmail returns the customer with this address (documented); the error is ErrNotFound as with
// Customer, and when the one that comes has other addresses only. One whose addresses are masked is taken.
// The address is in no error.
func (g getter) CustomerByEmail(ctx context.Context, email string) (Customer, error) {
	email = strings.TrimSpace(email)
	mailbox, _, ok := strings.Cut(email, "@")
	if !ok || mailbox == "" {
		return Customer{}, fmt.Errorf("a customer by e-mail address: what was given is none: %w", ErrNotFound)
	}
	q := request{
		// A plus sign is one in a path, but not everybody who decodes it knows.
		path:  "/v1/customers/email=" + strings.ReplaceAll(url.PathEscape(email), "+", "%2B"),
		shown: "/v1/customers/email=***", private: []string{email, mailbox}, role: roleCustomer,
	}
	customer, err := read(ctx, g.api, q, func(r *httpx.Response) (Customer, error) {
		return decodeAddressee(r, email)
	})
	return customer, ofRecord(err)
}

// get reads one record of the given kind.
func get[A, T any](ctx context.Context, a *api, kind recordKind[A, T], id, role string) (T, error) {
	if !addressable(id) {
		return *new(T), fmt.Errorf("%s %q: %w", kind.name, id, ErrNotFound)
	}
	q := request{path: "/v1/" + kind.name + "s/" + url.PathEscape(id), role: role}
	value, err := read(ctx, a, q, func(r *httpx.Response) (T, error) {
		return decodeOne(r, kind, id)
	})
	return value, ofRecord(err)
}

// addressable reports whether id addresses one record, and nothing else.
func addressable(id string) bool {
	return id != "" && id != "." && id != ".." && !strings.Contains(id, ",")
}
