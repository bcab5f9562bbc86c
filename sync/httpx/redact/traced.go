package redact

import (
	"encoding/hex"
	"html"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	// encodings is how many times over a text is taken to be encoded: &amp;#39; and %2527 are both an
	// apostrophe.
	encodings = 3
	// gap is what any run of white space and punctuation is in folded text.
	gap = ' '
)

// encoded is a character as HTML, a URL, a mail or a program writes it.
var encoded = func() *regexp.Regexp {
	const octet, more = `[%=][[:xdigit:]]{2}`, `[%=][89abAB][[:xdigit:]]`
	return regexp.MustCompile(`&#?\w{1,32};?|\\[uU][[:xdigit:]]{4}|\\x[[:xdigit:]]{2}|` +
		// The first byte of UTF-8 tells how many follow.
		`[%=][cdCD][[:xdigit:]]` + more + `|[%=][eE][[:xdigit:]](?:` + more + `){2}|` +
		`[%=][fF][0-7](?:` + more + `){3}|` + octet)
}()

// letterforms are letters that no decomposition takes apart.
var letterforms = map[rune]string{
	'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'þ': "th",
	'đ': "d", 'ð': "d", 'ł': "l", 'ħ': "h", 'ŧ': "t", 'ŋ': "n",
}

// span is a part of a text, in bytes.
type span struct{ from, to int }

// traced is a text that knows of each of its bytes which part of the original it stands for.
type traced struct {
	text  []byte
	spans []span
}

// trace returns the original itself, each character standing for its own place.
func trace(text string) *traced {
	t := new(traced)
	for at, r := range text {
		t.add(string(r), span{at, at + utf8.RuneLen(r)})
	}
	return t
}

// add appends text that stands for s as a whole.
func (t *traced) add(text string, s span) {
	t.text = append(t.text, text...)
	for range len(text) {
		t.spans = append(t.spans, s)
	}
}

// copy appends a part of another text.
func (t *traced) copy(from *traced, part span) {
	t.text = append(t.text, from.text[part.from:part.to]...)
	t.spans = append(t.spans, from.spans[part.from:part.to]...)
}

// decoded has HTML entities, %C3%A9, =C3=A9, \u00e9 and \xe9 replaced by what they stand for.
func (t *traced) decoded() *traced {
	out, end := new(traced), 0
	for _, at := range encoded.FindAllIndex(t.text, -1) {
		from, to := at[0], at[1]
		text := decode(string(t.text[from:to]))
		// An entity may lack its semicolon: the letters behind it are not part of it.
		for to > from && text != "" && text[len(text)-1] == t.text[to-1] {
			text, to = text[:len(text)-1], to-1
		}
		out.copy(t, span{end, from})
		if to > from {
			out.add(text, span{t.spans[from].from, t.spans[to-1].to})
		}
		end = to
	}
	out.copy(t, span{end, len(t.text)})
	return out
}

// decode is the text that a match of encoded stands for; bytes that are no UTF-8 are Latin-1.
func decode(code string) string {
	switch code[0] {
	case '&':
		return html.UnescapeString(code)
	case '\\':
		n, _ := strconv.ParseUint(code[2:], 16, 32)
		return string(rune(n))
	}
	octets, _ := hex.DecodeString(strings.NewReplacer("%", "", "=", "").Replace(code))
	if utf8.Valid(octets) {
		return string(octets)
	}
	var latin []rune
	for _, octet := range octets {
		latin = append(latin, rune(octet))
	}
	return string(latin)
}

// folded is the form in which spellings are compared: letters and digits alone, small, without accents and in
// their plain width, and one gap for whatever stands between them.
func (t *traced) folded() *traced {
	out := new(traced)
	for at, written := range string(t.text) {
		for _, r := range norm.NFKD.String(string(written)) {
			inGap := len(out.text) > 0 && out.text[len(out.text)-1] == gap
			r = unicode.ToLower(unicode.ToUpper(r)) // both, for letters that have two small forms
			switch form, ok := letterforms[r]; {
			case isDecoration(r) || isDecoration(written):
				// It belongs to the place of the letter before.
				if len(out.text) > 0 && !inGap {
					out.spans[len(out.spans)-1].to = t.spans[at].to
				}
			case ok:
				out.add(form, t.spans[at])
			case isWordRune(r) && !isApostrophe(written):
				out.add(string(r), t.spans[at])
			case !inGap:
				out.add(string(gap), t.spans[at])
			}
		}
	}
	return out
}

// isDecoration reports whether r is nothing by itself: an accent, also one beside its letter, or what cannot
// be seen.
func isDecoration(r rune) bool {
	unseen := unicode.Is(unicode.Cf, r) || unicode.IsControl(r) && !unicode.IsSpace(r)
	return unseen || unicode.IsMark(r) || strings.ContainsRune("´¨¸¯ˆ˜˚", r)
}

// isApostrophe reports whether r is a letter that is used as an apostrophe.
func isApostrophe(r rune) bool { return r >= 'ʹ' && r <= 'ˁ' }

func isWordRune(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
}
