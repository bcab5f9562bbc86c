package config

import "reflect"

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

// tagged returns the keys that a struct at path takes.
func tagged(table reflect.Type, path string) []string {
	var keys []string
	for f := range table.Fields() {
		keys = append(keys, join(path, f.Tag.Get("toml")))
	}
	return keys
}
