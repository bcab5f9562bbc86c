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
