package app

import (
	"net/url"
	"strings"
	"time"
)

// named is a conversation as a command line names it.
type named struct {
	id       string
	customer string // whose it is, by the address that names it; empty where only the id does

	resolution time.Time // which of its resolutions; zero for the conversation as it is
}

// conversationNamed is the conversation that an argument names: by its id, with or without the time of a resolution behind it, as
// resolve takes it, or by its address in Kustomer's web application, the root of which is app, as in
// https://acme.kustomerapp.com/app/customers/58210c3db0f09110006b7953/event/6716500fa1b2c3d4e5f60001.
// The address of another organisation is refused.
func conversationNamed(argument, app string) (named, error) {
	argument = strings.TrimSpace(argument)
	if !addressed(argument) {
		id, clock, timed := strings.Cut(argument, "@")
		at, err := time.Parse(time.RFC3339, clock)
		if timed && err != nil {
			return named{}, noConversation(argument)
		}
		n, err := plainID(id, argument)
		n.resolution = at
		return n, err
	}
	if !strings.Contains(argument, "://") {
		argument = "https://" + argument // as some browsers copy it
	}
	address, err := url.Parse(argument)
	if err != nil || address.Host == "" {
		return named{}, noConversation(argument)
	}
	own, err := url.Parse(app)
	switch {
	case err != nil || own.Host == "":
		return named{}, usagef("an address in Kustomer can only be read when kustomer.org is set; give the id of the conversation")
	case !strings.EqualFold(own.Hostname(), address.Hostname()):
		return named{}, usagef("%.100q is not of this organisation, whose conversations are at %s; nothing was read", address.Host, app)
	}
	parts := strings.Split(strings.Trim(address.Path, "/"), "/")
	for i, part := range parts[:len(parts)-1] {
		if i > 0 && part == "event" {
			return ofCustomer(parts[:i], parts[i+1], argument)
		}
	}
	return named{}, usagef("this address names no conversation; it should look like %s/app/customers/<customer>/event/<conversation>", app)
}

// addressed tells whether an argument is to be an address: it has a scheme, or begins with the name of a host.
func addressed(argument string) bool {
	host, _, path := strings.Cut(argument, "/")
	return strings.Contains(argument, "://") || path && strings.Contains(strings.Trim(host, "."), ".")
}

// ofCustomer is a conversation in an address, and the customer in what stands before it.
func ofCustomer(before []string, id, argument string) (named, error) {
	n, err := plainID(id, argument)
	if last := len(before) - 1; last > 0 && before[last-1] == "customers" {
		n.customer = before[last]
	}
	return n, err
}

// plainID refuses what can be no id, before anybody is asked for it. All that are observed are 24 hexadecimal digits, but nothing
// promises that.
func plainID(id, argument string) (named, error) {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
	odd := func(c rune) bool { return !strings.ContainsRune(letters, c) }
	if id == "" || len(id) > 100 || strings.ContainsFunc(id, odd) {
		return named{}, noConversation(argument)
	}
	return named{id: id}, nil
}

// noConversation tells what an argument should be.
func noConversation(argument string) error {
	return usagef("%.100q can be no conversation: give its id, of letters and digits (24 hexadecimal digits as a rule), one resolution of it "+
		"as ID@TIME, or its address in Kustomer", argument)
}
