package config

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
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

// undecisive are sections and keys that change when, how fast, and how much at once a pass works, or where,
// and never what it decides about a conversation. The accounts are for [Config.Accounts] to tell apart.
var undecisive = []string{
	"kustomer.base_url", "kustomer.requests_per_minute", "kustomer.searches_per_minute", "kustomer.reserve",
	"kustomer.timeout", "agent_connect.base_url", "agent_connect.requests_per_minute",
	"agent_connect.concurrency", "agent_connect.timeout", "agent_connect.verify_after", "sync.settle",
	"sync.overlap", "sync.max_per_run", "sync.max_error_rate", "sync.recheck_after", "sync.timezone",
	"ledger.retain", "ledger.allow_network",
}

// show lists the keys of a configuration, and compares them with those of an empty file.
func show(c, usual any) []Shown {
	values := map[string]string{}
	for _, each := range flatten(reflect.ValueOf(usual), "") {
		values[each.Key] = each.Value
	}
	list := flatten(reflect.ValueOf(c), "")
	for i, each := range list {
		value, known := values[each.Key]
		list[i].Default = known && value == each.Value
	}
	return list
}

// decisive leaves out what never changes a decision.
func decisive(list []Shown) []Shown {
	return slices.DeleteFunc(list, func(s Shown) bool {
		return slices.ContainsFunc(undecisive, func(key string) bool {
			return s.Key == key || strings.HasPrefix(s.Key, key+".")
		})
	})
}

func digest(list []Shown) string {
	sum := sha256.New()
	for _, each := range list {
		fmt.Fprintf(sum, "%q=%q\n", each.Key, each.Value)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// flatten lists the keys below a value.
func flatten(v reflect.Value, key string) []Shown {
	if slices.Contains(pathKeys, key) || v.Type() == reflect.TypeFor[Secret]() {
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
		names := v.MapKeys()
		slices.SortFunc(
			names, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		for _, name := range names {
			list = append(list, flatten(v.MapIndex(name), join(key, name.String()))...)
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
	if list, ok := v.Interface().([]string); ok {
		return strings.Join(list, ", ")
	}
	return fmt.Sprint(v.Interface())
}
