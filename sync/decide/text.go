package decide

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"golang.org/x/text/language"
)

// What Agent Connect takes of tags (documented): more are not foreseen, longer ones it cuts itself.
const (
	maxTags      = 20
	maxTagLength = 2000 // characters
)

// clean is text on one line, without what nobody can see, as long as Agent Connect keeps it. Nothing else of
// what people wrote goes into a survey request.
func clean(text string) string {
	if printable(text) {
		return strings.TrimSpace(cut(strings.TrimSpace(text)))
	}
	var kept strings.Builder
	shows := false
	// What was last kept, combining characters aside: whether an invisible one means anything depends on it.
	base := ' '
	for _, r := range text {
		switch {
		// Each of these ends a line, or is a gap in one.
		case unicode.IsSpace(r) && unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp):
			r = ' '
		// An invalid byte is one of these too.
		case r == utf8.RuneError, unicode.In(r, unicode.Cc, unicode.Noncharacter_Code_Point),
			formats(r) && !shapes(r, base):
			continue
		}
		kept.WriteRune(r)
		shows = shows || !blank(r)
		if !formats(r) && !unicode.Is(unicode.M, r) {
			base = r
		} else if r == joiner || r == nonJoiner {
			base = ' ' // one is enough
		}
	}
	if !shows {
		return ""
	}
	return strings.TrimSpace(cut(strings.TrimSpace(kept.String())))
}

// printable reports whether text is of printable ASCII alone, where everything shows and nothing is
// invisible.
func printable(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}

// cut shortens text to what Agent Connect keeps, and takes no character apart that people see as one.
func cut(text string) string {
	if len(text) <= maxTagLength || utf8.RuneCountInString(text) <= maxTagLength {
		return text
	}
	size, length := 0, 0
	for rest, state := text, -1; ; {
		var cluster string
		cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		length += utf8.RuneCountInString(cluster)
		if length > maxTagLength {
			break
		}
		size += len(cluster)
	}
	// A single one may be longer than all that is kept.
	if size == 0 {
		return string([]rune(text)[:maxTagLength])
	}
	return text[:size]
}

const (
	nonJoiner    = '\u200c'
	joiner       = '\u200d'
	blackFlag    = '\U0001f3f4' // and, in tag characters, whose: England's, Scotland's, …
	blankBraille = '\u2800'
)

// formats reports whether a character shows nothing of its own, and only changes what is around it: the
// direction of writing, where a line may break, how letters are joined.
func formats(r rune) bool {
	return unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r)
}

// shapes reports whether such a character belongs to how the one before it is written: in scripts without
// capitals, such as Persian, Malayalam and Mongolian, and in emoji.
func shapes(r, base rune) bool {
	switch {
	case r == joiner, r == nonJoiner:
		return unicode.In(base, unicode.Lo, unicode.So, unicode.Sk)
	case r == '\u180e': // a vowel's gap
		return unicode.Is(unicode.Mongolian, base)
	case r >= '\U000e0020' && r <= '\U000e007f':
		return base == blackFlag
	}
	return false
}

// blank reports whether a character shows nothing at all: a text of these alone is empty.
func blank(r rune) bool {
	return unicode.IsSpace(r) || formats(r) || r == blankBraille ||
		unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// cleanLine is clean with single spaces, for what is a name.
func cleanLine(text string) string {
	text = clean(text)
	if printable(text) && !strings.Contains(text, "  ") {
		return text
	}
	return strings.Join(strings.Fields(text), " ")
}

// cleanAddress is an e-mail address without the invisible characters that come along when one is copied, and
// without white space around it. What is wrong within it stays, so that it is found.
func cleanAddress(text string) string {
	if printable(text) {
		return strings.TrimSpace(text)
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) || blank(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text))
}

// cleanEach cleans names of tags or channels, and leaves out empty and repeated ones.
func cleanEach(names []string, clean func(string) string) []string {
	if len(names) == 0 {
		return nil
	}
	var kept []string
	seen := map[string]bool{"": true}
	for _, name := range names {
		if name = clean(name); !seen[name] {
			seen[name] = true
			kept = append(kept, name)
		}
	}
	return kept
}

// tagsOf are the names as Agent Connect takes them.
func tagsOf(names []string) []string {
	kept := cleanEach(names, cleanLine)
	return kept[:min(len(kept), maxTags)]
}

// firstCode is the code of the first text that has one, so that others can stand behind what may have none.
func firstCode(texts []string, codeOf func(string) string) (code string) {
	for _, text := range texts {
		if code = codeOf(clean(text)); code != "" {
			break
		}
	}
	return code
}

// languageCode is a language as Agent Connect takes it (documented): ISO 639-1, with an ISO 3166-1 region if
// any, also from en_us or zh-Hant-TW. What is no such code is empty: it would cost the whole survey request.
func languageCode(text string) string {
	tag, err := language.Parse(strings.TrimSpace(text))
	if err != nil {
		return ""
	}
	base, _, region := tag.Raw()
	code := base.String()
	if len(code) != 2 {
		return ""
	}
	if region.IsCountry() && len(region.String()) == 2 {
		code += "-" + region.String()
	}
	return code
}

// countryCode is a country as Agent Connect takes it (documented): ISO 3166-1, two letters, also from three.
func countryCode(text string) string {
	if n := len(text); n != 2 && n != 3 || strings.ContainsFunc(text, unicode.IsDigit) {
		return ""
	}
	region, err := language.ParseRegion(text)
	if err != nil {
		return ""
	}
	if region = region.Canonicalize(); !region.IsCountry() || len(region.String()) != 2 {
		return ""
	}
	return region.String()
}
