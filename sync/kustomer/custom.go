package kustomer

import (
	stdjson "encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"acsync/sync/httpx/lenient"
)

// Unreadable stands in custom attributes for a value that cannot be read: a number out of range, also deep
// within, or one attribute that is there twice with different values. It does not stand for a masked value,
// which is the object that Kustomer gives in its place.
type Unreadable struct{}

// custom is the custom attributes, read one by one, so that an odd one does not hide the others.
type custom struct {
	values     map[string]any
	unreadable bool // they are there, and masked as a whole, of another shape, or there twice
	there      bool
}

// UnmarshalJSONFrom never fails on valid JSON. What is empty, whatever its shape, holds no attribute.
func (c *custom) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	twice := c.there
	*c = custom{there: true, unreadable: twice}
	if d.PeekKind() != '{' {
		value, err := d.ReadValue()
		c.unreadable = twice || err == nil && !lenient.Empty(value)
		return err
	}
	reader := attributeReader{Decoder: d}
	values, masked, err := reader.members()
	if twice || masked {
		values, c.unreadable = nil, true
	}
	c.values = values
	return err
}

// attributeReader reads attributes of any shape.
type attributeReader struct {
	*jsontext.Decoder
	text string // room for a name or a text that is being read
}

// members reads an object's members, and whether it is the one that stands in place of a masked value.
func (r *attributeReader) members() (values map[string]any, masked bool, err error) {
	values = map[string]any{}
	var is, shown bool
	err = r.eachMember(func(name string, value any) {
		switch {
		case strings.EqualFold(name, "isMasked"):
			word := strings.ToLower(strings.TrimSpace(fmt.Sprint(value)))
			is = word == "true" || word == "1"
		case strings.EqualFold(name, "maskedPresentation"):
			shown = true
		}
		if earlier, twice := values[name]; twice && !reflect.DeepEqual(earlier, value) {
			value = Unreadable{}
		}
		values[name] = value
	})
	return values, is || shown, err
}

// eachMember gives the members of the object that the decoder is at.
func (r *attributeReader) eachMember(take func(name string, value any)) error {
	_, err := r.ReadToken()
	for err == nil && r.PeekKind() != '}' {
		if err = json.UnmarshalDecode(r.Decoder, &r.text); err != nil {
			return err
		}
		name := r.text
		var value any
		value, err = r.attribute()
		take(name, value)
	}
	if err == nil {
		_, err = r.ReadToken()
	}
	return err
}

// attribute reads the value of one attribute. It is Unreadable as a whole where a number in it is out of
// range.
func (r *attributeReader) attribute() (value any, err error) {
	unreadable := false
	switch r.PeekKind() {
	case '[':
		list := []any{}
		err = lenient.Each(r.Decoder, func() error {
			entry, err := r.attribute()
			list, unreadable = append(list, entry), unreadable || entry == Unreadable{}
			return err
		})
		value = list
	case '{':
		object := map[string]any{}
		err = r.eachMember(func(name string, member any) {
			object[name], unreadable = member, unreadable || member == Unreadable{}
		})
		value = object
	case '"':
		err = json.UnmarshalDecode(r.Decoder, &r.text)
		return r.text, err
	default:
		return r.literal()
	}
	if unreadable {
		value = Unreadable{}
	}
	return value, err
}

// literal reads a number, a boolean or null.
func (r *attributeReader) literal() (any, error) {
	token, err := r.ReadToken()
	if err != nil {
		return nil, err
	}
	switch token.Kind() {
	case 't', 'f':
		return token.Bool(), nil
	case '0':
		return exactNumber(stdjson.Number(token.String())), nil
	default:
		return nil, nil
	}
}

// maxDigits is how long a number may be that is kept as it is written, in bytes: none has so many digits.
const maxDigits = 1000

// exactNumber is a float64, but of a number that would lose digits: such a one stays as it is written. One
// out of range is Unreadable.
func exactNumber(written stdjson.Number) any {
	f, err := written.Float64()
	switch {
	case err != nil:
		return Unreadable{}
	case len(written) > maxDigits || f == 0:
		return f
	}
	want, _ := new(big.Rat).SetString(written.String())
	have, _ := new(big.Rat).SetString(strconv.FormatFloat(f, 'g', -1, 64))
	if want.Cmp(have) == 0 {
		return f
	}
	return written
}
