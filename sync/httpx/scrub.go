package httpx

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// MaxMessage is the greatest length of Error.Message, in characters.
	MaxMessage = 200

	mask   = "***"
	atSign = `(?:[@＠﹫]|%(?:25)*40|&#64;|&#x40;|&commat;)`
	// maskings is how often over a text is masked: what stood on both sides of what is taken out may be a
	// secret together.
	maskings = 8
	// looked is how much of a text is looked at, in bytes; MaxMessage characters of it are shown.
	looked = 8 << 10
	// wholeWord is the length below which a given string is masked only where it stands alone: taking "Al" out of
	// "invalid" would ruin the message and hide nobody.
	wholeWord = 4
)

var (
	userinfo = regexp.MustCompile(`://[^/\s"]*@`)
	email    = regexp.MustCompile(`(?i)[^\s@<>"'(),;:=\[\]{}|]+` + atSign + `[^\s@<>"'(),;:\[\]{}|]+`)
	bearer   = regexp.MustCompile(`(?i)\b(bearer|basic)\s+[^\s"',;]+`)
	token    = regexp.MustCompile(`\beyJ[\w-]+(?:\.[\w-]*)*|[\w+=-]{32,}`)
	phone    = regexp.MustCompile(`\+?\b\d[\d ().-]{5,}\d\b`)
	date     = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}(?:[ T]\d{2})?$`)
)

// Scrub masks what must not be shown: the given strings, however they are spelled and encoded, and anything
// like an e-mail address, a credential, a phone number or a long run of digits. Ids of 24 hexadecimal digits
// and dates stay.
func Scrub(text string, secrets ...string) string {
	text = strings.ToValidUTF8(text, "�")
	// The longest go first: a part of a secret that was masked would leave the rest of it standing.
	longest := slices.SortedFunc(slices.Values(secrets), func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	var spellings []spelling
	for i, secret := range longest {
		longest[i] = strings.ToValidUTF8(secret, "�")
		spellings = append(spellings, spellingsOf(longest[i])...)
	}
	for range maskings {
		before := text
		if text = scrubOnce(text, spellings, longest); text == before {
			break
		}
	}
	return text
}

func scrubOnce(text string, spellings []spelling, secrets []string) string {
	text = maskSpellings(text, spellings)
	for _, secret := range secrets {
		text = maskExact(text, secret) // those of punctuation alone, and short ones as they stand
	}
	text = userinfo.ReplaceAllString(text, "://")
	text = email.ReplaceAllString(text, mask)
	text = bearer.ReplaceAllString(text, "$1 "+mask)
	text = token.ReplaceAllStringFunc(text, maskToken)
	return phone.ReplaceAllStringFunc(text, maskDigits)
}

// maskExact masks secret in text without regard to case.
func maskExact(text, secret string) string {
	if strings.Trim(secret, "* \t\n") == "" {
		return text
	}
	pattern, err := regexp.Compile("(?i)" + regexp.QuoteMeta(secret))
	if err != nil {
		return strings.ReplaceAll(text, secret, mask)
	}
	alone := utf8.RuneCountInString(secret) < wholeWord
	var b strings.Builder
	end := 0
	for _, at := range pattern.FindAllStringIndex(text, -1) {
		if alone && !standsAlone(text, at[0], at[1]) {
			continue
		}
		b.WriteString(text[end:at[0]] + mask)
		end = at[1]
	}
	return b.String() + text[end:]
}

// standsAlone tells whether text[from:to] has no letter or digit as a neighbour.
func standsAlone(text string, from, to int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:from])
	after, _ := utf8.DecodeRuneInString(text[to:])
	return !wordRune(before) && !wordRune(after)
}

func wordRune(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// maskToken spares long identifiers, such as a search attribute's name, which hold no digit.
func maskToken(s string) string {
	if !strings.HasPrefix(s, "eyJ") && !strings.ContainsFunc(s, unicode.IsDigit) {
		return s
	}
	return mask
}

// maskDigits spares dates and numbers of fewer than seven digits.
func maskDigits(s string) string {
	digits := 0
	for _, r := range s {
		if unicode.IsDigit(r) {
			digits++
		}
	}
	if digits < 7 || date.MatchString(s) {
		return s
	}
	return mask
}

// words makes foreign text fit to be shown: one line, scrubbed, short. Control characters go first, since one in the
// middle of a secret would hide it from the mask.
func words(text string, secrets []string) string {
	flat := make([]string, len(secrets))
	for i, secret := range secrets {
		flat[i] = oneLine(secret)
	}
	return cut(Scrub(whole(oneLine(text)), flat...), MaxMessage)
}

// whole cuts what is too long to be looked at, between two words: half of a name would not be known for one.
func whole(text string) string {
	if len(text) <= looked {
		return text
	}
	return text[:max(strings.LastIndexByte(text[:looked], ' '), 0)]
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
