package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"acsync/sync/config"
	"acsync/sync/exit"
	"acsync/sync/httpx"
	"acsync/sync/kustomer"
)

// Kustomer is what the probes ask of Kustomer. Each call but Conversations is one request.
type Kustomer interface {
	ServerTime(ctx context.Context) (time.Time, error)
	SearchConversations(ctx context.Context, q kustomer.Query) (kustomer.Page[kustomer.Conversation], error)
	SearchCustomers(ctx context.Context, q kustomer.Query) (kustomer.Page[kustomer.Customer], error)
	Conversations(ctx context.Context, ids []string) ([]kustomer.Conversation, error)
	Customer(ctx context.Context, id string) (kustomer.Customer, error)
	User(ctx context.Context, id string) (kustomer.User, error)
	FirstUsers(ctx context.Context) ([]kustomer.User, error)
	FirstTags(ctx context.Context) ([]kustomer.Tag, error)
	FirstTeams(ctx context.Context) ([]kustomer.Team, error)
	FirstBrands(ctx context.Context) ([]kustomer.Brand, error)
}

const (
	day      = 24 * time.Hour
	pageSize = 500 // what passes ask for
	fewRows  = 10  // enough to see what a key may read
	// nobody is an id that no record has: whether a key may read records shows in that it is not found.
	nobody = "000000000000000000000000"

	// As passes have them: beyond the one they warn, beyond the other they refuse.
	clockLook  = 5 * time.Second
	clockLimit = 5 * time.Minute

	expiresSoon = 30 * day
)

// errNotAsked is why a day was not read that nobody could ask for.
var errNotAsked = errors.New("it was not asked for")

// kustomerSide makes the probes of Kustomer, and keeps what they have read for those that come after.
type kustomerSide struct {
	client   Kustomer // nil: no call can be made
	settings config.Config
	lacks    []config.Fault // what is missing for a call
	now      func() time.Time
	rows     int // of the newest day, at most

	down   string    // why nothing more is asked; empty: nothing speaks against it
	at     time.Time // Kustomer's clock, when it was asked
	day    kustomer.Page[kustomer.Conversation]
	unread error           // why the day could not be read; nil: it was
	barred map[string]bool // kinds of records that the key may not read
	users  []kustomer.User
	brands []kustomer.Brand
}

func (k *kustomerSide) probes() []Probe {
	role := after("Kustomer", func() string { return k.down })
	return []Probe{
		{"Kustomer", "key", k.key},
		role("clock", k.clock),
		role("search", k.search),
		role("conversations", k.conversationRole),
		role("customers", k.customerRole),
		role("users", k.userRole),
		role("tags", k.tagRole),
		role("teams", k.teamRole),
		role("brands", k.brandRole),
	}
}

// key proves the key by the call that every valid one may make.
func (k *kustomerSide) key(ctx context.Context) Result {
	k.down, k.unread = "Kustomer does not answer", errNotAsked
	if len(k.lacks) > 0 || k.client == nil {
		k.down = "Kustomer cannot be called yet"
		return lacking(k.lacks)
	}
	at, err := k.client.ServerTime(ctx)
	if err != nil {
		if api, isCall := errors.AsType[*httpx.Error](err); isCall && api.Kind == httpx.Credentials {
			k.down = "Kustomer's key is not taken"
		}
		return failure(err)
	}
	k.down, k.at, k.unread = "", at, nil
	claims, said := kustomer.ReadKey(k.settings.Kustomer.APIKey.Reveal())
	text := "taken by " + k.settings.KustomerURL()
	if claims.Pod != "" {
		text += ", region " + claims.Pod
	}
	org := k.settings.Kustomer.Org
	switch left := claims.Expires.Sub(at); {
	case !said:
		return ok("%s", text)
	case claims.Org != "" && org != "" && !strings.EqualFold(claims.Org, org):
		return look("compare kustomer.org with the organisation that has made the key",
			"%s, but it says that it is of %q, and kustomer.org is %q", text, claims.Org, org)
	case claims.Expires.IsZero():
		return ok("%s; it says nothing of an end", text)
	case left < expiresSoon:
		return look("create a new key before then, with the same roles",
			"%s; it ends on %s", text, claims.Expires.Format(time.DateOnly))
	}
	return ok("%s; it ends on %s", text, claims.Expires.Format(time.DateOnly))
}

// lacking is the result of a part of the configuration that is not there.
func lacking(faults []config.Fault) Result {
	var texts []string
	for _, f := range faults {
		texts = append(texts, f.Key+" "+f.Message)
	}
	return failed(exit.Usage, "", "%s", cmp.Or(strings.Join(texts, "; "), "it is not set up"))
}

func (k *kustomerSide) clock(context.Context) Result { return clockResult("Kustomer", k.at, k.now()) }

// clockResult compares this machine's clock with that of a service.
func clockResult(service string, theirs, ours time.Time) Result {
	if theirs.IsZero() {
		return notRun("%s did not tell its clock", service)
	}
	apart, where := ours.Sub(theirs).Round(time.Second), "ahead of"
	if apart < 0 {
		where = "behind"
	}
	text := fmt.Sprintf("this machine's is %s %s %s's", apart.Abs(), where, service)
	switch {
	case apart.Abs() > clockLimit:
		return failed(exit.Usage,
			"set this machine's clock right (NTP), unless it is the other one that is wrong: "+
				"passes refuse more than 5m", "%s", text)
	case apart.Abs() > clockLook:
		return look("set this machine's clock right (NTP)", "%s", text)
	case apart == 0:
		return ok("this machine's agrees with %s's", service)
	}
	return ok("%s", text)
}

// search reads of the newest day, as a pass would, and keeps that for other probes.
func (k *kustomerSide) search(ctx context.Context) Result {
	page, err := k.client.SearchConversations(ctx, kustomer.Query{
		From: k.at.Add(-day), To: k.at, PageSize: k.rows, Failures: 1,
	})
	k.day, k.unread = page, err
	// The key may search, and that it does not take this search is for the probe of done times to say.
	if err != nil && !errors.Is(err, kustomer.ErrInvalid) {
		return failure(err)
	}
	return ok("may be asked")
}

// sampled are ids of the day's conversations, so many at most; one that no conversation has where there are
// none.
func (k *kustomerSide) sampled(most int) []string {
	var ids []string
	for _, c := range k.day.Items[:min(most, len(k.day.Items))] {
		ids = append(ids, c.ID)
	}
	if len(ids) == 0 {
		return []string{nobody}
	}
	return ids
}

// Records that several probes read.
const (
	conversations = "conversations"
	customers     = "customers"
)

// bar notes that records cannot be read, so that no other probe says it again.
func (k *kustomerSide) bar(kind string) {
	if k.barred == nil {
		k.barred = map[string]bool{}
	}
	k.barred[kind] = true
}

func (k *kustomerSide) conversationRole(ctx context.Context) Result {
	if _, err := k.client.Conversations(ctx, k.sampled(1)); err != nil {
		k.bar(conversations)
		return failure(err)
	}
	return ok("can be read by id")
}

func (k *kustomerSide) customerRole(ctx context.Context) Result {
	id := nobody
	for _, c := range k.day.Items {
		id = cmp.Or(c.CustomerID, id)
	}
	customer, err := k.client.Customer(ctx, id)
	if err != nil && !errors.Is(err, kustomer.ErrNotFound) {
		k.bar(customers)
		return failure(err)
	}
	for _, email := range customer.Emails {
		if email.Address.Masked {
			return look("create a key that may read sensitive data: a customer without an address is not asked",
				"can be read by id, but their addresses are masked for this key")
		}
	}
	return ok("can be read by id")
}

func (k *kustomerSide) userRole(ctx context.Context) (r Result) {
	k.users, r = first(ctx, k.client.FirstUsers, "users", pageSize)
	return r
}

func (k *kustomerSide) tagRole(ctx context.Context) Result {
	_, r := first(ctx, k.client.FirstTags, "tags", 100)
	return r
}

// teamRole and brandRole are of names that reports alone show.
func (k *kustomerSide) teamRole(ctx context.Context) Result {
	_, r := first(ctx, k.client.FirstTeams, "teams", pageSize)
	return forReports(r)
}

func (k *kustomerSide) brandRole(ctx context.Context) (r Result) {
	k.brands, r = first(ctx, k.client.FirstBrands, "brands", 100)
	return forReports(r)
}

// first reads the first page of a list, which has at most so many rows.
func first[T any](
	ctx context.Context, list func(context.Context) ([]T, error), what string, most int,
) ([]T, Result) {
	rows, err := list(ctx)
	switch {
	case errors.Is(err, kustomer.ErrNotFound) || errors.Is(err, kustomer.ErrUnreadable):
		return nil, look("", "Kustomer does not list %s: each is read by itself", what)
	case err != nil:
		return nil, failure(err)
	case len(rows) >= most:
		return rows, ok("can be listed: %d on the first page, and perhaps more", len(rows))
	}
	return rows, ok("can be listed: %d", len(rows))
}

// forReports is the result of a list that no pass needs.
func forReports(r Result) Result {
	if r.Level != OK {
		r.Level, r.Code = Look, exit.Done
		r.Text += " (passes do without; reports show ids in place of names)"
	}
	return r
}
