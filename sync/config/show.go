package config

import (
	"crypto/sha256"
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

// undecisive are keys that change when, how fast, and how much at once a pass works, or where,
// and never what it decides about a conversation. The accounts are for [Config.Accounts] to tell apart.
var undecisive = []string{
	"kustomer.base_url", "kustomer.requests_per_minute", "kustomer.searches_per_minute", "kustomer.reserve",
	"kustomer.timeout", "agent_connect.base_url", "agent_connect.requests_per_minute",
	"agent_connect.concurrency", "agent_connect.timeout", "agent_connect.verify_after", "sync.settle",
	"sync.overlap", "sync.max_per_run", "sync.max_error_rate", "sync.recheck_after", "sync.timezone",
	"ledger.retain", "ledger.allow_network",
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
		texts := v.Interface().(map[string]string)
		for _, name := range slices.Sorted(maps.Keys(texts)) {
			list = append(list, Shown{Key: join(key, name), Value: texts[name]})
		}
	case v.Kind() == reflect.Slice:
		list = append(list, Shown{Key: key, Value: strings.Join(v.Interface().([]string), ", ")})
	case v.Kind() == reflect.Pointer && v.IsNil():
		list = append(list, Shown{Key: key})
	default:
		list = append(list, Shown{Key: key, Value: fmt.Sprint(v.Interface())})
	}
	return list
}
