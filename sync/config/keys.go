package config

import (
	"reflect"
	"slices"
	"strings"
)

// The keys of the file are the toml tags of Config: there is no second list to keep in step.

// scalarKeys are the keys of all sections, "kustomer.org" to "ledger.allow_network", without rules.
func scalarKeys() []string {
	var keys []string
	for section := range reflect.TypeFor[Config]().Fields() {
		if isTable(section.Type) {
			keys = append(keys, tagged(section.Type, section.Tag.Get("toml"))...)
		}
	}
	return keys
}

func field(cfg *Config, key string) reflect.Value {
	v := reflect.ValueOf(cfg).Elem()
	for name := range strings.SplitSeq(key, ".") {
		v, _ = fieldTagged(v, name)
	}
	return v
}

func fieldTagged(v reflect.Value, tag string) (reflect.Value, bool) {
	for f, value := range v.Fields() {
		if f.Tag.Get("toml") == tag {
			return value, true
		}
	}
	return reflect.Value{}, false
}

func tagged(table reflect.Type, path string) []string {
	var keys []string
	for f := range table.Fields() {
		keys = append(keys, join(path, f.Tag.Get("toml")))
	}
	return keys
}

// isTable tells structs with keys from the ones that stand for a value.
func isTable(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t != reflect.TypeFor[Secret]()
}

// isTables tells lists of tables, such as [[rule]].
func isTables(t reflect.Type) bool { return t.Kind() == reflect.Slice && isTable(t.Elem()) }

// secrets are the keys that are never shown. Each has a second key that names a file with it.
var secrets = []string{
	"kustomer.api_key", "agent_connect.api_key", "agent_connect.api_secret", testKey,
	"notify.healthcheck_url", "notify.webhook_url", "ledger.url",
}

// services are the secrets of the two services, which have more sources than a file.
var services = secrets[:4]

// testKey is the key with which every survey goes to a test address.
const testKey = "agent_connect.test_api_key"

// Secrets are the keys that are never shown.
func Secrets() []string { return slices.Clone(secrets) }

func fileKey(secret string) string { return secret + "_file" }

// The ways to keep a secret elsewhere, by what the name of its key ends with.
const (
	byFile       = "_file"       // the path of a file
	byVariable   = "_env"        // the name of an environment variable
	byCommand    = "_command"    // a program and its arguments
	byCredential = "_credential" // the name of a file in $CREDENTIALS_DIRECTORY
)

// The kinds of [Kept].
const (
	KeptNowhere      = ""
	KeptInline       = "inline" // in the configuration itself, or in the variable of its key
	KeptInFile       = byFile
	KeptInVariable   = byVariable
	KeptByCommand    = byCommand
	KeptAsCredential = byCredential
)

// Kept is where a secret is kept.
type Kept struct {
	Kind string
	Name string // the path of the file, or the name of the variable, of the program or of the credential
}

// sourcesOf are the keys of a secret, one for each place that it can come from; its own is the first.
func sourcesOf(secret string) []string {
	keys := []string{secret, fileKey(secret)}
	if slices.Contains(services, secret) {
		keys = append(keys, secret+byVariable, secret+byCommand, secret+byCredential)
	}
	return keys
}

// pointers are the keys that tell where a secret is kept, but for paths. They are as little shown as those.
func pointers() (keys []string) {
	for _, secret := range services {
		keys = append(keys, sourcesOf(secret)[2:]...)
	}
	return keys
}

// pathKeys hold paths relative to the configuration file, to places that only the operator should know. One
// of them may hold a word instead.
var pathKeys = []string{
	"kustomer.api_key_file", "agent_connect.api_key_file", "agent_connect.api_secret_file",
	"agent_connect.test_api_key_file", "ledger.path", "ledger.witness", "ledger.backup_dir", "ledger.url_file",
	"notify.healthcheck_url_file", "notify.webhook_url_file", "notify.prometheus_textfile",
}

const variablePrefix = "ACSYNC_"

// variableName returns the environment variable of one of scalarKeys.
func variableName(key string) string {
	name := strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
	// The keys of the services have names that other programs use as well.
	ours := strings.HasPrefix(key, "notify.") || strings.HasPrefix(key, "ledger.")
	if slices.Contains(secrets, key) && !ours {
		return name
	}
	return variablePrefix + name
}

func variables() map[string]string {
	names := map[string]string{}
	for _, key := range scalarKeys() {
		names[variableName(key)] = key
	}
	return names
}
