package config

import (
	"crypto/sha256"
	"encoding"
	"encoding/hex"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Shown is a key with its value, for reports.
type Shown struct {
	Key     string // such as "sync.settle", "mapping.channels.voice", "rule[1].when"
	Value   string
	Default bool // as in an empty file
}

// notShown are sections and keys that say nothing of what a pass decides, or lead to places that only the operator should
// know. Secrets are never shown.
var notShown = []string{"kustomer.api_key_file", "agent_connect.api_key_file", "agent_connect.api_secret_file", "ledger.path"}

// Show lists what a pass is told to do, in the order of the file. An address that a rule names stands in it as it is.
func (c Config) Show() []Shown {
	usual := map[string]string{}
	for _, each := range flatten(reflect.ValueOf(Default()), "") {
		usual[each.Key] = each.Value
	}
	list := flatten(reflect.ValueOf(c), "")
	for i, each := range list {
		value, known := usual[each.Key]
		list[i].Default = known && value == each.Value
	}
	return list
}

// Digest tells configurations apart: the same one means that every key that [Config.Show] lists has the same value.
func (c Config) Digest() string {
	sum := sha256.New()
	for _, each := range c.Show() {
		fmt.Fprintf(sum, "%q=%q\n", each.Key, each.Value)
	}
	return hex.EncodeToString(sum.Sum(nil))[:12]
}

// flatten lists the keys below a value.
func flatten(v reflect.Value, key string) []Shown {
	if slices.Contains(notShown, key) || v.Type() == reflect.TypeFor[Secret]() {
		return nil
	}
	var list []Shown
	switch {
	case isTable(v.Type()):
		for field, value := range v.Fields() {
			list = append(list, flatten(value, join(key, field.Tag.Get("toml")))...)
		}
	case isTables(v.Type()):
		for i := range v.Len() {
			list = append(list, flatten(v.Index(i), ruleKey(key, i+1))...)
		}
	case v.Kind() == reflect.Map:
		values := map[string]reflect.Value{}
		for entry := v.MapRange(); entry.Next(); {
			values[entry.Key().String()] = entry.Value()
		}
		for _, name := range slices.Sorted(maps.Keys(values)) {
			list = append(list, flatten(values[name], join(key, name))...)
		}
	default:
		list = append(list, Shown{Key: key, Value: showValue(v)})
	}
	return list
}

// showValue is a value as text; empty where there is none, as the delay of a rule that sets none.
func showValue(v reflect.Value) string {
	if v.Kind() == reflect.Pointer && v.IsNil() {
		return ""
	}
	if text, ok := v.Interface().(encoding.TextMarshaler); ok {
		if written, err := text.MarshalText(); err == nil {
			return string(written)
		}
	}
	if list, ok := v.Interface().([]string); ok {
		return strings.Join(list, ", ")
	}
	return fmt.Sprint(v.Interface())
}
