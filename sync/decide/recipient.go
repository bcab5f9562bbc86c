package decide

import (
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"acsync/sync/kustomer"
)

// recipient is a customer, nil for nobody, and the address that was chosen, if any.
type recipient struct {
	customer *kustomer.Customer
	chosen   kustomer.Text
}

// chooseRecipient chooses the first address, or the first verified one where there is one. One that is empty
// or cannot be read hides no other.
func chooseRecipient(customer *kustomer.Customer, verified bool) recipient {
	if customer == nil {
		return recipient{}
	}
	to := recipient{customer: customer}
	rank := func(e kustomer.Email) int {
		switch {
		case e.Address.Value != "" && (e.Verified || !verified):
			return 3
		case e.Address.Value != "":
			return 2
		case e.Address.Masked:
			return 1
		}
		return 0
	}
	best := 0
	for _, email := range customer.Emails {
		if n := rank(email); n > best {
			best, to.chosen = n, email.Address
		}
	}
	return to
}

// Lengths that an address can have at most, in bytes (RFC 5321, RFC 1035).
const (
	maxAddress = 254
	maxLocal   = 64
	maxLabel   = 63
)

// plausibleAddress reports whether text can be a bare e-mail address with a dot in its domain.
func plausibleAddress(text string) bool {
	unfit := func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) || r == utf8.RuneError }
	if len(text) > maxAddress || strings.ContainsFunc(text, unfit) {
		return false
	}
	local, domain, _ := strings.Cut(text, "@")
	// Nearly all are of this kind, which needs no parser.
	if !dotAtom(local) || !dotAtom(domain) {
		parsed, err := mail.ParseAddress(text)
		if err != nil || parsed.Name != "" || parsed.Address != text {
			return false
		}
	}
	labels := 0
	for label := range strings.SplitSeq(domain, ".") {
		if labels++; unfitLabel(label) {
			return false
		}
	}
	return len(local) <= maxLocal && labels > 1
}

// dotAtom reports whether text is words of ASCII with single dots between them (RFC 5322, 3.2.3).
func dotAtom(text string) bool {
	const signs = "!#$%&'*+-/=?^_`{|}~"
	for word := range strings.SplitSeq(text, ".") {
		for i := range len(word) {
			c, lower := word[i], word[i]|0x20
			if (lower < 'a' || lower > 'z') && (c < '0' || c > '9') && strings.IndexByte(signs, c) < 0 {
				return false
			}
		}
		if word == "" {
			return false
		}
	}
	return true
}

// unfitLabel reports whether a part of a domain is empty or too long. One in other letters is longer than its
// characters when it is written in those of the DNS, where it begins with xn--.
func unfitLabel(label string) bool {
	length := utf8.RuneCountInString(label)
	if length < len(label) {
		length += len("xn--")
	}
	return length == 0 || length > maxLabel
}
