package decide

import (
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
