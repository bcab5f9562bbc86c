package app

import (
	"strings"
	"testing"

	"acsync/sync/exit"
)

func TestConversationID(t *testing.T) {
	const id = "6716500fa1b2c3d4e5f60001"
	const path = "/app/customers/58210c3db0f09110006b7953/event/"
	tests := []struct{ name, argument, want string }{
		{"an id", id, id},
		{"an id between blanks", " " + id + "\n", id},
		{"an address", "https://acme.kustomerapp.com" + path + id, id},
		{"with a query and a fragment", "https://acme.kustomerapp.com" + path + id + "?sort=asc#message-1", id},
		{"with something behind it", "https://ACME.kustomerapp.com" + path + id + "/message/5", id},
		{"without a scheme", "acme.kustomerapp.com" + path + id, id},
		{"of another organisation", "https://other.kustomerapp.com" + path + id, ""},
		{"of another host", "https://acme.kustomerapp.com.evil.example" + path + id, ""},
		{"of a customer", "https://acme.kustomerapp.com/app/customers/58210c3db0f09110006b7953", ""},
		{"without an id", "https://acme.kustomerapp.com" + path, ""},
		{"of two ids", id + "," + id, ""},
		{"a path", "../" + id, ""},
		{"with a control character", "https://acme.kustomerapp.com" + path + "%1b[31m", ""},
		{"of nothing", "", ""},
		{"a short id", "xyz", "xyz"},
		{"of one resolution", id + "@2026-11-22T15:04:05.123Z", id},
		{"of no time", id + "@yesterday", ""},
		{"with a query", "a?b#c", ""},
		{"of foreign letters", "ünïcode", ""},
		{"a path above", "../../users", ""},
		{"a path below", "app/customers/1/event/" + id, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			n, err := parseConversation(test.argument, "https://acme.kustomerapp.com")
			got := n.id
			if got != test.want || (err == nil) != (test.want != "") {
				t.Errorf("got %q, %v; want %q", got, err, test.want)
			}
			if of := strings.Contains(test.argument, path+id); err == nil && of != (n.customer == "58210c3db0f09110006b7953") {
				t.Errorf("the customer is %q", n.customer)
			}
			if err != nil && strings.HasPrefix(test.argument, "..") && !strings.Contains(err.Error(), "give its id") {
				t.Errorf("it does not say what to give: %v", err)
			}
			if err != nil && exitCode(err) != exit.Usage {
				t.Errorf("exit code %d", exitCode(err))
			}
		})
	}
	if _, err := parseConversation("https://acme.kustomerapp.com"+path+id, ""); err == nil {
		t.Error("an address was taken without an organisation")
	}
}

// TestSubject: a customer is named by a page or an address, and what may be an address is shown by its mask.
func TestSubject(t *testing.T) {
	const id, app = "6716500fa1b2c3d4e5f60001", "https://acme.kustomerapp.com"
	for argument, want := range map[string]subject{
		id:                                     {shown: id, conversationRef: conversationRef{id: id}},
		"jane@example.com":                     {shown: "j•••@example.com", email: "jane@example.com"},
		" jane.doe+x@mail.example.co.uk ":      {shown: "j•••@mail.example.co.uk", email: "jane.doe+x@mail.example.co.uk"},
		app + "/app/customers/" + id:           {shown: app + "/app/customers/" + id, customerID: id},
		app + "/app/customers/" + id + "/":     {shown: app + "/app/customers/" + id + "/", customerID: id},
		app + "/app/customers/x/event/" + id:   {shown: app + "/app/customers/x/event/" + id, conversationRef: conversationRef{id: id, customer: "x"}},
		"acme.kustomerapp.com/app/customers/1": {shown: "acme.kustomerapp.com/app/customers/1", customerID: "1"},
	} {
		got, err := parseSubject(argument, app)
		if err != nil || got.shown != want.shown || got.email != want.email || got.customerID != want.customerID ||
			got.conversationRef != want.conversationRef {
			t.Errorf("%q: got %+v, %v", argument, got, err)
		}
	}
	for _, argument := range []string{
		"jane@example", "jane doe@example.com", "Jane <jane@example.com>", "jane@example.com,jan@example.com",
		"https://other.kustomerapp.com/app/customers/" + id, app + "/app/customers/",
	} {
		got, err := parseSubject(argument, app)
		if exitCode(err) != exit.Usage {
			t.Errorf("%q: got %+v, %v", argument, got, err)
		} else if strings.Contains(err.Error(), "jane@") {
			t.Errorf("%q: the address is in %v", argument, err)
		}
	}
}
