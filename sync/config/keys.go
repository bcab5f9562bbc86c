package config

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The keys of the file are the toml tags of Config: there is no second list to keep in step.

// scalarKeys are the keys of all sections, "kustomer.org" to "ledger.allow_network", in the order of the struct. Rules
// are not among them.
func scalarKeys() []string {
	var keys []string
	for section := range reflect.TypeFor[Config]().Fields() {
		if section.Type.Kind() != reflect.Struct {
			continue
		}
		for field := range section.Type.Fields() {
			keys = append(keys, section.Tag.Get("toml")+"."+field.Tag.Get("toml"))
		}
	}
	return keys
}

// sectionNames are the names that may stand in brackets.
func sectionNames() []string {
	var names []string
	for section := range reflect.TypeFor[Config]().Fields() {
		names = append(names, section.Tag.Get("toml"))
	}
	return names
}

// field returns the field of cfg for one of scalarKeys.
func field(cfg *Config, key string) reflect.Value {
	v := reflect.ValueOf(cfg).Elem()
	for name := range strings.SplitSeq(key, ".") {
		v, _ = fieldTagged(v, name)
	}
	return v
}

// fieldTagged returns the field of a struct with this toml tag.
func fieldTagged(v reflect.Value, tag string) (reflect.Value, bool) {
	for f, value := range v.Fields() {
		if f.Tag.Get("toml") == tag {
			return value, true
		}
	}
	return reflect.Value{}, false
}

// isTable tells structs with keys from the ones that stand for a value.
func isTable(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t != reflect.TypeFor[Secret]()
}

// isTables tells lists of tables, such as [[rule]].
func isTables(t reflect.Type) bool { return t.Kind() == reflect.Slice && isTable(t.Elem()) }

// join appends a name to a key; a name that TOML would quote is quoted.
func join(key, name string) string {
	if name = showName(name); key == "" {
		return name
	}
	return key + "." + name
}

// ruleKey is the key of the n-th rule, from 1.
func ruleKey(key string, n int) string { return key + "[" + strconv.Itoa(n) + "]" }

// maxShown is how many characters of somebody's text are repeated to him: enough to recognise it.
const maxShown = 32

// showName returns a key as it can be shown. A long one is not: it may be a secret that lost its place.
func showName(name string) string {
	switch {
	case utf8.RuneCountInString(name) > maxShown:
		return "(a name of " + strconv.Itoa(utf8.RuneCountInString(name)) + " characters)"
	case name != "" && !strings.ContainsFunc(name, notBare):
		return name
	}
	return strconv.Quote(name)
}

func notBare(r rune) bool {
	return r != '-' && r != '_' && (r < '0' || '9' < r) && (r < 'A' || 'Z' < r) && (r < 'a' || 'z' < r)
}

// shorten quotes a value for a fault. A long one is not shown, not even its beginning, for the reason given above.
func shorten(value string) string {
	if n := utf8.RuneCountInString(value); n > maxShown {
		return "a text of " + strconv.Itoa(n) + " characters"
	}
	return strconv.Quote(value)
}

// quoteAll is for lists of allowed words: "a", "b".
func quoteAll(words []string) string {
	quoted := slices.Clone(words)
	for i := range quoted {
		quoted[i] = strconv.Quote(quoted[i])
	}
	return strings.Join(quoted, ", ")
}
