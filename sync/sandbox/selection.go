package sandbox

import (
	"errors"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"time"
)

const maxDataRows = 1000 // of one answer; documented as the default

// selection is what a call of GET /v2/data asks for. There is no filter by the caller's own id (documented).
type selection struct {
	createdFrom, createdTo time.Time // both inclusive, as the names of the parameters say; a zero end is open
	after                  int       // sequence id
	limit                  int
	recoveries             bool
}

func parseSelection(query url.Values) (selection, error) {
	by := selection{limit: maxDataRows}
	err := errors.Join(
		unknownParameter(query, "created_at_gte", "created_at_lte", "after", "limit", "include_recovery"),
		timeParameter(query, "created_at_gte", &by.createdFrom),
		timeParameter(query, "created_at_lte", &by.createdTo),
		numberParameter(query, "after", 0, math.MaxInt32, &by.after),
		numberParameter(query, "limit", 1, maxDataRows, &by.limit),
	)
	if query.Has("include_recovery") && err == nil {
		by.recoveries, err = strconv.ParseBool(query.Get("include_recovery"))
	}
	return by, err
}

func timeParameter(query url.Values, name string, into *time.Time) error {
	if !query.Has(name) {
		return nil
	}
	t, err := time.Parse(time.RFC3339, query.Get(name))
	if err != nil {
		return fmt.Errorf("%s must be ISO 8601 with an offset", name)
	}
	*into = t
	return nil
}

// holds reports whether an interaction is asked for.
func (by *selection) holds(i *interaction) bool {
	return i.sequence > by.after && (by.recoveries || i.parent == "") && !i.At.Before(by.createdFrom) &&
		(by.createdTo.IsZero() || !i.At.After(by.createdTo))
}
