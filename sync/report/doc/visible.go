package doc

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Visible is the last way out for text and JSON, whatever they hold: what nobody may be shown as it is
// becomes visible, as JSON writes it, such as \u202e. What is within JSON stays the same for whoever
// reads it. Line feeds and tabs pass, and so does a carriage return before a line feed. Close it, so
// that nothing is left.
type Visible struct {
	To     io.Writer
	Colors bool // what only sets colours passes too: To is a terminal
	Drop   bool // leave out what JSON would need a form for: To is no JSON, and is read for long

	rest []byte // the beginning of what the next call goes on with
}

// Write passes the text on.
func (v *Visible) Write(text []byte) (int, error) {
	all := text
	if len(v.rest) > 0 {
		all = append(v.rest, text...)
	}
	shown, rest := v.show(all, false)
	v.rest = append([]byte(nil), rest...)
	if _, err := v.To.Write(shown); err != nil {
		return 0, err
	}
	return len(text), nil
}

// Close passes on what is left; To stays open.
func (v *Visible) Close() error {
	if len(v.rest) == 0 {
		return nil
	}
	shown, _ := v.show(v.rest, true)
	v.rest = nil
	_, err := v.To.Write(shown)
	return err
}

// show makes a text visible, as far as it can be judged without what follows it; the rest is empty at
// the end.
func (v *Visible) show(text []byte, end bool) (shown, rest []byte) {
	shown = make([]byte, 0, len(text))
	for len(text) > 0 {
		if !end && open(text, v.Colors) {
			return shown, text
		}
		n := v.passes(text)
		if n > 0 {
			shown = append(shown, text[:n]...)
		} else {
			var c rune
			if c, n = utf8.DecodeRune(text); !v.Drop {
				shown = append(shown, escaped(c)...)
			}
		}
		text = text[n:]
	}
	return shown, nil
}

// passes is how many bytes at the beginning of a text may be shown as they are; 0 for none.
func (v *Visible) passes(text []byte) int {
	switch c, n := utf8.DecodeRune(text); {
	case c == '\n', c == '\t', c == '\r' && len(text) > 1 && text[1] == '\n':
		return n
	case c == '\x1b' && v.Colors:
		if n, whole := colorSequence(text); whole {
			return n
		}
		return 0
	case c == utf8.RuneError && n > 1: // it stood there
		return n
	case Unfit(c):
		return 0
	default:
		return n
	}
}

// open reports whether what follows a text decides how it begins.
func open(text []byte, withColors bool) bool {
	switch {
	case text[0] == '\r':
		return len(text) == 1
	case text[0] == '\x1b' && withColors:
		n, whole := colorSequence(text)
		return !whole && n == len(text)
	}
	return !utf8.FullRune(text)
}

// colorSequence is how far a text is a sequence that sets colours, and whether that is a whole one.
func colorSequence(text []byte) (n int, whole bool) {
	const longest = 20
	for n = 1; n < min(len(text), longest); n++ {
		switch c := text[n]; {
		case n == 1 && c == '[', n > 1 && (c >= '0' && c <= '9' || c == ';'):
		case n > 1 && c == 'm':
			return n + 1, true
		default:
			return n, false
		}
	}
	return n, false
}

// escaped is a character as JSON writes it.
func escaped(c rune) string {
	if high, low := utf16.EncodeRune(c); high != utf8.RuneError {
		return fmt.Sprintf(`\u%04x\u%04x`, high, low)
	}
	return fmt.Sprintf(`\u%04x`, c)
}

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
