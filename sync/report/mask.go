package report

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// Mask hides whose e-mail address it is, and keeps what helps to find a mistake: its first letter and its
// domain, as in "j•••@example.com". What is no address is hidden altogether; an empty one stays empty.
func Mask(address string) string {
	if address == "" {
		return ""
	}
	at := strings.LastIndexByte(address, '@')
	if at <= 0 {
		return "•••"
	}
	_, size := utf8.DecodeRuneInString(address)
	return address[:size] + "•••" + address[at:]
}

// addresses are what looks like one within a text.
var addresses = regexp.MustCompile(`[^\s"'<>(),;:=\[\]]+@[^\s"'<>(),;:=\[\]@]+\.[^\s"'<>(),;:=\[\]@]+`)

// maskAll masks the addresses within a text.
func maskAll(text string) string { return addresses.ReplaceAllStringFunc(text, Mask) }

// maskName leaves the first letter.
func maskName(name string) string {
	if name == "" {
		return ""
	}
	first, _ := utf8.DecodeRuneInString(name)
	return string(first) + "•••"
}
