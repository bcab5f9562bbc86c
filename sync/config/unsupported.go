package config

import "reflect"

// notSupported are the keys that are understood and checked, but that nothing acts on yet. Setting one to anything but its
// default is a fault: a silently ignored setting would be worse. To support a key, delete its line here and the note in
// config.example.toml.
var notSupported = map[string]bool{
	"notify.healthcheck_url":     true,
	"notify.prometheus_textfile": true,
	"notify.webhook_url":         true,
}

// checkSupported adds the keys that are set and not supported.
func (k *checker) checkSupported(c Config) {
	defaults := Default()
	for _, key := range append(scalarKeys(), "rule") {
		if notSupported[key] && !sameValue(field(&c, key), field(&defaults, key)) {
			k.fault(key, "not supported yet; leave it at its default")
		}
	}
}

// sameValue compares two values of one type; an empty map or list is the same as none.
func sameValue(a, b reflect.Value) bool {
	if kind := a.Kind(); (kind == reflect.Map || kind == reflect.Slice) && a.Len()+b.Len() == 0 {
		return true
	}
	return reflect.DeepEqual(a.Interface(), b.Interface())
}
