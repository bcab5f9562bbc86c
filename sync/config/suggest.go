package config

import "strings"

// suggestKey returns the known key that somebody probably meant, or "". It finds slips of the pen and keys
// written in the wrong section.
func suggestKey(key string, known []string) string {
	return closest(known, max(2, len(lastName(key))/3), func(candidate string) int {
		return min(distance(key, candidate), distance(lastName(key), lastName(candidate))+1)
	})
}

// suggestName is suggestKey for names without sections.
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

// didYouMean is the end of a fault's message.
func didYouMean(suggestion string) string {
	if suggestion == "" {
		return ""
	}
	return "; did you mean " + suggestion + "?"
}

func lastName(key string) string { return key[strings.LastIndexByte(key, '.')+1:] }

// distance is the number of bytes to insert, delete, replace or swap with a neighbour between two short
// texts.
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
