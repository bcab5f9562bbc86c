package kustomer

import (
	"bytes"
	"encoding/json"

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
		var value any
		if json.Unmarshal(raw, &value) != nil {
			value = Unreadable{}
		}
		values[name] = value
	}
	return values
}
