package config

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// join appends a name to a key; a name that TOML would quote is quoted.
func join(key, name string) string {
	if name = showName(name); key == "" {
		return name
	}
	return key + "." + name
}

// ruleKey is the key of the n-th rule, from 1.
func ruleKey(key string, n int) string { return key + "[" + strconv.Itoa(n) + "]" }

var bareName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// maxShown is how many characters of somebody's text are repeated to him: enough to recognise it.
const maxShown = 32

// showName returns a key as it can be shown. A long one is not: it may be a secret that lost its place.
func showName(name string) string {
	switch {
	case utf8.RuneCountInString(name) > maxShown:
		return "(a name of " + strconv.Itoa(utf8.RuneCountInString(name)) + " characters)"
	case bareName.MatchString(name):
		return name
	}
	return strconv.Quote(name)
}

// shorten quotes a value for a fault. A long one is not shown, not even its beginning, for the reason given
// above.
func shorten(value string) string {
	if n := utf8.RuneCountInString(value); n > maxShown {
		return "a text of " + strconv.Itoa(n) + " characters"
	}
	return strconv.Quote(value)
}

// secrets are the keys that are never shown, with the keys of their files and their environment variables.
var secrets = []secretKeys{
	{key: "kustomer.api_key", variable: "KUSTOMER_API_KEY"},
	{key: "agent_connect.api_key", variable: "AGENT_CONNECT_API_KEY"},
	{key: "agent_connect.api_secret", variable: "AGENT_CONNECT_API_SECRET"},
}

type secretKeys struct{ key, variable string }

// fileKey names the setting that holds the path of a file with the secret.
func (s secretKeys) fileKey() string { return s.key + "_file" }

// baseURL names the setting with the root of the service that the secret is for.
func (s secretKeys) baseURL() string {
	section, _, _ := strings.Cut(s.key, ".")
	return section + ".base_url"
}

const variablePrefix = "ACSYNC_"

// variableName returns the environment variable of one of scalarKeys.
func variableName(key string) string {
	for _, s := range secrets {
		if s.key == key {
			return s.variable
		}
	}
	return variablePrefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}
