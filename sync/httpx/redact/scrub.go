package redact

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// MaxMessage is the greatest length of what is quoted, in characters.
	MaxMessage = 200

	mask   = "***"
	atSign = `(?:[@＠﹫]|%(?:25)*40|&#64;|&#x40;|&commat;)`
	// maskings is how often over a text is masked: what stood on both sides of what is taken out may be a
	// secret together.
	maskings = 8
	// maxScanned is how much of a text is searched, in bytes; MaxMessage characters of it are shown.
	maxScanned = 8 << 10
)

var (
	userinfo = regexp.MustCompile(`://[^/\s"]*@`)
	email    = regexp.MustCompile(`(?i)[^\s@<>"'(),;:=\[\]{}|]+` + atSign + `[^\s@<>"'(),;:\[\]{}|]+`)
	bearer   = regexp.MustCompile(`(?i)\b(bearer|basic)\s+[^\s"',;]+`)
	token    = regexp.MustCompile(`\beyJ[\w-]+(?:\.[\w-]*)*|[\w+=-]{32,}`)
	phone    = regexp.MustCompile(`\+?\b\d(?:[ ().-]*\d){6,}\b`)
	date     = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}(?:[ T]\d{2})?$`)
)

// Scrub masks what must not be shown: the given strings, however they are spelled and encoded, and anything
// like an e-mail address, a credential, a phone number or a long run of digits. Ids of 24 hexadecimal digits
// and dates stay.
func Scrub(text string, secrets ...string) string {
	text = strings.ToValidUTF8(text, "�")
	// The longest go first: a part of a secret that was masked would leave the rest of it standing.
	byLength := func(a, b string) int { return cmp.Compare(len(b), len(a)) }
	longest := slices.SortedFunc(slices.Values(secrets), byLength)
	var spelled []spelling
	for i, secret := range longest {
		longest[i] = strings.ToValidUTF8(secret, "�")
		spelled = append(spelled, spellings(longest[i])...)
	}
	for range maskings {
		before := text
		if text = scrubOnce(text, spelled, longest); text == before {
			break
		}
	}
	return text
}

func scrubOnce(text string, spelled []spelling, secrets []string) string {
	text = maskSpellings(text, spelled)
	// Secrets of punctuation alone have no spelling, and those with some are masked as a whole.
	text = Secrets(text, secrets...)
	text = userinfo.ReplaceAllString(text, "://")
	text = email.ReplaceAllString(text, mask)
	text = bearer.ReplaceAllString(text, "$1 "+mask)
	text = token.ReplaceAllStringFunc(text, maskToken)
	return phone.ReplaceAllStringFunc(text, maskNumber)
}

// Secrets masks the given strings alone, in a text that is of this program's own making.
func Secrets(text string, secrets ...string) string {
	for _, secret := range secrets {
		text = maskExact(text, secret)
	}
	return text
}

// maskExact masks secret in text without regard to case.
func maskExact(text, secret string) string {
	if strings.Trim(secret, "* \t\n") == "" {
		return text
	}
	before, after := "()", "()"
	if utf8.RuneCountInString(secret) < wholeWord {
		before, after = `(^|[^\pL\p{Nd}])`, `([^\pL\p{Nd}]|$)`
	}
	pattern, err := regexp.Compile(`(?i)` + before + regexp.QuoteMeta(secret) + after)
	if err != nil {
		// It is longer than patterns may be.
		return strings.ReplaceAll(text, secret, mask)
	}
	return pattern.ReplaceAllString(text, "${1}"+mask+"${2}")
}

// maskToken spares long identifiers, such as a search attribute's name, which hold no digit.
func maskToken(s string) string {
	if !strings.HasPrefix(s, "eyJ") && !strings.ContainsFunc(s, unicode.IsDigit) {
		return s
	}
	return mask
}

// maskNumber spares dates.
func maskNumber(s string) string {
	if date.MatchString(s) {
		return s
	}
	return mask
}

// Text makes foreign text fit to be shown: one line, scrubbed, at most MaxMessage characters.
func Text(text string, secrets ...string) string {
	// Control characters go first: one in the middle of a secret would hide it from the mask.
	flat := make([]string, len(secrets))
	for i, secret := range secrets {
		flat[i] = oneLine(secret)
	}
	if text = oneLine(text); len(text) > maxScanned {
		// Between two words: half of a name would not be known for one.
		text = text[:max(strings.LastIndexByte(text[:maxScanned], ' '), 0)]
	}
	return Cut(Scrub(text, flat...), MaxMessage)
}

// Path makes a path fit to be shown: an address in it, where an id was meant, is masked.
func Path(path string) string { return email.ReplaceAllString(oneLine(path), mask) }

// Cut shortens text to at most n characters; then the last one is an ellipsis.
func Cut(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	return string([]rune(text)[:n-1]) + "…"
}

// oneLine removes control and formatting characters and makes every run of white space one space.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "�"))
	return strings.Join(strings.Fields(text), " ")
}
