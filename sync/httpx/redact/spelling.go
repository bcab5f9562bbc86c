package redact

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// wholeWord is the length below which a secret is masked only where it stands alone: taking "Al" out of
// "invalid" would ruin the message and hide nobody.
const wholeWord = 4

var umlauts = strings.NewReplacer(
	"ä", "ae", "ö", "oe", "ü", "ue", "å", "aa", "ø", "oe",
	"Ä", "Ae", "Ö", "Oe", "Ü", "Ue", "Å", "Aa", "Ø", "Oe",
)

// spelling is one way to write a secret, folded.
type spelling struct {
	parts [][]byte // there may be a gap between them
	alone bool     // it counts only where no letter or digit is its neighbour
}

// find returns the places in the original where the spelling stands, those that overlap too.
func (s spelling) find(t *traced) []span {
	var found []span
	for from := 0; ; from++ {
		at := bytes.Index(t.text[from:], s.parts[0])
		if at < 0 {
			return found
		}
		from += at
		to := s.end(t.text, from)
		before, after := from > 0 && t.text[from-1] != gap, to < len(t.text) && t.text[to] != gap
		if to > from && (!s.alone || !before && !after) {
			found = append(found, span{t.spans[from].from, t.spans[to-1].to})
		}
	}
}

// end is behind the spelling, where it begins at from; 0 where it does not.
func (s spelling) end(text []byte, from int) int {
	for i, part := range s.parts {
		if i > 0 && from < len(text) && text[from] == gap {
			from++
		}
		if !bytes.HasPrefix(text[from:], part) {
			return 0
		}
		from += len(part)
	}
	return from
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
	return slices.DeleteFunc(all, func(s spelling) bool { return len(s.parts) == 0 })
}

// newSpelling has no parts for a secret without a letter or digit.
func newSpelling(secret *traced, alone bool) spelling {
	written := map[int]rune{} // by their places
	for at, r := range string(secret.text) {
		written[secret.spans[at].from] = r
	}
	var parts [][]byte
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
		if parts == nil || parted || camel || unicode.IsDigit(last) != unicode.IsDigit(now) {
			parts = append(parts, nil)
		}
		parts[len(parts)-1] = utf8.AppendRune(parts[len(parts)-1], r)
		parted, last = false, now
		if unicode.In(now, unicode.Han, unicode.Hiragana, unicode.Katakana) {
			weight++ // a name has two or three, and no spaces around it
		}
		weight++
	}
	return spelling{parts, alone || weight < wholeWord}
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
