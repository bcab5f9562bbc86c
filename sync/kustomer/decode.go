package kustomer

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"acsync/sync/httpx"
	"acsync/sync/httpx/lenient"
)

// envelope is the outside of an answer: one resource or a list of them.
type envelope struct {
	Data json.RawMessage  `json:"data"`
	Meta lenient.Of[meta] `json:"meta"`
	Link lenient.Of[struct {
		Next lenient.Value `json:"next"`
	}] `json:"links"`
}

type meta struct {
	PageSize   lenient.Value `json:"pageSize"`
	Total      lenient.Value `json:"total"`
	TotalPages lenient.Value `json:"totalPages"`
}

// next is the link to the next page, and whether there is one, readable or not.
func (e envelope) next() (link string, more bool) {
	next := e.Link.Value.Next
	return next.Text, next.MaybeTrue
}

// resource is one record, with its attributes still to be decoded.
type resource struct {
	Type       lenient.Value   `json:"type"`
	ID         lenient.Value   `json:"id"`
	Attributes json.RawMessage `json:"attributes"`
	Relations  lenient.Of[map[string]lenient.Of[struct {
		Data lenient.Of[struct {
			ID lenient.Value `json:"id"`
		}] `json:"data"`
	}]] `json:"relationships"`
}

// related is the id at the other end of a relationship, or "".
func (r resource) related(name string) string {
	return r.Relations.Value[name].Value.Data.Value.ID.Text
}

// parse decodes an answer's envelope, and requires that it has data.
func parse(r *httpx.Response) (envelope, error) {
	var e envelope
	if err := r.Decode(&e); err != nil {
		return e, err
	}
	if len(e.Data) == 0 || string(e.Data) == "null" {
		return e, r.Unreadable(errors.New("it has no data"))
	}
	return e, nil
}

// rows splits a list into its records. Those that are no object, have no id or are of another kind are in
// broken, each with its place.
func rows(data json.RawMessage, kind string) (good []resource, broken []error, err error) {
	var raw []json.RawMessage
	if json.Unmarshal(data, &raw) != nil {
		return nil, nil, errors.New("its data is no list")
	}
	good = make([]resource, 0, len(raw))
	for i, item := range raw {
		row, err := one(item, kind)
		if err != nil {
			broken = append(broken, fmt.Errorf("row %d of %d %w", i+1, len(raw), err))
			continue
		}
		good = append(good, row)
	}
	return good, broken, nil
}

// one decodes a single record.
func one(data json.RawMessage, kind string) (resource, error) {
	var row resource
	switch {
	case json.Unmarshal(data, &row) != nil || data[0] != '{':
		return row, errors.New("is no object")
	case row.ID.Text == "":
		return row, errors.New("has no id")
	case row.Type.Text != "" && row.Type.Text != kind:
		return row, otherKindError(kind)
	}
	return row, nil
}

// decodeOne decodes the answer to a request for one record. No other record is ever taken for it, also not
// the one that it was merged into.
func decodeOne(r *httpx.Response, kind, id string) (resource, error) {
	list, err := decodeThese(r, kind, []string{id})
	if err == nil && len(list) == 0 {
		err = r.Unreadable(errOther)
	}
	if err != nil {
		return resource{}, err
	}
	return list[0], nil
}

// decodeThese decodes the answer to a request for the records with these ids, and leaves out what was not
// asked for. It may be a single record, or a list. A single id for which only others come is errOther.
func decodeThese(r *httpx.Response, kind string, ids []string) ([]resource, error) {
	e, err := parse(r)
	if err != nil {
		return nil, err
	}
	data := e.Data
	if data[0] != '[' {
		data = slices.Concat([]byte("["), data, []byte("]"))
	}
	list, broken, err := rows(data, kind)
	if err == nil && len(broken) > 0 {
		err = broken[0]
	}
	if err != nil {
		return nil, r.Unreadable(fmt.Errorf("%s was expected: %w", kind, err))
	}
	asked := slices.DeleteFunc(consistent(list), func(row resource) bool {
		return !slices.ContainsFunc(ids, func(id string) bool { return strings.EqualFold(row.ID.Text, id) })
	})
	if len(ids) == 1 && len(list) > 0 && len(asked) == 0 {
		return nil, r.Unreadable(errOther)
	}
	return asked, nil
}

// consistent is a list with each record once. Ids are hexadecimal, and the same in either case. A record that
// comes several times, and not always the same, is left out, since nobody can tell which is right; what it is
// can be had singly.
func consistent(list []resource) []resource {
	first, doubtful := make(map[string]resource, len(list)), map[string]bool{}
	var kept []resource
	for _, row := range list {
		key := strings.ToLower(row.ID.Text)
		earlier, twice := first[key]
		if !twice {
			first[key] = row
			kept = append(kept, row)
			continue
		}
		row.ID = earlier.ID
		doubtful[key] = doubtful[key] || !reflect.DeepEqual(row, earlier)
	}
	return slices.DeleteFunc(kept, func(row resource) bool { return doubtful[strings.ToLower(row.ID.Text)] })
}

// each decodes every record of a list.
func each[T any](list []resource, decode func(resource) T) []T {
	items := make([]T, len(list))
	for i, row := range list {
		items[i] = decode(row)
	}
	return items
}
