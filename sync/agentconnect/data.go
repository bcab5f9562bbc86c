package agentconnect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"acsync/sync/httpx"
)

// ErrNoSecret tells that the data cannot be read: that needs the account's API secret beside the key (documented).
var ErrNoSecret = errors.New("agent connect: its data cannot be read without the API secret; " +
	"set agent_connect.api_secret_file or AGENT_CONNECT_API_SECRET")

const (
	dataPath  = "/v2/data"
	dataRows  = 1000   // of one answer; the documented default
	dataPages = 10_000 // ten million interactions: a list that goes on is one without an end
	dataTries = 3      // of one call; each may last as long as DataTimeout

	// tokenAge is how old a fresh token says it is. One that seems to come from the future may be refused (inferred), and
	// this machine's clock may be a little ahead; tokens that were hours old were taken (observed).
	tokenAge = 10 * time.Second
	// dateForm is ISO 8601 with a numeric offset, as the documented example has it.
	dateForm = "2006-01-02T15:04:05-07:00"
)

// Interaction is what is read of a survey request that Agent Connect has taken: never a name or an address. Everything
// but UUID and Sequence may be missing (observed).
type Interaction struct {
	UUID             string
	Recovery         bool      // it follows up on another one
	Parent           string    // the UUID of that one
	Sequence         int64     // grows; a row gets a new one whenever it changes (documented), and then shows again
	ExtInteractionID string    // the conversation's id, of requests made by acsync
	Intent           string    // custom_properties.acsync_intent: the stamp of the attempt that arrived
	CreatedAt        time.Time // when Agent Connect received it, by its clock; UTC; zero when that is not told
	Status           string    // of the delivery, such as "Sent"; the exact words are unknown
	RequestedVia     string    // "API" or "manual" (documented)
}

// dataReader reads the interactions of one account.
type dataReader struct {
	options httpx.ServiceOptions
	secret  string
	pacer   *httpx.Pacer
	retry   httpx.Retry
}

// newDataReader checks the secret; without one the reader refuses to read.
func newDataReader(o Options) (dataReader, error) {
	if o.APISecret == "" {
		return dataReader{}, nil
	}
	if err := httpx.CheckKey(o.APISecret); err != nil {
		return dataReader{}, fmt.Errorf("agent connect: the API secret %w", err)
	}
	client := o.HTTP
	if client == nil {
		client = httpx.NewClient(httpx.TransportOptions{Connections: 1})
	}
	return dataReader{
		secret: o.APISecret, pacer: o.Data,
		retry: httpx.Retry{Tries: dataTries, Paced: o.Data != nil, Notify: o.Notify},
		options: httpx.ServiceOptions{
			Name: "agent connect", BaseURL: o.BaseURL, Setting: "agent_connect.base_url",
			Header:  http.Header{"X-Api-Key": {o.APIKey}},
			Secrets: []string{o.APIKey, o.APISecret}, UserAgent: o.UserAgent,
			Timeout: cmp.Or(o.DataTimeout, 5*time.Minute), HTTP: client,
		},
	}, nil
}

// Since gives the interactions that were created at since or later, by Agent Connect's clock; a zero time gives all.
// Recoveries are among them. A row that changes meanwhile comes again.
//
// An error is the last thing it gives. When there is none, everything that Agent Connect shows has been given; that is
// not yet all it has taken, since its data lag behind (by how much is unknown) and rows can vanish (observed). Errors of
// the service, or of the way to it, are *httpx.Error; without a secret the error is ErrNoSecret.
func (c *Client) Since(ctx context.Context, since time.Time) iter.Seq2[Interaction, error] {
	return c.Between(ctx, since, time.Time{})
}

// Between is Since with an end: it gives what was created at until or earlier. A zero time is no end.
func (c *Client) Between(ctx context.Context, since, until time.Time) iter.Seq2[Interaction, error] {
	return func(yield func(Interaction, error) bool) {
		if c.data.secret == "" {
			yield(Interaction{}, ErrNoSecret)
			return
		}
		pages := paging{}
		for range dataPages {
			rows, err := c.data.page(ctx, span{since, until}, pages.after)
			for _, row := range rows {
				if !yield(row, nil) {
					return
				}
			}
			if err == nil {
				err = pages.turn(rows)
			}
			if err != nil || pages.done {
				if err = cmp.Or(err, pages.disorder); err != nil {
					yield(Interaction{}, err)
				}
				return
			}
		}
		yield(Interaction{}, fmt.Errorf("agent connect: its data have no end: they were read for %d pages; "+
			"is agent_connect.base_url right?", dataPages))
	}
}

// paging goes from page to page by the greatest sequence id.
type paging struct {
	after    int64 // exclusive
	done     bool
	disorder error // pages were not sorted: something may have been left out
}

// turn takes in a page. Only one that brings nothing ends the list: a short one may just be as long as the service likes
// to make them, and what is overlooked here would be taken for not there.
func (p *paging) turn(rows []Interaction) error {
	greatest, last := int64(0), p.after
	for _, row := range rows {
		if row.Sequence < last && row.Sequence > 0 {
			p.disorder = errors.New("agent connect: its data are not sorted by sequence id, so that some may have been left out")
		}
		last = max(last, row.Sequence)
		greatest = max(greatest, row.Sequence)
	}
	// A page that only repeats where the last one ended comes of an id that is not taken as exclusive.
	p.done = !slices.ContainsFunc(rows, func(row Interaction) bool { return row.Sequence != p.after || p.after == 0 })
	switch {
	case p.done:
		return nil
	case greatest == 0:
		return errors.New("agent connect: its data have no sequence ids to go on by; is agent_connect.base_url right?")
	case greatest <= p.after:
		return errors.New("agent connect: its data come back to what was read already, so that they cannot be read to their end")
	}
	p.after = greatest
	return nil
}

// span is the time of creation of what is to be read, both ends included; zero for no end.
type span struct{ since, until time.Time }

// page reads one page, as often as it takes.
func (d dataReader) page(ctx context.Context, of span, after int64) ([]Interaction, error) {
	query := url.Values{"limit": {strconv.Itoa(dataRows)}, "include_recovery": {"true"}}
	if !of.since.IsZero() {
		query.Set("created_at_gte", of.since.UTC().Format(dateForm))
	}
	if !of.until.IsZero() {
		query.Set("created_at_lte", of.until.UTC().Format(dateForm))
	}
	if after > 0 {
		query.Set("after", strconv.FormatInt(after, 10))
	}
	rows, err := httpx.Read(ctx, d.retry, func(ctx context.Context) ([]Interaction, error) {
		if err := httpx.Wait(ctx, d.pacer); err != nil {
			return nil, err
		}
		return d.read(ctx, query.Encode())
	})
	return rows, explainData(err)
}

// read makes one call.
func (d dataReader) read(ctx context.Context, query string) ([]Interaction, error) {
	resp, err := d.get(ctx, dataPath, query)
	if err != nil {
		return nil, err
	}
	return decodeData(resp)
}

// get makes one call that needs the secret. It signs a token of its own (how long one is taken for is unknown), without
// "Bearer" (documented). What is private in the query is taken out of errors, in case that the service echoes it.
func (d dataReader) get(ctx context.Context, path, query string, private ...string) (*httpx.Response, error) {
	token, err := d.token(time.Now())
	if err != nil {
		return nil, err
	}
	options := d.options
	options.Header = options.Header.Clone()
	options.Header.Set("Authorization", token)
	service, err := httpx.NewService(options)
	if err != nil {
		return nil, err
	}
	return service.Do(ctx, httpx.Call{
		Method: http.MethodGet, Path: path, Query: query, Secrets: append(private, token), Paced: []*httpx.Pacer{d.pacer},
	})
}

// token is a JSON web token with nothing but its time in it (documented).
func (d dataReader) token(now time.Time) (string, error) {
	claims := jwt.RegisteredClaims{IssuedAt: jwt.NewNumericDate(now.Add(-tokenAge))}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(d.secret))
	if err != nil {
		return "", fmt.Errorf("agent connect: the token for its data cannot be signed: %w", err)
	}
	return token, nil
}

// explainData adds what to do about a failure to read the data.
func explainData(err error) error {
	if e, ok := errors.AsType[*httpx.Error](err); ok && e.Kind == httpx.Credentials {
		e.Hint = "check agent_connect.api_key_file and agent_connect.api_secret_file, which must be of one account"
	}
	return explained(err)
}
