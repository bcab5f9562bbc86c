package redact

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/encoding/charmap"
)

// wholeWord is the length below which a secret is masked only where it stands alone: taking "Al" out of
// "invalid" would ruin the message and hide nobody.
const wholeWord = 4

var umlauts = strings.NewReplacer(
	"ä", "ae", "ö", "oe", "ü", "ue", "å", "aa", "ø", "oe",
	"Ä", "Ae", "Ö", "Oe", "Ü", "Ue", "Å", "Aa", "Ø", "Oe",
)

// spelling is one way to write a secret, as a pattern over folded text.
type spelling struct {
	*regexp.Regexp
	alone bool // it counts only where no letter or digit is its neighbour
}

// find returns the places in the original where the spelling stands, those that overlap too.
func (s spelling) find(t *traced) []span {
	var found []span
	for start := 0; ; start++ {
		at := s.FindIndex(t.text[start:])
		if at == nil {
			return found
		}
		from, to := start+at[0], start+at[1]
		before, after := from > 0 && t.text[from-1] != gap, to < len(t.text) && t.text[to] != gap
		if !s.alone || !before && !after {
			found = append(found, span{t.spans[from].from, t.spans[to-1].to})
		}
		start = from
	}
}

// spellings are the ways in which somebody writes a secret who cannot write it, or is not careful: umlauts in
// two letters, UTF-8 that was read as Latin-1, what is not ASCII left out.
func spellings(secret string) []spelling {
	ways := []string{secret}
	ascii := strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII {
			return gap
		}
		return r
	}, secret)
	if ascii != secret {
		ways = append(ways, umlauts.Replace(secret))
		for _, set := range []*charmap.Charmap{charmap.Windows1252, charmap.ISO8859_1} {
			if text, err := set.NewDecoder().String(secret); err == nil {
				ways = append(ways, text)
			}
		}
	}
	var all []spelling
	for _, way := range ways {
		for t, n := trace(way), 0; n < encodings; n++ {
			all = append(all, newSpelling(t, false))
			next := t.decoded()
			if bytes.Equal(next.text, t.text) {
				break
			}
			t = next
		}
	}
	if ascii != secret {
		all = append(all, newSpelling(trace(ascii), true))
	}
	return slices.DeleteFunc(all, func(s spelling) bool { return s.Regexp == nil })
}

// newSpelling has no pattern for a secret without a letter or digit.
func newSpelling(secret *traced, alone bool) spelling {
	written := map[int]rune{} // by their places
	for at, r := range string(secret.text) {
		written[secret.spans[at].from] = r
	}
	var b strings.Builder
	var last rune // unfolded
	weight, parted := 0, false
	folded := secret.folded()
	for at, r := range string(folded.text) {
		if r == gap {
			parted = true
			continue
		}
		now := written[folded.spans[at].from]
		camel := unicode.IsLower(last) && unicode.IsUpper(now)
		if b.Len() > 0 && (parted || camel || unicode.IsDigit(last) != unicode.IsDigit(now)) {
			b.WriteString(string(gap) + "?")
		}
		b.WriteRune(r)
		parted, last = false, now
		if unicode.In(now, unicode.Han, unicode.Hiragana, unicode.Katakana) {
			weight++ // a name has two or three, and no spaces around it
		}
		weight++
	}
	if weight == 0 {
		return spelling{}
	}
	return spelling{regexp.MustCompile(b.String()), alone || weight < wholeWord} // of letters and digits alone
}

// maskSpellings masks the secrets in text, however it is encoded.
func maskSpellings(text string, secrets []spelling) string {
	var found []span
	t := trace(text)
	for range encodings + 1 {
		plain := t.folded()
		for _, secret := range secrets {
			found = append(found, secret.find(plain)...)
		}
		next := t.decoded()
		if bytes.Equal(next.text, t.text) {
			break
		}
		t = next
	}
	slices.SortFunc(found, func(a, b span) int { return a.from - b.from })
	var b strings.Builder
	end := 0
	for i, s := range found {
		if i == 0 || s.from > end {
			b.WriteString(text[end:s.from] + mask)
		}
		end = max(end, s.to)
	}
	return b.String() + text[end:]
}
