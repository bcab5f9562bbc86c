package report

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// dots stand in place of what is not shown.
const dots = "•••"

var address = regexp.MustCompile(`[^\s@<>,;:"()]+@[^\s@<>,;:"()]+`)

// maskAddresses leaves of each e-mail address in a text the first letter and the domain.
func maskAddresses(text string) string {
	return address.ReplaceAllStringFunc(text, func(found string) string {
		return maskName(found[:strings.LastIndexByte(found, '@')]) + found[strings.LastIndexByte(found, '@'):]
	})
}

// maskName leaves the first letter.
func maskName(name string) string {
	if name == "" {
		return ""
	}
	first, _ := utf8.DecodeRuneInString(name)
	return string(first) + dots
}
