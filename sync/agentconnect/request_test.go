package agentconnect

import (
	"slices"
	"testing"
)

// TestPersonalSparesRoles keeps the words by which refusals are told apart: a mailbox of that name is
// nobody's.
func TestPersonalSparesRoles(t *testing.T) {
	r := Request{Customer: Customer{Email: "Customer@example.com"}, Employee: Employee{Email: "channel@example.com"}}
	if got := r.personal(); slices.Contains(got, "Customer") || slices.Contains(got, "channel") {
		t.Errorf("got %q", got)
	}
}
