package agentconnect

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"acsync/sync/httpx"
)

// Glance is one short look at Agent Connect's data.
type Glance struct {
	Rows []Interaction // the first that were created since then, as the data give them
	Most int           // so many were asked for at most
	At   time.Time     // the service's clock when it answered (the Date header); zero when it told none
}

// Glance reads at most so many interactions that were created since a time, by one call: it proves the key and the
// secret, and creates nothing. The errors are those of Since.
func (i interactionReader) Glance(ctx context.Context, since time.Time, most int) (Glance, error) {
	if i.data.service == nil {
		return Glance{}, ErrNoSecret
	}
	var at time.Time
	rows, err := fetchWhole(ctx, i.data, dataPath, url.Values{
		"limit": {strconv.Itoa(most)}, "include_recovery": {"true"},
		"created_at_gte": {since.UTC().Format(dateLayout)},
	}, nil, func(resp *httpx.Response, body []byte) ([]Interaction, error) {
		at = httpx.ServerTime(resp.Header)
		return i.decode(body)
	})
	return Glance{Rows: rows, Most: most, At: at}, err
}
