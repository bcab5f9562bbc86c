package report

import (
	"strings"
	"unicode"
)

// printable is text that people have written, as a terminal may show it: on one line, without control characters, which could
// move the cursor or change colours, and without the invisible ones that turn the direction of what follows.
func printable(text string) string {
	kept := strings.Map(func(c rune) rune {
		switch {
		case unicode.IsSpace(c):
			return ' '
		case unicode.IsControl(c), unicode.Is(unicode.Cf, c), unicode.Is(unicode.Co, c), c == unicode.ReplacementChar:
			return -1
		}
		return c
	}, text)
	return strings.Join(strings.Fields(kept), " ")
}
