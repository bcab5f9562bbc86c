package httpx

import (
	"html"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

const (
	// encodings is how many times over a text is taken to be encoded: &amp;#39; and %2527 are both an
	// apostrophe.
	encodings = 3
	// entityLength is the greatest length of an HTML entity, unclosed that of one that may lack its
	// semicolon.
	entityLength = 32
	unclosed     = 10
	// gap is what any run of white space and punctuation is in folded text.
	gap = ' '
)

// letter is a character with the place that it comes from.
type letter struct {
	rune
	from, to int
}

// lettersOf are the characters as they stand.
func lettersOf(text string) []letter {
	list := make([]letter, 0, len(text))
	for at, r := range text {
		list = append(list, letter{r, at, at + utf8.RuneLen(r)})
	}
	return list
}

// decoded has HTML entities, %C3%A9, =C3=A9, \u00e9 and \xe9 replaced by what they stand for.
func decoded(list []letter) []letter {
	var out []letter
	for i := 0; i < len(list); {
		var stands []letter
		n := 0
		switch list[i].rune {
		case '&':
			stands, n = entity(list[i:])
		case '%', '=':
			stands, n = octets(list[i:])
		case '\\':
			stands, n = escape(list[i:])
		}
		if n == 0 {
			stands, n = list[i:i+1], 1
		}
		out = append(out, stands...)
		i += n
	}
	return out
}

// spell is the text of some letters.
func spell(list []letter) string {
	var b strings.Builder
	for _, l := range list {
		b.WriteRune(l.rune)
	}
	return b.String()
}

// across spreads text over the place of the letters that it stands for.
func across(text string, list []letter) []letter {
	var out []letter
	for _, r := range text {
		out = append(out, letter{r, list[0].from, list[len(list)-1].to})
	}
	return out
}

// entity reads one that begins here: the longest, since some may lack their semicolon.
func entity(list []letter) (stands []letter, n int) {
	end := 1
	for end < min(len(list), entityLength) && (list[end].rune == '#' || wordRune(list[end].rune)) {
		end++
	}
	if end < len(list) && list[end].rune == ';' {
		if text := html.UnescapeString(spell(list[:end+1])); !strings.HasPrefix(text, "&") || text == "&" {
			return across(text, list[:end+1]), end + 1
		}
	}
	for n := min(end, unclosed); n > 2; n-- {
		if text := html.UnescapeString(spell(list[:n])); utf8.RuneCountInString(text) == 1 {
			return across(text, list[:n]), n
		}
	}
	return nil, 0
}

// octets reads a run of bytes in hexadecimal: UTF-8, and where it is not, Latin-1.
func octets(list []letter) (stands []letter, n int) {
	var bytes []byte
	for n+3 <= len(list) && list[n].rune == list[0].rune {
		code, err := strconv.ParseUint(spell(list[n+1:n+3]), 16, 8)
		if err != nil {
			break
		}
		bytes = append(bytes, byte(code))
		n += 3
	}
	for at := 0; at < len(bytes); {
		r, size := utf8.DecodeRune(bytes[at:])
		if r == utf8.RuneError {
			r, size = rune(bytes[at]), 1
		}
		stands = append(stands, across(string(r), list[3*at:3*(at+size)])...)
		at += size
	}
	return stands, n
}

// escape reads a character as programs write it.
func escape(list []letter) (stands []letter, n int) {
	if len(list) < 2 {
		return nil, 0
	}
	switch list[1].rune {
	case 'u', 'U':
		n = 6
	case 'x':
		n = 4
	}
	if n == 0 || len(list) < n {
		return nil, 0
	}
	code, err := strconv.ParseUint(spell(list[2:n]), 16, 32)
	if err != nil {
		return nil, 0
	}
	return across(string(rune(code)), list[:n]), n
}

// letterforms are letters that no decomposition takes apart.
var letterforms = map[rune]string{
	'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'þ': "th",
	'đ': "d", 'ð': "d", 'ł': "l", 'ħ': "h", 'ŧ': "t", 'ŋ': "n",
}

// folded is the form in which spellings are compared: letters and digits alone, small, without accents and in
// their plain width, and one gap for whatever stands between them. What is dropped belongs to the place of
// the letter before.
func folded(list []letter) []letter {
	var out []letter
	for _, l := range list {
		for _, r := range norm.NFKD.String(string(l.rune)) {
			switch r = unicode.ToLower(unicode.ToUpper(r)); { // both, for letters that have two small forms
			case decoration(r) || decoration(l.rune):
				if len(out) > 0 && out[len(out)-1].rune != gap {
					out[len(out)-1].to = l.to
				}
			case !wordRune(r) || strokes(l.rune):
				if len(out) == 0 || out[len(out)-1].rune != gap {
					out = append(out, letter{gap, l.from, l.to})
				}
			default:
				form, ok := letterforms[r]
				if !ok {
					form = string(r)
				}
				for _, plain := range form {
					out = append(out, letter{plain, l.from, l.to})
				}
			}
		}
	}
	return out
}

// decoration tells what is nothing by itself: accents, also those that stand beside their letter, and what
// cannot be seen.
func decoration(r rune) bool {
	unseen := unicode.Is(unicode.Cf, r) || unicode.IsControl(r) && !unicode.IsSpace(r)
	return unseen || unicode.IsMark(r) || strings.ContainsRune("´¨¸¯ˆ˜˚", r)
}

// strokes tells letters that are used as an apostrophe.
func strokes(r rune) bool { return r >= 'ʹ' && r <= 'ˁ' }

// spelling is a way to write a secret, folded.
type spelling struct {
	letters []rune
	parted  []bool // there may be a gap before the letter
	alone   bool   // it is looked for only where no letter or digit is its neighbour
}

// newSpelling is false for a secret without a letter or digit.
func newSpelling(list []letter, alone bool) (spelling, bool) {
	s := spelling{alone: alone}
	parted := false
	var last rune // as it is written
	at := map[int]rune{}
	for _, l := range list {
		at[l.from] = l.rune
	}
	weight := 0
	for _, l := range folded(list) {
		if l.rune == gap {
			parted = true
			continue
		}
		written := at[l.from]
		camel := unicode.IsLower(last) && unicode.IsUpper(written)
		number := unicode.IsDigit(last) != unicode.IsDigit(written)
		s.letters, s.parted = append(s.letters, l.rune), append(s.parted, parted || camel || number)
		parted, last = false, written
		if unicode.In(written, unicode.Han, unicode.Hiragana, unicode.Katakana) {
			weight++ // a name has two or three, and no spaces around it
		}
		weight++
	}
	s.alone = s.alone || weight < wholeWord
	return s, len(s.letters) > 0
}

// spellingsOf are the ways in which somebody writes a secret who cannot write it, or is not careful: umlauts
// in two letters, UTF-8 that was read as Latin-1, what is not ASCII left out.
func spellingsOf(secret string) []spelling {
	latin := func(set *charmap.Charmap) string {
		text, err := set.NewDecoder().String(secret)
		if err != nil {
			return secret
		}
		return text
	}
	ways := []string{secret, umlauts.Replace(secret), latin(charmap.Windows1252), latin(charmap.ISO8859_1)}
	ascii := strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII {
			return gap
		}
		return r
	}, secret)
	if ascii == secret {
		ways = ways[:1]
	}
	var all []spelling
	for _, way := range ways {
		list := lettersOf(way)
		for range encodings {
			if s, ok := newSpelling(list, false); ok {
				all = append(all, s)
			}
			plain := decoded(list)
			if slices.Equal(plain, list) {
				break
			}
			list = plain
		}
	}
	if s, ok := newSpelling(lettersOf(ascii), true); ok && ascii != secret {
		all = append(all, s)
	}
	return all
}

var umlauts = strings.NewReplacer(
	"ä", "ae", "ö", "oe", "ü", "ue", "å", "aa", "ø", "oe", "Ä", "Ae", "Ö", "Oe", "Ü", "Ue", "Å", "Aa", "Ø", "Oe",
)

// end is behind the spelling where text begins with it; 0 where it does not.
func (s spelling) end(text []letter) int {
	at := 0
	for i, r := range s.letters {
		if i > 0 && s.parted[i] && at < len(text) && text[at].rune == gap {
			at++
		}
		if at == len(text) || text[at].rune != r {
			return 0
		}
		at++
	}
	return at
}

// stretch is a part of a text.
type stretch struct{ from, to int }

// find gives where the spelling stands in text.
func (s spelling) find(text []letter) []stretch {
	var found []stretch
	for i := range text {
		n := s.end(text[i:])
		if n == 0 {
			continue
		}
		before, after := i > 0 && text[i-1].rune != gap, i+n < len(text) && text[i+n].rune != gap
		if !s.alone || !before && !after {
			found = append(found, stretch{text[i].from, text[i+n-1].to})
		}
	}
	return found
}

// maskSpellings masks the secrets however they are spelled and encoded.
func maskSpellings(text string, secrets []spelling) string {
	var found []stretch
	list := lettersOf(text)
	for range encodings + 1 {
		plain := folded(list)
		for _, secret := range secrets {
			found = append(found, secret.find(plain)...)
		}
		next := decoded(list)
		if slices.Equal(next, list) {
			break
		}
		list = next
	}
	slices.SortFunc(found, func(a, b stretch) int { return a.from - b.from })
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
