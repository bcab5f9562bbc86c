package decide

import (
	"errors"
	"testing"

	"acsync/sync/agentconnect"
)

func TestProfilesActive(t *testing.T) {
	profiles, err := NewProfiles(func(yield func(agentconnect.Employee, error) bool) {
		_ = yield(agentconnect.Employee{Email: "Alex.Agent@example.org ", CustomID: "E-1"}, nil) &&
			yield(agentconnect.Employee{CustomID: "E-2"}, nil) && yield(agentconnect.Employee{Email: "bo@example.org"}, nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		employee agentconnect.Employee
		want     bool
	}{
		"by address":                    {agentconnect.Employee{Email: "alex.agent@example.org"}, true},
		"by address, in capitals":       {agentconnect.Employee{Email: "BO@EXAMPLE.ORG"}, true},
		"by id":                         {agentconnect.Employee{CustomID: "E-2"}, true},
		"another address":               {agentconnect.Employee{Email: "cy@example.org"}, false},
		"another id":                    {agentconnect.Employee{CustomID: "E-3"}, false},
		"an id, in another case":        {agentconnect.Employee{CustomID: "e-1"}, false},
		"a known address, unknown id":   {agentconnect.Employee{Email: "bo@example.org", CustomID: "E-3"}, false},
		"neither":                       {agentconnect.Employee{}, false},
		"an address in place of the id": {agentconnect.Employee{CustomID: "bo@example.org"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := profiles.Active(c.employee); got != c.want {
				t.Errorf("got %t, want %t", got, c.want)
			}
		})
	}
}

// listedProfile are the profiles of an account with one, which is active.
func listedProfile(address string) *Profiles {
	return &Profiles{emails: map[string]agentconnect.ProfileState{address: agentconnect.Active}}
}

// TestReadProfiles: of all profiles the active ones are active, and the state of the others is known; whoever
// has two is active if either is.
func TestReadProfiles(t *testing.T) {
	profiles, err := ReadProfiles(func(yield func(agentconnect.Profile, error) bool) {
		for _, p := range []agentconnect.Profile{
			{Email: "alex@example.org", State: agentconnect.Active},
			{Email: "bo@example.org", State: agentconnect.PendingReview},
			{Email: "Alex@example.org", State: agentconnect.Deactivated},
			{CustomID: "E-1", State: agentconnect.Deactivated},
			{CustomID: "E-1", State: agentconnect.Active},
		} {
			if !yield(p, nil) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for e, want := range map[agentconnect.Employee]agentconnect.ProfileState{
		{Email: "alex@example.org"}: agentconnect.Active, {Email: "bo@example.org"}: agentconnect.PendingReview,
		{CustomID: "E-1"}: agentconnect.Active, {Email: "cy@example.org"}: "",
	} {
		if got := profiles.State(e); got != want || profiles.Active(e) != (want == agentconnect.Active) {
			t.Errorf("%v: got %q, want %q", e, got, want)
		}
	}
	_, err = ReadProfiles(func(yield func(agentconnect.Profile, error) bool) {
		yield(agentconnect.Profile{Email: "bo@example.org", State: agentconnect.Deactivated}, nil)
	})
	if !errors.Is(err, ErrNoProfiles) {
		t.Errorf("without an active one: %v", err)
	}
}
