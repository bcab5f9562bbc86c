package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/explain"
	"acsync/sync/report"
)

// subject is what an argument of explain names, and what was found of it.
type subject struct {
	shown string // the argument; of an e-mail address nothing but its mask
	// of these one is set: a conversation, or perhaps a customer by a bare id
	conversationRef
	customerID string
	email      string // in no error and no message

	found   *explain.Customer // nil: it is no customer, or nobody knows
	lives   []report.Explanation
	problem error // why nothing is known of it
}

// parseSubject reads an argument of explain: what parseConversation does, or a customer by the address in
// Kustomer's web application or by an e-mail address.
func parseSubject(argument, app string) (s subject, err error) {
	argument = strings.TrimSpace(argument)
	s.shown = masked(argument)
	if emailAddress.MatchString(argument) {
		s.email = argument
		return s, nil
	}
	ref, err := parseConversation(argument, app)
	if ref.id == "" && ref.customer != "" {
		s.customerID = ref.customer
		return s, nil
	}
	s.conversationRef = ref
	return s, err
}

// emailAddress is what is taken for one. Behind the sign of an ID@TIME no name of a domain follows.
var emailAddress = regexp.MustCompile(`^[^\s@/<>,]+@[^\s@/<>,:]+\.[^\s@/<>,:0-9.][^\s@/<>,:.]*$`)

// masked is an argument as it may be shown: what may be somebody's address is not.
func masked(argument string) string {
	if id, clock, timed := strings.Cut(argument, "@"); timed {
		if _, err := time.Parse(time.RFC3339, clock); err != nil || !conversationID.MatchString(id) {
			return report.Mask(argument)
		}
	}
	return argument
}

// hexID reports whether an id is one as all that were observed: 24 hexadecimal digits.
func hexID(id string) bool {
	_, hex := decide.HexKey(id)
	return hex
}

// conversations are the ids of the conversations that it is about.
func (s *subject) conversations() []string {
	switch {
	case s.found != nil:
		return s.found.Conversations
	case s.id != "":
		return []string{s.id}
	}
	return nil
}

// find finds the customer, if it is about one. A bare id that is no conversation's may be one's.
func (s *subject) find(ctx context.Context, made *explain.Inquiry, online bool) {
	bare := s.customerID == "" && s.email == ""
	var found explain.Customer
	var err error
	switch {
	case bare && (!online || !hexID(s.id) || s.customer != "" || made.Has(s.id)):
		return
	case !online:
		s.problem = fmt.Errorf("which conversations a customer has only Kustomer knows, which was not asked: %s",
			s.shown)
		return
	case s.email != "":
		found, err = made.CustomerByEmail(ctx, s.email)
	default:
		found, err = made.Customer(ctx, cmp.Or(s.customerID, s.id))
	}
	switch gone := errors.Is(err, explain.ErrNoCustomer); {
	case err == nil:
		s.found = &found
	case bare && gone:
	case gone && s.email != "":
		s.problem = fmt.Errorf("no customer of this organisation has the address %s, as far as this API key "+
			"may see", s.shown)
	case gone:
		s.problem = fmt.Errorf("customer %s is not in Kustomer, as far as this API key may see", s.customerID)
	default:
		s.problem = err
	}
}

// conversationRef is a conversation as a command line names it.
type conversationRef struct {
	id       string
	customer string // whose it is, by the address that names it; empty where only the id does

	resolution time.Time // which of its resolutions; zero for the conversation as it is
}

// differences are where the conversation as it was named disagrees with what is known of it.
func (r conversationRef) differences(life explain.Explanation, surveyPer string) (notices []string) {
	note := func(format string, args ...any) { notices = append(notices, fmt.Sprintf(format, args...)) }
	if life.Kept != "" {
		note("this ledger remembers by %s: a pass is refused until sync.survey_per says so, or the ledger "+
			"was converted with acsync ledger convert --survey-per %s", string(life.Kept), surveyPer)
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

// conversationID is what can be an id: those observed are 24 hexadecimal digits, but nothing promises that.
var conversationID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,100}$`)

// parseConversation reads an argument that names a conversation: by its id, with or without the time of a
// resolution behind it, as resolve takes it, or by its address in Kustomer's web application, whose root is
// app, as in
// https://acme.kustomerapp.com/app/customers/58210c3db0f09110006b7953/event/6716500fa1b2c3d4e5f60001.
// The address of another organisation is refused.
func parseConversation(argument, app string) (conversationRef, error) {
	argument = strings.TrimSpace(argument)
	none := usagef("%.100q can be no conversation: give its id, of letters and digits (24 hexadecimal "+
		"digits as a rule), one resolution of it as ID@TIME, or its address in Kustomer", masked(argument))
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
	at := slices.Index(parts, "customers") + 1
	switch {
	case event == 0 && at > 0 && at < len(parts) && conversationID.MatchString(parts[at]):
		ref.customer = parts[at]
		return ref, usagef("this address names a customer, and no conversation; it should look like "+
			"%s/app/customers/<customer>/event/<conversation>", app)
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
