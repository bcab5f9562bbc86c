package config

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/xrash/smetrics"
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

// suggestKey returns the known key that somebody probably meant, or "". It finds slips of the pen and keys
// written in the wrong section.
func suggestKey(key string, known []string) string {
	last := func(key string) string { return key[strings.LastIndexByte(key, '.')+1:] }
	return closest(known, max(2, len(last(key))/3), func(candidate string) int {
		return min(distance(key, candidate), distance(last(key), last(candidate))+1)
	})
}

func suggestName(name string, known []string) string {
	return closest(
		known, max(2, len(name)/4), func(candidate string) int { return distance(name, candidate) })
}

// closest returns the first of the nearest candidates, or "" when all are farther away than most.
func closest(candidates []string, most int, far func(string) int) (best string) {
	for _, candidate := range candidates {
		if d := far(candidate); d <= most {
			best, most = candidate, d-1
		}
	}
	return best
}

// Suggest asks, behind a semicolon, whether a known name was meant by one that is not known; empty where none
// is near enough.
func Suggest(name string, known []string) string { return didYouMean(suggestName(name, known)) }

func didYouMean(suggestion string) string {
	if suggestion == "" {
		return ""
	}
	return "; did you mean " + suggestion + "?"
}

// distance is the number of bytes to insert, delete or replace between two short texts.
func distance(a, b string) int { return smetrics.WagnerFischer(a, b, 1, 1, 1) }
