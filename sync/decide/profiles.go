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

// Profiles are the agents with an active profile, by what a survey request may name them by.
type Profiles struct {
	emails map[string]bool // in lower case
	ids    map[string]bool // as they are
}

// NewProfiles collects what a ProfileLister gives. An empty list is [ErrNoProfiles].
func NewProfiles(active iter.Seq2[agentconnect.Employee, error]) (*Profiles, error) {
	p := &Profiles{emails: map[string]bool{}, ids: map[string]bool{}}
	for employee, err := range active {
		if err != nil {
			return nil, fmt.Errorf("list the active profiles of Agent Connect "+
				"(filters.require_active_profile): %w", err)
		}
		if employee.Email != "" {
			p.emails[addressKey(employee.Email)] = true
		}
		if employee.CustomID != "" {
			p.ids[strings.TrimSpace(employee.CustomID)] = true
		}
	}
	if len(p.emails)+len(p.ids) == 0 {
		return nil, ErrNoProfiles
	}
	return p, nil
}

// Active reports whether an employee has an active profile, by the custom id if there is one.
func (p *Profiles) Active(e agentconnect.Employee) bool {
	if e.CustomID != "" {
		return p.ids[e.CustomID]
	}
	return p.emails[addressKey(e.Email)]
}

// addressKey is an address as it is compared: the two services need not agree on its case.
func addressKey(address string) string { return strings.ToLower(cleanAddress(address)) }
