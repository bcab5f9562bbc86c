package expr

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Value is a value that expressions see.
type Value struct {
	Name string // as an expression writes it: "custom.orderNumberStr", "tags"
	Text string // as it would stand in an expression; empty for a time that is not known
}

// plainName is what can stand behind a dot.
var plainName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// valuesOf are the values of a section, and of the objects in it. What has a shorter name elsewhere is left
// out.
func valuesOf(prefix string, section reflect.Value, shorter ...string) (values []Value) {
	for i, name := range fieldNames(section.Type()) {
		if slices.Contains(shorter, name) {
			continue
		}
		values = append(values, valuesBelow(prefix+name, section.Field(i).Interface())...)
	}
	return values
}

// valuesBelow is a value, or those of an object.
func valuesBelow(name string, value any) (values []Value) {
	object, ok := value.(map[string]any)
	if !ok {
		return []Value{{name, literal(value)}}
	}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		path := name + "." + key
		if !plainName.MatchString(key) {
			path = name + "[" + literal(key) + "]"
		}
		values = append(values, valuesBelow(path, object[key])...)
	}
	return values
}

// literal is a value as an expression writes it.
func literal(value any) string {
	if at, ok := value.(time.Time); ok {
		if at.IsZero() {
			return ""
		}
		return fmt.Sprintf("date(%q)", at.UTC().Format(time.RFC3339Nano))
	}
	of := reflect.ValueOf(value)
	switch {
	case value == nil:
		return "nil"
	case of.Kind() == reflect.Slice && of.Len() == 0:
		return "[]"
	}
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(value) != nil {
		return fmt.Sprint(value)
	}
	return strings.TrimSpace(text.String())
}

func fieldNames(of reflect.Type) []string {
	var names []string
	for f := range of.Fields() {
		if name := f.Tag.Get("expr"); !strings.HasPrefix(name, "(") {
			names = append(names, name)
		}
	}
	return names
}
