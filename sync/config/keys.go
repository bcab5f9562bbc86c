package config

import (
	"reflect"
	"strings"
)

// The keys of the file are the toml tags of Config: there is no second list to keep in step.

// scalarKeys are the keys of all sections, "kustomer.org" to "ledger.allow_network", in the order of the
// struct. Rules are not among them.
func scalarKeys() []string {
	var keys []string
	for section := range reflect.TypeFor[Config]().Fields() {
		if isTable(section.Type) {
			keys = append(keys, tagged(section.Type, section.Tag.Get("toml"))...)
		}
	}
	return keys
}

// field returns the field of cfg for one of scalarKeys.
func field(cfg *Config, key string) reflect.Value {
	v := reflect.ValueOf(cfg).Elem()
	for name := range strings.SplitSeq(key, ".") {
		v, _ = fieldTagged(v, name)
	}
	return v
}

// variables maps the names of all environment variables to their keys.
func variables() map[string]string {
	names := map[string]string{}
	for _, key := range scalarKeys() {
		names[variableName(key)] = key
	}
	return names
}
