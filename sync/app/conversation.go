package app

import (
	"net/url"
	"strings"
	"unicode"
)

// conversationID is the conversation that an argument names: by its id, or by its address in Kustomer's web application, the root
// of which is app, as in https://acme.kustomerapp.com/app/customers/58210c3db0f09110006b7953/event/6716500fa1b2c3d4e5f60001.
// The address of another organisation is refused.
func conversationID(argument, app string) (string, error) {
	argument = strings.TrimSpace(argument)
	if !strings.Contains(argument, "/") {
		return plainID(argument)
	}
	if !strings.Contains(argument, "://") {
		argument = "https://" + argument // as some browsers copy it
	}
	address, err := url.Parse(argument)
	if err != nil || address.Host == "" {
		return "", usagef("%.100q is neither the id of a conversation nor its address in Kustomer", argument)
	}
	own, err := url.Parse(app)
	switch {
	case err != nil || own.Host == "":
		return "", usagef("an address in Kustomer can only be read when kustomer.org is set; give the id of the conversation")
	case !strings.EqualFold(own.Hostname(), address.Hostname()):
		return "", usagef("%.100q is not of this organisation, whose conversations are at %s; nothing was read", address.Host, app)
	}
	parts := strings.Split(strings.Trim(address.Path, "/"), "/")
	for i, part := range parts[:len(parts)-1] {
		if i > 0 && part == "event" {
			return plainID(parts[i+1])
		}
	}
	return "", usagef("this address names no conversation; it should look like %s/app/customers/<customer>/event/<conversation>", app)
}

// plainID refuses what can be no id, before anybody is asked for it.
func plainID(id string) (string, error) {
	odd := func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) && c != '-' && c != '_' }
	if id == "" || len(id) > 100 || strings.ContainsFunc(id, odd) {
		return "", usagef("%.100q is not the id of a conversation, which is 24 hexadecimal digits, nor its address in Kustomer", id)
	}
	return id, nil
}
