package kustomer

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"acsync/sync/httpx"
	"acsync/sync/httpx/lenient"
)

// recordKind is a kind of records: how it is named in answers, and what is made of one. A are the attributes
// that are used.
type recordKind[A, T any] struct {
	name   string
	decode func(*record[A]) T
}

// envelope is the outside of an answer: one record or a list of them.
type envelope[A, T any] struct {
	Data rows[A, T]       `json:"data"`
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
func (e *envelope[A, T]) next() (link string, more bool) {
	next := e.Link.Value.Next
	return next.Text, next.MaybeTrue
}

// parse decodes an answer, and requires that it has data.
func parse[A, T any](r *httpx.Response, kind recordKind[A, T]) (*envelope[A, T], error) {
	e := &envelope[A, T]{Data: rows[A, T]{kind: kind, body: r.Body}}
	if err := r.Decode(e); err != nil {
		return nil, err
	}
	switch {
	case !e.Data.given:
		return nil, r.Unreadable(errors.New("it has no data"))
	case e.Data.excess:
		return nil, r.Unreadable(errors.New("it has more records than any page"))
	default:
		return e, nil
	}
}

// parseList is parse for an answer that must hold a list.
func parseList[A, T any](r *httpx.Response, kind recordKind[A, T]) (*envelope[A, T], error) {
	e, err := parse(r, kind)
	if err == nil && !e.Data.list {
		return nil, r.Unreadable(errors.New("its data is no list"))
	}
	return e, err
}

// mostRows is how many records of one answer are read at most. As many of those that Kustomer gives would be
// larger than any answer that is read; of the smallest that can be thought of, one could hold millions.
const mostRows = 100_000

// rows reads the records of an answer, of which there may be a single one, one by one: of each there is kept
// what is used, and not what it came in.
type rows[A, T any] struct {
	kind recordKind[A, T]
	body []byte // of the whole answer

	given  bool // there is anything but null
	list   bool
	excess bool // there are more than are read
	good   []row[T]
	broken []string // the ids of those that are no object, have no id or no attributes, or are of another kind
	fault  error    // of the first of these
}

// UnmarshalJSONFrom never fails on valid JSON.
func (r *rows[A, T]) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	kind, all := d.PeekKind(), new(record[A])
	*r = rows[A, T]{kind: r.kind, body: r.body, given: kind != 'n', list: kind == '['}
	switch {
	case r.list:
		return lenient.Each(d, func() error {
			if r.excess = len(r.good)+len(r.broken) == mostRows; r.excess {
				return d.SkipValue()
			}
			return r.read(d, all)
		})
	case r.given:
		return r.read(d, all)
	default:
		return d.SkipValue()
	}
}

// read takes in a record, for which there is room in what a record has.
func (r *rows[A, T]) read(d *jsontext.Decoder, room *record[A]) error {
	*room = record[A]{}
	isObject := d.PeekKind() == '{'
	if !isObject {
		if err := d.SkipValue(); err != nil {
			return err
		}
	} else if err := json.UnmarshalDecode(d, room); err != nil {
		return err
	}
	attributes := room.Attributes.in(r.body)
	var fault error
	switch name := r.kind.name; {
	case !isObject:
		fault = errNoObject
	case room.ID.Text == "":
		fault = errNoID
	case room.Type.Text != "" && room.Type.Text != name:
		fault = otherKindError(name)
	// Nothing can be decided about it: "not done" would be a guess.
	case name == conversationKind && !anyMember(attributes):
		fault = errNoAttributes
	}
	if fault != nil {
		r.broken, r.fault = append(r.broken, room.ID.Text), cmp.Or(r.fault, fault)
		return nil
	}
	r.good = append(r.good, row[T]{
		id: room.ID.Text, kind: room.Type, attributes: attributes, relations: room.Relations.in(r.body),
		value: r.kind.decode(room),
	})
	return nil
}

var (
	errNoObject     = errors.New("is no object")
	errNoID         = errors.New("has no id")
	errNoAttributes = errors.New("has no attributes")
)

// record is one record with those of its attributes that are used, A.
type record[A any] struct {
	Type       lenient.Value   `json:"type"`
	ID         lenient.Value   `json:"id"`
	Attributes part[A]         `json:"attributes"`
	Relations  part[relations] `json:"relationships"`
}

// relations are the relationships that are used.
type relations struct{ Customer, Brand, Queue relation }

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

// part is an object of a record, and where in the answer it stands.
type part[T any] struct {
	value    T
	from, to int64
}

// UnmarshalJSONFrom never fails on valid JSON. Of a part that is there twice only the last one counts.
func (p *part[T]) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	*p = part[T]{from: d.InputOffset()}
	var err error
	if d.PeekKind() == '{' {
		err = json.UnmarshalDecode(d, &p.value)
	} else {
		err = d.SkipValue()
	}
	p.to = d.InputOffset()
	return err
}

// in is the part as it is written in the answer with this body; empty where it is missing.
func (p *part[T]) in(body []byte) []byte {
	return bytes.TrimLeft(body[p.from:p.to], ": \t\r\n")
}

// anyMember reports whether valid JSON is an object with something in it.
func anyMember(object []byte) bool {
	inside, found := bytes.CutPrefix(object, []byte{'{'})
	return found && !bytes.HasPrefix(bytes.TrimSpace(inside), []byte{'}'})
}

// row is a record that was read.
type row[T any] struct {
	id    string
	value T

	// as they came
	kind                  lenient.Value
	attributes, relations []byte
}

// sameAs reports whether two rows came with the same content, whatever the case of their ids.
func (r *row[T]) sameAs(other *row[T]) bool {
	return r.kind == other.kind && bytes.Equal(r.attributes, other.attributes) &&
		bytes.Equal(r.relations, other.relations)
}

// decodeOne decodes the answer to a request for one record. No other record is ever taken for it, also not
// the one that it was merged into.
func decodeOne[A, T any](r *httpx.Response, kind recordKind[A, T], id string) (value T, err error) {
	list, err := decodeThese(r, kind, []string{id})
	if err == nil && len(list) == 0 {
		err = r.Unreadable(errOther)
	}
	if err != nil {
		return value, err
	}
	return list[0].value, nil
}

// decodeAddressee decodes the answer to a request for the customer with an address: a single record, or a
// list (in case). A customer without it is never taken for the one who has it.
func decodeAddressee(r *httpx.Response, email string) (Customer, error) {
	type addressee struct {
		customer Customer
		may      bool
	}
	e, err := parse(r, recordKind[customerAttributes, addressee]{
		customerKind, func(c *record[customerAttributes]) addressee {
			return addressee{decodeCustomer(c), mayHave(c, email)}
		},
	})
	if err != nil {
		return Customer{}, err
	}
	found := slices.DeleteFunc(consistent(e.Data.good), func(row row[addressee]) bool { return !row.value.may })
	switch {
	case len(found) == 1:
		return found[0].value.customer, nil
	case len(found) > 1:
		err = errors.New("it holds several customers with one address")
	case len(e.Data.good) == 0 && len(e.Data.broken) > 0:
		err = e.Data.fault
	default:
		err = errOther
	}
	return Customer{}, r.Unreadable(fmt.Errorf("%s was expected: %w", customerKind, err))
}

// decodeThese decodes the answer to a request for the records with these ids, and leaves out what was not
// asked for. It may be a single record, or a list. A single id for which only others come is errOther.
func decodeThese[A, T any](r *httpx.Response, kind recordKind[A, T], ids []string) ([]row[T], error) {
	e, err := parse(r, kind)
	if err != nil {
		return nil, err
	}
	other := func(answered string) bool {
		return !slices.ContainsFunc(ids, func(id string) bool { return strings.EqualFold(answered, id) })
	}
	came, broken := len(e.Data.good), e.Data.broken
	asked := slices.DeleteFunc(consistent(e.Data.good), func(row row[T]) bool { return other(row.id) })
	// Of a list, the others are wanted all the same.
	if single := len(ids) == 1; single && len(asked) == 0 {
		switch {
		case len(broken) > 0 && (broken[0] == "" || !other(broken[0])):
			err = e.Data.fault
		case len(broken)+came > 0:
			err = errOther
		}
	}
	if err != nil {
		return nil, r.Unreadable(fmt.Errorf("%s was expected: %w", kind.name, err))
	}
	return asked, nil
}

// consistent is a list with each record once. Ids are hexadecimal, and the same in either case. A record that
// comes several times, and not always the same, is left out, since nobody can tell which is right; what it is
// can be had singly.
func consistent[T any](list []row[T]) []row[T] {
	first, doubtful := make(map[string]*row[T], len(list)), map[string]bool{}
	var kept []row[T]
	for i := range list {
		again := &list[i]
		key := strings.ToLower(again.id)
		earlier, twice := first[key]
		if !twice {
			first[key] = again
			kept = append(kept, *again)
			continue
		}
		doubtful[key] = doubtful[key] || !again.sameAs(earlier)
	}
	return slices.DeleteFunc(kept, func(row row[T]) bool { return doubtful[strings.ToLower(row.id)] })
}

// values are what rows were read as.
func values[T any](list []row[T]) []T {
	items := make([]T, len(list))
	for i := range list {
		items[i] = list[i].value
	}
	return items
}
