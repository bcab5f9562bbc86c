package kustomer

import (
	"bytes"
	"encoding/json"
	"math/big"
	"strconv"

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

// UnmarshalJSON never fails on valid JSON. What is empty, whatever its shape, holds no attribute.
func (c *custom) UnmarshalJSON(data []byte) error {
	twice := c.there
	*c = custom{there: true}
	switch {
	case twice:
		c.unreadable = true
	case data[0] == '{' && !lenient.Masked(data):
		c.values = members(data)
	default:
		c.unreadable = !lenient.Empty(data)
	}
	return nil
}

// members reads an object of valid JSON.
func members(object []byte) map[string]any {
	values, decoder := map[string]any{}, json.NewDecoder(bytes.NewReader(object))
	_, _ = decoder.Token()
	seen := map[string]string{}
	for decoder.More() {
		token, _ := decoder.Token()
		name, _ := token.(string)
		var raw json.RawMessage
		if decoder.Decode(&raw) != nil {
			break
		}
		if earlier, twice := seen[name]; twice && earlier != string(raw) {
			values[name] = Unreadable{}
			continue
		}
		seen[name] = string(raw)
		value, err := attribute(raw)
		if err != nil {
			value = Unreadable{}
		}
		values[name] = value
	}
	return values
}

// attribute reads the value of one attribute. The error is of a number out of range.
func attribute(raw json.RawMessage) (value any, err error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	return exact(value)
}

// exact makes a float64 of each number in a value, but of one that would lose digits: such a one stays as it
// is written.
func exact(value any) (any, error) {
	var err error
	switch v := value.(type) {
	case json.Number:
		return exactNumber(v)
	case []any:
		for i := range v {
			if v[i], err = exact(v[i]); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for name := range v {
			if v[name], err = exact(v[name]); err != nil {
				return nil, err
			}
		}
	}
	return value, nil
}

// maxDigits is how long a number may be that is kept as it is written, in bytes: none has so many digits.
const maxDigits = 1000

func exactNumber(written json.Number) (any, error) {
	f, err := written.Float64()
	if err != nil || len(written) > maxDigits || f == 0 {
		return f, err
	}
	want, _ := new(big.Rat).SetString(written.String())
	have, _ := new(big.Rat).SetString(strconv.FormatFloat(f, 'g', -1, 64))
	if want.Cmp(have) == 0 {
		return f, nil
	}
	return written, nil
}
