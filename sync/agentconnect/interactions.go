package agentconnect

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"acsync/sync/httpx"
	"acsync/sync/httpx/lenient"
)

const (
	dataPath  = "/v2/data"
	dataRows  = 1000   // of one answer; the documented default
	dataPages = 10_000 // ten million interactions: a list that goes on is one without an end
	fewRows   = 10     // a page of fewer is all but empty
	fewPages  = 100    // of those in a row: a list that goes on like that would take hours
	// dateLayout is ISO 8601 with a numeric offset, as the documented example has it.
	dateLayout = "2006-01-02T15:04:05-07:00"
)

// Interaction is what is read of a survey request that Agent Connect has taken: never a name or an address.
// Everything but UUID, Sequence, Brand and Channel may be missing (observed); times are UTC then, by Agent
// Connect's clock, and zero where they are not told.
type Interaction struct {
	UUID             string
	Recovery         bool        // it follows up on another one
	Parent           string      // the UUID of the one that it follows up on
	Sequence         int64       // grows; a row that changes gets a new one (documented), and then shows again
	ExtInteractionID string      // the conversation's id, of requests made by acsync
	Intent           string      // custom_properties.acsync_intent: the stamp of the attempt that arrived
	Brand            string      // branding (documented): one of Agent Connect's, not of Kustomer's
	Channel          string      // as it is set up in Agent Connect (documented)
	Language         string      // such as "en" (documented)
	Customer         AddressHash // of the customer's address; zero where that is null, as after it was expunged
	CreatedAt        time.Time   // when Agent Connect received it
	SentAt           time.Time   // request_sent_at (documented): when the mail left
	DeliveredAt      time.Time   // delivered_at (observed): when the mail arrived
	AnsweredAt       time.Time   // response_received_at (documented)
	Status           string      // of the delivery, such as "Sent"; the exact words are unknown: see Delivery
	RequestedVia     string      // "API" or "manual" (documented)
}

// interactionReader reads the interactions of one account.
type interactionReader struct {
	data dataReader
	key  addressKey
}

// Since yields the interactions that were created at since or later, by Agent Connect's clock; a zero time
// yields all. Recoveries are among them. A row that changes meanwhile comes again.
//
// An error is the last thing it yields. When there is none, everything that Agent Connect shows has come;
// that is not yet all it has taken, since its data lag behind (by how much is unknown) and rows can vanish
// (observed). Errors of the service, or of the way to it, are *httpx.Error; without a secret the error is
// ErrNoSecret.
func (i interactionReader) Since(ctx context.Context, since time.Time) iter.Seq2[Interaction, error] {
	return i.Between(ctx, since, time.Time{})
}

// Between is Since with an end: it yields what was created at until or earlier. A zero time is no end.
func (i interactionReader) Between(
	ctx context.Context, since, until time.Time,
) iter.Seq2[Interaction, error] {
	return func(yield func(Interaction, error) bool) {
		query := url.Values{"limit": {strconv.Itoa(dataRows)}, "include_recovery": {"true"}}
		if !since.IsZero() {
			query.Set("created_at_gte", since.UTC().Format(dateLayout))
		}
		if !until.IsZero() {
			query.Set("created_at_lte", until.UTC().Format(dateLayout))
		}
		walk := sequenceWalk{}
		eachPage(i.data, "its data have", dataPages, func() ([]Interaction, bool, error) {
			if walk.after > 0 {
				query.Set("after", strconv.FormatInt(walk.after, 10))
			}
			rows, err := fetch(ctx, i.data, dataPath, query, nil, i.decode)
			if err != nil {
				return nil, false, err
			}
			more, err := walk.turn(rows)
			return rows, more, err
		}, yield)
	}
}

// Glance is one short look at Agent Connect's data.
type Glance struct {
	Rows []Interaction // the first that were created since then, as the data give them
	Most int           // so many were asked for at most
	At   time.Time     // the service's clock when it answered (the Date header); zero when it told none
}

// Glance reads at most so many interactions that were created since a time, by one call: it proves the key
// and the secret, and creates nothing. The errors are those of Since.
func (i interactionReader) Glance(ctx context.Context, since time.Time, most int) (Glance, error) {
	if i.data.service == nil {
		return Glance{}, ErrNoSecret
	}
	var at time.Time
	rows, err := fetch(ctx, i.data, dataPath, url.Values{
		"limit": {strconv.Itoa(most)}, "include_recovery": {"true"},
		"created_at_gte": {since.UTC().Format(dateLayout)},
	}, nil, func(resp *httpx.Response) ([]Interaction, error) {
		at = httpx.ServerTime(resp.Header)
		return i.decode(resp)
	})
	return Glance{Rows: rows, Most: most, At: at}, err
}

// sequenceWalk goes from page to page by the greatest sequence id.
type sequenceWalk struct {
	after    int64 // exclusive
	sparse   int   // pages in a row that were all but empty
	disorder error // pages were not sorted: something may have been left out
}

// turn takes in a page, and reports whether there is another. Only a page that brings nothing ends the list:
// a short one may just be as long as the service likes to make them, and what is overlooked here would be
// taken for not there.
func (w *sequenceWalk) turn(rows []Interaction) (more bool, err error) {
	greatest, last := int64(0), w.after
	for _, row := range rows {
		if row.Sequence < last && row.Sequence > 0 {
			w.disorder = errors.New("agent connect: its data are not sorted by sequence id, " +
				"so that some may have been left out")
		}
		last = max(last, row.Sequence)
		greatest = max(greatest, row.Sequence)
	}
	// A page that only repeats where the last one ended comes of an id that is not taken as exclusive.
	fresh := w.after == 0 && len(rows) > 0 ||
		slices.ContainsFunc(rows, func(row Interaction) bool { return row.Sequence != w.after })
	if w.sparse++; len(rows) >= fewRows {
		w.sparse = 0
	}
	switch {
	case !fresh:
		return false, w.disorder
	case w.sparse >= fewPages:
		return false, fmt.Errorf("agent connect: its data come in pages of a few rows, %d in a row, and have "+
			"no end; is agent_connect.base_url right?", fewPages)
	case greatest == 0:
		return false, errors.New("agent connect: its data have no sequence ids to go on by; " +
			"is agent_connect.base_url right?")
	case greatest <= w.after:
		return false, errors.New("agent connect: its data come back to what was read already, " +
			"so that they cannot be read to their end")
	}
	w.after = greatest
	return true, nil
}

// errDataShape is the error of an answer that is JSON, but no list of interactions.
var errDataShape = errors.New("it is not a list of interactions")

// decode reads an answer.
func (i interactionReader) decode(resp *httpx.Response) ([]Interaction, error) {
	page := interactionPage{rows: interactionRows{key: i.key}}
	if err := resp.Decode(&page); err != nil {
		return nil, err
	}
	if page.rows.list == nil || page.rows.odd {
		return nil, resp.Unreadable(errDataShape)
	}
	return page.rows.list, nil
}

// interactionPage is an answer: an array (documented and observed), or an object with the array as its data
// (in case; the vendor's schema wrongly has an object).
type interactionPage struct{ rows interactionRows }

// UnmarshalJSONFrom never fails on valid JSON.
func (p *interactionPage) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	if d.PeekKind() != '{' {
		return p.rows.UnmarshalJSONFrom(d)
	}
	object := struct {
		Data interactionRows `json:"data"`
	}{p.rows}
	err := json.UnmarshalDecode(d, &object)
	p.rows = object.Data
	return err
}

// interactionRows reads the rows one by one. It takes anything for a missing value but a row that is none at
// all: that could be the very row that is looked for.
type interactionRows struct {
	key  addressKey
	list []Interaction // nil: this is no list of interactions
	odd  bool          // something else is there in its place, once at least
}

// UnmarshalJSONFrom never fails on valid JSON.
func (r *interactionRows) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	r.list = nil
	if kind := d.PeekKind(); kind != '[' {
		r.odd = r.odd || kind != 'n'
		return d.SkipValue()
	}
	list, isList, room := []Interaction{}, true, new(lenient.Of[interaction])
	err := lenient.Each(d, func() error {
		if d.PeekKind() == 'n' {
			return d.SkipValue()
		}
		*room = lenient.Of[interaction]{}
		err := room.UnmarshalJSONFrom(d)
		row := room.Value.read(r.key)
		isList = isList && (row.UUID != "" || row.Sequence != 0)
		list = append(list, row)
		return err
	})
	if isList {
		r.list = list
	}
	return err
}

// timeLayouts are the forms that times are read in. All have an offset: a time without one is nowhere
// documented, and taking it for one of some zone could take an old interaction for a new one.
var timeLayouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02 15:04:05.999999999 Z0700",
}

// interaction is a row as it comes; what is not named here is not read, the answers and the agent among it.
type interaction struct {
	UUID         lenient.Value `json:"uuid"`
	Sequence     lenient.Value `json:"sequence_id"`
	Recovery     lenient.Value `json:"is_recovery"`
	Parent       lenient.Value `json:"parent_uuid"`
	Ext          lenient.Value `json:"ext_interaction_id"`
	Created      lenient.Value `json:"request_created_at"`
	Status       lenient.Value `json:"request_delivery_status"`
	RequestedVia lenient.Value `json:"requested_via"`
	Brand        lenient.Value `json:"branding"`
	Channel      lenient.Value `json:"channel"`
	Language     lenient.Value `json:"language"`
	Sent         lenient.Value `json:"request_sent_at"`
	Delivered    lenient.Value `json:"delivered_at"`
	Answered     lenient.Value `json:"response_received_at"`
	Customer     lenient.Of[struct {
		Email lenient.Value `json:"email"`
	}] `json:"customer"`
	Properties lenient.Of[struct {
		Intent lenient.Value `json:"acsync_intent"`
	}] `json:"custom_properties"`
}

// read takes the values out of a row. Of the customer's address nothing but a hash is kept.
func (r *interaction) read(key addressKey) Interaction {
	sequence, _ := r.Sequence.Int()
	return Interaction{
		UUID: r.UUID.Text, Recovery: r.Recovery.True || r.Parent.Text != "", Parent: r.Parent.Text,
		Sequence: max(sequence, 0), ExtInteractionID: r.Ext.Text, Intent: r.Properties.Value.Intent.Text,
		Brand: r.Brand.Text, Channel: r.Channel.Text, Language: r.Language.Text,
		Customer:  key.hash(r.Customer.Value.Email.Text),
		CreatedAt: r.Created.Time(timeLayouts...), SentAt: r.Sent.Time(timeLayouts...),
		DeliveredAt: r.Delivered.Time(timeLayouts...), AnsweredAt: r.Answered.Time(timeLayouts...),
		Status: r.Status.Text, RequestedVia: r.RequestedVia.Text,
	}
}
