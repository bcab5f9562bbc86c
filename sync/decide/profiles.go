package decide

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"acsync/sync/agentconnect"
)

// ProfileLister tells whom Agent Connect knows as an agent.
type ProfileLister interface {
	// Employees gives the active profiles. It ends with an error unless it has given all.
	Employees(ctx context.Context) iter.Seq2[agentconnect.Employee, error]
}

// ErrNoProfiles ends a pass before it sends: an empty list would skip everybody for good.
var ErrNoProfiles = errors.New("agent connect lists no active profile at all, so that nobody could be " +
	"asked about anybody; nothing was sent. Is agent_connect.api_key_file of the right account? " +
	"filters.require_active_profile = false does not look")

// Profiles are the agents whom Agent Connect knows, by what a survey request may name them by.
type Profiles struct {
	emails map[string]agentconnect.ProfileState // in lower case
	ids    map[string]agentconnect.ProfileState // as they are
}

// NewProfiles collects what a ProfileLister gives. An empty list is [ErrNoProfiles].
func NewProfiles(active iter.Seq2[agentconnect.Employee, error]) (*Profiles, error) {
	return ReadProfiles(func(yield func(agentconnect.Profile, error) bool) {
		for e, err := range active {
			if !yield(agentconnect.Profile{Email: e.Email, CustomID: e.CustomID, State: agentconnect.Active}, err) {
				return
			}
		}
	})
}

// ReadProfiles collects profiles of any state. Without an active one the error is [ErrNoProfiles].
func ReadProfiles(all iter.Seq2[agentconnect.Profile, error]) (*Profiles, error) {
	p := &Profiles{
		emails: map[string]agentconnect.ProfileState{}, ids: map[string]agentconnect.ProfileState{},
	}
	active := false
	for each, err := range all {
		if err != nil {
			return nil, fmt.Errorf("list the active profiles of Agent Connect "+
				"(filters.require_active_profile): %w", err)
		}
		active = active || each.State == agentconnect.Active
		if each.Email != "" {
			note(p.emails, addressKey(each.Email), each.State)
		}
		if each.CustomID != "" {
			note(p.ids, strings.TrimSpace(each.CustomID), each.State)
		}
	}
	if !active {
		return nil, ErrNoProfiles
	}
	return p, nil
}

// note keeps the state of a profile. One that comes twice, because it has changed meanwhile, or because there
// are two by that name, is active if either is.
func note(states map[string]agentconnect.ProfileState, key string, state agentconnect.ProfileState) {
	if states[key] != agentconnect.Active {
		states[key] = state
	}
}

// Active reports whether an employee has an active profile, by the custom id if there is one.
func (p *Profiles) Active(e agentconnect.Employee) bool { return p.State(e) == agentconnect.Active }

// State is the state of an employee's profile, by the custom id if there is one; empty for none, or one that
// was not read.
func (p *Profiles) State(e agentconnect.Employee) agentconnect.ProfileState {
	if e.CustomID != "" {
		return p.ids[e.CustomID]
	}
	return p.emails[addressKey(e.Email)]
}

// addressKey is an address as it is compared: the two services need not agree on its case.
func addressKey(address string) string { return strings.ToLower(cleanAddress(address)) }
