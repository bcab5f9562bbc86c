package decide

import (
	"strings"
	"unicode"

	"golang.org/x/text/language"
)

// Clean is text on one line, without control characters, and at most as long as Agent Connect keeps it.
func Clean(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r) && unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp): // each ends a line, or is a gap in one
			return ' '
		case unicode.IsControl(r) || r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, text)
	return strings.TrimSpace(cut(strings.TrimSpace(text), MaxTagLength))
}

// LanguageCode is a language as Agent Connect takes it (documented): ISO 639-1, and an ISO 3166-1 region after a hyphen where
// the text names one. Other ways to write that are understood, such as en_us or zh-Hant-TW. It is empty for what is no such
// code: a language that Agent Connect cannot know would cost the whole survey request.
func LanguageCode(text string) string {
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

// CountryCode is a country as Agent Connect takes it (documented): two letters of ISO 3166-1. Three letters are understood
// too. It is empty for all else, names among it.
func CountryCode(text string) string {
	text = strings.TrimSpace(text)
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
