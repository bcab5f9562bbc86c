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

// ruleNumber finds the number of the rule that a key is of.
var ruleNumber = regexp.MustCompile(`^rule\[(\d+)\]`)

// countedOn is the key of the same in the rule that comes by steps later; a key of no rule stays as it is.
func countedOn(key string, by int) string {
	found := ruleNumber.FindStringSubmatch(key)
	if found == nil {
		return key
	}
	n, _ := strconv.Atoi(found[1])
	return ruleKey("rule", n+by) + strings.TrimPrefix(key, found[0])
}

var bareName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// maxShown is how many characters of somebody's text are repeated to him: enough to recognise it. A longer
// one is not shown, not even its beginning: it may be a secret that lost its place.
const maxShown = 32

// showName returns a key as it can be shown.
func showName(name string) string {
	switch n := utf8.RuneCountInString(name); {
	case n > maxShown:
		return "(a name of " + strconv.Itoa(n) + " characters)"
	case bareName.MatchString(name):
		return name
	}
	return strconv.Quote(name)
}

func shorten(value string) string {
	if n := utf8.RuneCountInString(value); n > maxShown {
		return "a text of " + strconv.Itoa(n) + " characters"
	}
	return strconv.Quote(value)
}
