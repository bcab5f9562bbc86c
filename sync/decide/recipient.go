package decide

import (
	"net/mail"
	"strings"
	"unicode"

	"acsync/sync/kustomer"
)

// recipient is a customer, nil for nobody, and the address that was chosen; without one it is empty.
type recipient struct {
	customer *kustomer.Customer
	chosen   kustomer.Text
}

// chooseRecipient chooses the address that the survey goes to: the first, or the first verified one.
func chooseRecipient(customer *kustomer.Customer, verified bool) recipient {
	if customer == nil || len(customer.Emails) == 0 {
		return recipient{customer: customer}
	}
	chosen := customer.Emails[0]
	if verified {
		for _, email := range customer.Emails {
			if email.Verified {
				chosen = email
				break
			}
		}
	}
	return recipient{customer, chosen.Address}
}

// address is the text of the chosen address.
func (r recipient) address() string { return strings.TrimSpace(r.chosen.Value) }

// plausibleAddress reports whether text can be a bare e-mail address: what net/mail accepts without a display
// name, with a dot in the domain, at most 254 bytes and no control characters.
func plausibleAddress(text string) bool {
	unfit := func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }
	if len(text) > 254 || strings.ContainsFunc(text, unfit) {
		return false
	}
	parsed, err := mail.ParseAddress(text)
	if err != nil || parsed.Name != "" || parsed.Address != text {
		return false
	}
	_, domain, _ := strings.Cut(text, "@")
	dot := strings.LastIndexByte(domain, '.')
	return dot > 0 && dot < len(domain)-1
}
