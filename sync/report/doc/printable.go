package doc

import (
	"strings"
	"unicode"
)

// Unfit reports what nobody may be shown as it is: control characters, the invisible ones that turn
// the direction of what follows or hide in a word, those that end a line, and what stands for bytes
// that are no text.
func Unfit(c rune) bool {
	return unicode.IsControl(c) || unicode.Is(unicode.Cf, c) || unicode.Is(unicode.Co, c) || c == '\u2028' ||
		c == '\u2029' ||
		c == unicode.ReplacementChar
}

// Printable is text that people have written, as a terminal may show it: on one line, without control
// characters, which could move the cursor or change colours, and without the invisible ones that turn the
// direction of what follows.
func Printable(text string) string { return strings.Join(strings.Fields(oneLine(text)), " ") }

// oneLine is the same with its blanks as they are, for what stands in columns.
func oneLine(text string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case unicode.IsSpace(c):
			return ' '
		case Unfit(c):
			return -1
		}
		return c
	}, text)
}
