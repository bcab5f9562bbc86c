package app

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/explain"
)

// conversationRef is a conversation as a command line names it.
type conversationRef struct {
	id       string
	customer string // whose it is, by the address that names it; empty where only the id does

	resolution time.Time // which of its resolutions; zero for the conversation as it is
}

// differences are what does not agree between the conversation as it was named, or as the ledger was kept,
// and what is known of it.
func (r conversationRef) differences(life explain.Explanation) (notices []string) {
	if life.Kept != "" {
		notices = append(notices, fmt.Sprintf("this ledger remembers by %s: a pass is refused until "+
			"sync.survey_per says so, or the ledger was converted with acsync ledger convert", string(life.Kept)))
	}
	owner := life.Case.Conversation.CustomerID
	if life.Found && r.customer != "" && !strings.EqualFold(r.customer, owner) {
		notices = append(
			notices, fmt.Sprintf(
				"the address that was given names customer %s; in Kustomer the conversation belongs to %s",
				r.customer, cmp.Or(owner, "none")))
	}
	if !r.resolution.IsZero() && !resolvedAt(life, r.resolution) {
		notices = append(
			notices, fmt.Sprintf(
				"neither Kustomer nor the ledger knows of it as marked done at %s; this is what they know of it",
				r.resolution.UTC().Format(time.RFC3339Nano)))
	}
	return notices
}

// resolvedAt reports whether a conversation is known to have been marked done at a time.
func resolvedAt(x explain.Explanation, at time.Time) bool {
	return x.Found && decide.SameResolution(x.Case.Resolution(), at) ||
		slices.ContainsFunc(x.Entries, func(e store.Entry) bool {
			return decide.SameResolution(e.Record.Resolution, at)
		})
}

// parseConversation reads an argument that names a conversation: by its id, with or without the time of a
// resolution behind it, as resolve takes it, or by its address in Kustomer's web application, whose root is
// app, as in
// https://acme.kustomerapp.com/app/customers/58210c3db0f09110006b7953/event/6716500fa1b2c3d4e5f60001.
// The address of another organisation is refused.
func parseConversation(argument, app string) (conversationRef, error) {
	argument = strings.TrimSpace(argument)
	if !addressed(argument) {
		id, clock, timed := strings.Cut(argument, "@")
		at, err := time.Parse(time.RFC3339, clock)
		if timed && err != nil {
			return conversationRef{}, noConversation(argument)
		}
		n, err := plainID(id, argument)
		n.resolution = at
		return n, err
	}
	// As some browsers copy it.
	if !strings.Contains(argument, "://") {
		argument = "https://" + argument
	}
	address, err := url.Parse(argument)
	if err != nil || address.Host == "" {
		return conversationRef{}, noConversation(argument)
	}
	own, err := url.Parse(app)
	switch {
	case err != nil || own.Host == "":
		return conversationRef{}, usagef("an address in Kustomer can only be read when kustomer.org is " +
			"set; give the id of the conversation")
	case !strings.EqualFold(own.Hostname(), address.Hostname()):
		return conversationRef{}, usagef(
			"%.100q is not of this organisation, whose conversations are at %s; nothing was read",
			address.Host, app)
	}
	parts := strings.Split(strings.Trim(address.Path, "/"), "/")
	for i, part := range parts[:len(parts)-1] {
		if i > 0 && part == "event" {
			return ofCustomer(parts[:i], parts[i+1], argument)
		}
	}
	return conversationRef{}, usagef("this address names no conversation; it should look like "+
		"%s/app/customers/<customer>/event/<conversation>", app)
}

// addressed reports whether an argument is to be an address: it has a scheme, or begins with the name of a
// host.
func addressed(argument string) bool {
	host, _, path := strings.Cut(argument, "/")
	return strings.Contains(argument, "://") || path && strings.Contains(strings.Trim(host, "."), ".")
}

// ofCustomer is a conversation in an address, and the customer in what stands before it.
func ofCustomer(before []string, id, argument string) (conversationRef, error) {
	n, err := plainID(id, argument)
	if last := len(before) - 1; last > 0 && before[last-1] == "customers" {
		n.customer = before[last]
	}
	return n, err
}

// plainID refuses what can be no id, before anybody is asked for it. All that are observed are 24 hexadecimal
// digits, but nothing promises that.
func plainID(id, argument string) (conversationRef, error) {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
	odd := func(c rune) bool { return !strings.ContainsRune(letters, c) }
	if id == "" || len(id) > 100 || strings.ContainsFunc(id, odd) {
		return conversationRef{}, noConversation(argument)
	}
	return conversationRef{id: id}, nil
}

// noConversation tells what an argument should be.
func noConversation(argument string) error {
	return usagef("%.100q can be no conversation: give its id, of letters and digits (24 hexadecimal "+
		"digits as a rule), one resolution of it as ID@TIME, or its address in Kustomer", argument)
}
