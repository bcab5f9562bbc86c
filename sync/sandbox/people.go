package sandbox

import (
	"fmt"
	"strings"
	"time"
)

// User is a Kustomer user: an agent, or a machine.
type User struct {
	ID        string
	Name      any    // a string, nil, or an object in place of a masked one
	Email     any    // likewise
	Type      string // "user" (also when empty), "machine" or "limited"
	DeletedAt time.Time
	Unlisted  bool // left out of lists, found by id
}

// Employee is a profile in Agent Connect.
type Employee struct {
	Email     string
	CustomID  string
	FirstName string
	LastName  string
	Status    string // "active", "deactivated", "pending review", "confirmed", "unapproved" or "created"
}

// Agents with a peculiarity, by id.
var (
	agentNoProfile       = agentID(101)
	agentDeactivated     = agentID(102)
	agentIncomplete      = agentID(103)
	agentMachine         = agentID(104)
	agentNoEmail         = agentID(105)
	agentMasked          = agentID(106)
	agentDeletedListed   = agentID(107)
	agentDeletedUnlisted = agentID(108)
)

var hired = time.Date(2025, 1, 6, 9, 0, 0, 0, time.UTC)

// agentID does not depend on the seed: agents are the same in every sandbox.
func agentID(n int) string {
	return fmt.Sprintf("%08x%016x", hired.AddDate(0, 0, n).Unix(), mix(uint64(n)))
}

// regularAgents are active users with an active profile.
var regularAgents = func() []User {
	var all []User
	for n, name := range strings.Fields("Alex Bianca Chidi Daria Emre Freya Goran Hanna") {
		all = append(all, User{
			ID: agentID(n + 1), Name: name + " " + agentSurnames[n], Email: strings.ToLower(name+"."+agentSurnames[n]) + "@example.org",
		})
	}
	return all
}()

var agentSurnames = []string{"Abbott", "Brandt", "Cole", "Dunn", "Eriksen", "Frost", "Grant", "Holm"}

// allUsers are the users of Kustomer.
func allUsers() []User {
	left := hired.AddDate(1, 2, 0)
	return append([]User{
		{ID: agentNoProfile, Name: "Ivo Newell", Email: "ivo.newell@example.org"},
		{ID: agentDeactivated, Name: "Jana Orr", Email: "jana.orr@example.org"},
		{ID: agentIncomplete, Name: "Kai Price", Email: "kai.price@example.org"},
		{ID: agentMachine, Name: "Order Bot", Email: "order-bot@example.org", Type: "machine"},
		{ID: agentNoEmail, Name: "Lena Quist", Email: nil},
		{ID: agentMasked, Name: masked(), Email: masked()},
		{ID: agentDeletedListed, Name: "Milo Reyes", Email: "milo.reyes@example.org", DeletedAt: left},
		{ID: agentDeletedUnlisted, Name: "Nora Stone", Email: "nora.stone@example.org", DeletedAt: left, Unlisted: true},
	}, regularAgents...)
}

// allEmployees are the profiles of Agent Connect.
func allEmployees() []Employee {
	all := []Employee{
		{"jana.orr@example.org", "E-2001", "Jana", "Orr", "deactivated"},
		{"kai.price@example.org", "E-2002", "Kai", "Price", "confirmed"},
		{"milo.reyes@example.org", "E-2003", "Milo", "Reyes", "deactivated"},
		{"nora.stone@example.org", "E-2004", "Nora", "Stone", "deactivated"},
		{"olga.tran@example.org", "E-2005", "Olga", "Tran", "pending review"},
	}
	for n, u := range regularAgents {
		first, last, _ := strings.Cut(u.Name.(string), " ")
		all = append(all, Employee{u.Email.(string), fmt.Sprintf("E-%d", 1001+n), first, last, "active"})
	}
	return all
}

var (
	teams  = []string{"5d8bb1995886ef001aee07d3", "5d8bb1995886ef001aee07d4", "5d8bb1995886ef001aee07d5"}
	brands = []string{"5daf7919124be4f2960cb092", "5daf7919124be4f2960cb093"}
)

const (
	orgID   = "57f29863a1dbf61100e6aa92"
	queueID = "5d49b1f8df500f001a960380"
)

var (
	domains    = []string{"example.com", "example.net", "example.org"}
	firstNames = strings.Fields("Ada Ben Cleo Dan Eva Finn Gwen Hugo Ines Jack Kira Liam Mona Nils Opal Paul Rosa Sam Tess Uma Vera Will Yara Zeno")
	lastNames  = strings.Fields("Archer Baker Carver Draper Fisher Glover Hooper Ironside Joiner Keller Lister Mason Nailer Ostler Potter Roper Sawyer Tanner Usher Weaver")
	subjects   = []string{
		"Where is my order?", "Wrong size delivered", "Cannot sign in", "Refund not received", "Change of address",
		"Question about my invoice", "Cancel my subscription", "Damaged on arrival", "Discount code does not work", "Thank you!",
	}
	reasons = []string{"orders.delivery.late", "orders.returns", "account.access", "billing.refund", "other"}
)
