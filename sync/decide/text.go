package decide

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"

	"acsync/sync/kustomer"
)

// What Agent Connect takes of tags (documented): more are not foreseen, longer ones it cuts itself.
const (
	maxTags      = 20
	maxTagLength = 2000 // characters
)

// clean is text on one line, without control characters, as long as Agent Connect keeps it.
func clean(text string) string {
	text = strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		// Each of these ends a line, or is a gap in one.
		case unicode.IsSpace(r) && unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp):
			return ' '
		case unicode.IsControl(r) || r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, text))
	if utf8.RuneCountInString(text) > maxTagLength {
		text = strings.TrimSpace(string([]rune(text)[:maxTagLength]))
	}
	return text
}

func nameOf(customer *kustomer.Customer) string {
	return strings.Join(strings.Fields(clean(customer.Name.Value)), " ")
}

// tagsOf are the names as Agent Connect takes them, without empty and repeated ones.
func tagsOf(names []string) []string {
	var kept []string
	seen := map[string]bool{}
	for _, name := range names {
		name = clean(name)
		if name == "" || seen[name] {
			continue
		}
		if len(kept) == maxTags {
			break
		}
		seen[name] = true
		kept = append(kept, name)
	}
	return kept
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
