package decide

import (
	"time"
)

// Names are the names of the rules, in their order.
func (r Rules) Names() []string {
	names := make([]string, len(r))
	for i, each := range r {
		names[i] = each.name
	}
	return names
}

// Resolved is when the conversation was marked done; zero when it never was.
func (c Case) Resolved() time.Time { return c.Resolution() }
