package config

import (
	"slices"
	"strings"

	"github.com/xrash/smetrics"
)

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

// Suggest asks, behind a semicolon, whether a known name was meant by one that is not known: one that begins
// so, or one that a slip of the pen makes it; empty where none is near enough. One of three letters must
// begin alike, because of these any other three are near.
func Suggest(name string, known []string) string {
	if longer := beginning(known, name); len(name) > 1 && len(longer) > 0 {
		return didYouMean(longer[0])
	}
	if len(name) < 4 {
		known = beginning(known, name[:min(1, len(name))])
	}
	return didYouMean(suggestName(name, known))
}

func beginning(known []string, with string) []string {
	without := func(each string) bool { return !strings.HasPrefix(each, with) }
	return slices.DeleteFunc(slices.Clone(known), without)
}

func didYouMean(suggestion string) string {
	if suggestion == "" {
		return ""
	}
	return "; did you mean " + suggestion + "?"
}

// distance is the number of bytes to insert, delete or replace between two short texts.
func distance(a, b string) int { return smetrics.WagnerFischer(a, b, 1, 1, 1) }
