package app

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
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
	note := func(format string, args ...any) { notices = append(notices, fmt.Sprintf(format, args...)) }
	if life.Kept != "" {
		note("this ledger remembers by %s: a pass is refused until sync.survey_per says so, or the ledger "+
			"was converted with acsync ledger convert", string(life.Kept))
	}
	owner := life.Case.Conversation.CustomerID
	if life.Found && r.customer != "" && !strings.EqualFold(r.customer, owner) {
		note("the address that was given names customer %s; in Kustomer the conversation belongs to %s",
			r.customer, cmp.Or(owner, "none"))
	}
	if !r.resolution.IsZero() && !resolvedAt(life, r.resolution) {
		note("neither Kustomer nor the ledger knows of it as marked done at %s; this is what they know of it",
			r.resolution.UTC().Format(time.RFC3339Nano))
	}
	return notices
}

func resolvedAt(x explain.Explanation, at time.Time) bool {
	return x.Found && decide.SameResolution(x.Case.Resolution(), at) ||
		slices.ContainsFunc(x.Entries, func(e store.Entry) bool {
			return decide.SameResolution(e.Record.Resolution, at)
		})
}

// conversationID is what can be an id. All that are observed are 24 hexadecimal digits, but nothing promises
// that.
var conversationID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,100}$`)

// parseConversation reads an argument that names a conversation: by its id, with or without the time of a
// resolution behind it, as resolve takes it, or by its address in Kustomer's web application, whose root is
// app, as in
// https://acme.kustomerapp.com/app/customers/58210c3db0f09110006b7953/event/6716500fa1b2c3d4e5f60001.
// The address of another organisation is refused.
func parseConversation(argument, app string) (conversationRef, error) {
	argument = strings.TrimSpace(argument)
	none := usagef("%.100q can be no conversation: give its id, of letters and digits (24 hexadecimal "+
		"digits as a rule), one resolution of it as ID@TIME, or its address in Kustomer", argument)
	if host, _, path := strings.Cut(argument, "/"); !strings.Contains(argument, "://") {
		// As some browsers copy it.
		if path && strings.Contains(strings.Trim(host, "."), ".") {
			return parseAddress("https://"+argument, app, none)
		}
		id, clock, timed := strings.Cut(argument, "@")
		at, err := time.Parse(time.RFC3339, clock)
		if timed && err != nil || !conversationID.MatchString(id) {
			return conversationRef{}, none
		}
		return conversationRef{id: id, resolution: at}, nil
	}
	return parseAddress(argument, app, none)
}

// parseAddress reads the address of a conversation; none is the error for what is no address.
func parseAddress(text, app string, none error) (ref conversationRef, err error) {
	address, err := url.Parse(text)
	if err != nil || address.Host == "" {
		return ref, none
	}
	own, err := url.Parse(app)
	switch {
	case err != nil || own.Host == "":
		return ref, usagef("an address in Kustomer can only be read when kustomer.org is set; give the id " +
			"of the conversation")
	case !strings.EqualFold(own.Hostname(), address.Hostname()):
		return ref, usagef("%.100q is not of this organisation, whose conversations are at %s; nothing was "+
			"read", address.Host, app)
	}
	parts := strings.Split(strings.Trim(address.Path, "/"), "/")
	event := 1 + slices.Index(parts[1:], "event")
	switch {
	case event == 0 || event+1 == len(parts):
		return ref, usagef("this address names no conversation; it should look like "+
			"%s/app/customers/<customer>/event/<conversation>", app)
	case !conversationID.MatchString(parts[event+1]):
		return ref, none
	case event > 1 && parts[event-2] == "customers":
		ref.customer = parts[event-1]
	}
	ref.id = parts[event+1]
	return ref, nil
}
