package kustomer

import (
	"errors"
	"testing"
	"time"

	"acsync/sync/sandbox"
)

// TestSandboxNamesAndCustomers reads from the stand-in, which knows nothing of this client.
func TestSandboxNamesAndCustomers(t *testing.T) {
	stand, err := sandbox.Start(sandbox.Options{Empty: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stand.Close() })
	now := time.Now()
	stand.Put(sandbox.Records{
		Customers: []sandbox.Customer{{ID: "aa01", Emails: []sandbox.Email{{Address: "Jane.Doe+x@example.com"}}}},
		Conversations: []sandbox.Conversation{
			{ID: "cc01", CustomerID: "aa01", Created: now.Add(-2 * time.Hour), Resolved: now.Add(-time.Hour)},
			{ID: "cc02", CustomerID: "aa01", Created: now.Add(-time.Hour), Status: "open"},
		},
	})
	c, err := New(Options{BaseURL: stand.KustomerURL(), APIKey: stand.KustomerKey()})
	if err != nil {
		t.Fatal(err)
	}
	customer, err := c.CustomerByEmail(t.Context(), "jane.doe+x@example.com")
	if err != nil || customer.ID != "aa01" {
		t.Errorf("customer %q, %v", customer.ID, err)
	}
	if _, err := c.CustomerByEmail(t.Context(), "joe@example.com"); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
	list, err := c.CustomerConversations(t.Context(), "aa01")
	if err != nil || len(list) != 2 || list[0].ID != "cc02" || list[1].ID != "cc01" || list[1].LastDone == nil {
		t.Errorf("conversations %+v, %v", list, err)
	}
	teams, err := c.Teams(t.Context())
	if err != nil || len(teams) != 4 || teams[0].Name != "Customer Care" || teams[2].Name != "Billing" || !teams[3].Deleted {
		t.Errorf("teams %+v, %v", teams, err)
	}
	brands, err := c.Brands(t.Context())
	if err != nil || len(brands) != 2 || brands[0].Name != "Acme Care" {
		t.Errorf("brands %+v, %v", brands, err)
	}
}
