package doc

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
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

// A sequence that sets colours, and the beginning of one.
var (
	aColor    = regexp.MustCompile(`^\x1b\[[0-9;]{0,17}m`)
	halfColor = regexp.MustCompile(`^\x1b(\[[0-9;]{0,17})?$`)
)

// Write passes the text on.
func (v *Visible) Write(text []byte) (int, error) {
	shown, rest := v.show(append(v.rest, text...), false)
	v.rest = bytes.Clone(rest)
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

// show makes a text visible, as far as it can be judged without what follows it.
func (v *Visible) show(text []byte, end bool) (shown, rest []byte) {
	shown = make([]byte, 0, len(text))
	for len(text) > 0 {
		c, n := utf8.DecodeRune(text)
		colors := v.Colors && c == '\x1b'
		switch {
		case !end && (!utf8.FullRune(text) || len(text) == 1 && c == '\r' || colors && halfColor.Match(text)):
			return shown, text
		case colors && aColor.Match(text):
			n = len(aColor.Find(text))
			shown = append(shown, text[:n]...)
		// The sign for what is no text stood there itself where it has several bytes.
		case c == '\n', c == '\t', bytes.HasPrefix(text, []byte("\r\n")), c == utf8.RuneError && n > 1,
			!Unfit(c):
			shown = append(shown, text[:n]...)
		case !v.Drop:
			for _, unit := range utf16.AppendRune(nil, c) {
				shown = fmt.Appendf(shown, `\u%04x`, unit)
			}
		}
		text = text[n:]
	}
	return shown, nil
}

// Unfit reports what nobody may be shown as it is: control characters, the invisible ones that turn
// the direction of what follows or hide in a word, those that end a line, and what stands for bytes
// that are no text.
func Unfit(c rune) bool {
	return c == unicode.ReplacementChar ||
		unicode.In(c, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp)
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
