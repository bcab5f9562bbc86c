package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	maxTags = 20   // documented
	maxText = 2000 // characters of a tag or property, beyond which the service cuts (documented)
)

// fields is a JSON object under inspection. Its methods note what is wrong in problems.
type fields struct {
	values   object
	problems *[]string
}

func (f fields) problem(format string, args ...any) {
	*f.problems = append(*f.problems, fmt.Sprintf(format, args...))
}

// only refuses keys that are not documented (additionalProperties is false).
func (f fields) only(of string, known ...string) {
	for key := range f.values {
		if !slices.Contains(known, key) {
			f.problem("unknown key %q in %s", key, of)
		}
	}
}

// text is a string, empty when it is missing.
func (f fields) text(key string) string {
	value, given := f.values[key]
	s, ok := value.(string)
	if given && !ok {
		f.problem("%s must be a string", key)
	}
	return s
}

func (f fields) texts(into map[string]*string) {
	for key, target := range into {
		*target = f.text(key)
	}
}

// nested is an object in an object, empty when it is missing.
func (f fields) nested(key string) fields {
	value, given := f.values[key]
	o, ok := value.(object)
	if given && !ok {
		f.problem("%s must be an object", key)
	}
	return fields{o, f.problems}
}

func (f fields) boolean(key string) bool {
	value, given := f.values[key]
	b, ok := value.(bool)
	if given && !ok {
		f.problem("%s must be a boolean", key)
	}
	return b
}

// tags are at most 20 strings. What happens above 20 is unknown; here it is refused.
func (f fields) tags() []string {
	value, given := f.values["tags"]
	list, ok := value.([]any)
	if given && !ok {
		f.problem("tags must be an array of strings")
	}
	if len(list) > maxTags {
		f.problem("tags: at most %d are allowed", maxTags)
	}
	var tags []string
	for _, each := range list {
		s, ok := each.(string)
		if !ok {
			f.problem("tags must be an array of strings")
			break
		}
		tags = append(tags, cut(s))
	}
	return tags
}

// properties are a flat map of strings, nil when there are none.
func (f fields) properties() map[string]string {
	var all map[string]string
	for key, value := range f.nested("custom_properties").values {
		if all == nil {
			all = map[string]string{}
		}
		s, ok := value.(string)
		if !ok {
			f.problem("custom_properties.%s must be a string", key)
			continue
		}
		all[key] = cut(s)
	}
	return all
}

// cut shortens a value to what the service keeps.
func cut(s string) string {
	if utf8.RuneCountInString(s) <= maxText {
		return s
	}
	return string([]rune(s)[:maxText])
}

// postBody reads the body of a POST.
func postBody(c *call) (fields, bool) {
	problems := []string{}
	f := fields{problems: &problems}
	if !strings.HasPrefix(c.header.Get("Content-Type"), "application/json") {
		f.problem("content-type must be application/json")
		return f, false
	}
	values, err := strictObject(c.body)
	if err != nil {
		f.problem("%s", err)
		return f, false
	}
	f.values = values
	return f, true
}

// strictObject reads exactly one JSON object.
func strictObject(body []byte) (object, error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	var raw object
	if err := decoder.Decode(&raw); err != nil || raw == nil {
		return nil, errors.New("the body must be a JSON object")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more than one JSON value in the body")
	}
	return raw, nil
}
