package kustomer

import (
	"bytes"
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

// resource is one record, with its attributes and relationships still to be decoded.
type resource struct {
	Type       lenient.Value   `json:"type"`
	ID         lenient.Value   `json:"id"`
	Attributes json.RawMessage `json:"attributes"`
	Relations  json.RawMessage `json:"relationships"`
}

// relation is a relationship of a record to another one.
type relation struct {
	lenient.Of[struct {
		Data lenient.Of[struct {
			ID lenient.Value `json:"id"`
		}] `json:"data"`
	}]
}

// id is that of the other record, or "".
func (r relation) id() string { return r.Value.Data.Value.ID.Text }

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

// rows splits a list into its records. Those that are no object, have no id or no attributes, or are of
// another kind are in broken.
func rows(data json.RawMessage, kind string) (good []resource, broken []brokenRow, err error) {
	var raw []json.RawMessage
	if json.Unmarshal(data, &raw) != nil {
		return nil, nil, errors.New("its data is no list")
	}
	good = make([]resource, 0, len(raw))
	for _, item := range raw {
		if row, err := one(item, kind); err == nil {
			good = append(good, row)
		} else {
			broken = append(broken, brokenRow{row.ID.Text, err})
		}
	}
	return good, broken, nil
}

// brokenRow is a row of a list that cannot be read.
type brokenRow struct {
	id  string // "" where it has none
	err error
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
	// Nothing can be decided about it: "not done" would be a guess.
	case kind == conversationKind && !anyMember(row.Attributes):
		return row, errors.New("has no attributes")
	}
	return row, nil
}

// anyMember reports whether valid JSON is an object with something in it.
func anyMember(object json.RawMessage) bool {
	inside, found := bytes.CutPrefix(object, []byte{'{'})
	return found && !bytes.HasPrefix(bytes.TrimSpace(inside), []byte{'}'})
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

// decodeAddressee decodes the answer to a request for the customer with an address: a single record, or a
// list (in case). A customer without it is never taken for the one who has it.
func decodeAddressee(r *httpx.Response, email string) (resource, error) {
	e, err := parse(r)
	if err != nil {
		return resource{}, err
	}
	list, broken, err := rows(asList(e.Data), customerKind)
	found := slices.DeleteFunc(consistent(list), func(row resource) bool { return !mayHave(row, email) })
	switch {
	case err != nil:
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		err = errors.New("it holds several customers with one address")
	case len(list) == 0 && len(broken) > 0:
		err = broken[0].err
	default:
		err = errOther
	}
	return resource{}, r.Unreadable(fmt.Errorf("%s was expected: %w", customerKind, err))
}

// asList is a list of the records, of which there may be a single one.
func asList(data json.RawMessage) json.RawMessage {
	if data[0] == '[' {
		return data
	}
	return slices.Concat([]byte("["), data, []byte("]"))
}

// decodeThese decodes the answer to a request for the records with these ids, and leaves out what was not
// asked for. It may be a single record, or a list. A single id for which only others come is errOther.
func decodeThese(r *httpx.Response, kind string, ids []string) ([]resource, error) {
	e, err := parse(r)
	if err != nil {
		return nil, err
	}
	list, broken, err := rows(asList(e.Data), kind)
	other := func(answered string) bool {
		return !slices.ContainsFunc(ids, func(id string) bool { return strings.EqualFold(answered, id) })
	}
	asked := slices.DeleteFunc(consistent(list), func(row resource) bool { return other(row.ID.Text) })
	// Of a list, the others are wanted all the same.
	if single := len(ids) == 1; err == nil && single && len(asked) == 0 {
		switch {
		case len(broken) > 0 && (broken[0].id == "" || !other(broken[0].id)):
			err = broken[0].err
		case len(broken)+len(list) > 0:
			err = errOther
		}
	}
	if err != nil {
		return nil, r.Unreadable(fmt.Errorf("%s was expected: %w", kind, err))
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
