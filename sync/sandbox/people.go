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
	CustomID  string // empty: one is given
	FirstName string
	LastName  string
	Status    string // "active", "deactivated", "pending review", "confirmed", "unapproved" or "created"
}

// Customer is a customer in Kustomer.
type Customer struct {
	ID           string
	Created      time.Time
	Name         any // a string, nil, or an object in place of a masked one
	Emails       []Email
	SharedEmails []Email
	Deleted      bool // gone: not found by id nor by searches
}

// Email is one address of a customer.
type Email struct {
	Address  any    `json:"email"` // a string, nil, or an object in place of a masked one
	Type     string `json:"type"`
	Verified bool   `json:"verified"`
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
	return fmt.Sprintf("%08x%016x", hired.AddDate(0, 0, n).Unix(), splitmix(uint64(n)))
}

// RegularAgents are active users with an active profile, the same in every sandbox.
var RegularAgents = func() []User {
	surnames := strings.Fields("Abbott Brandt Cole Dunn Eriksen Frost Grant Holm")
	var all []User
	for n, name := range strings.Fields("Alex Bianca Chidi Daria Emre Freya Goran Hanna") {
		address := strings.ToLower(name+"."+surnames[n]) + "@example.org"
		all = append(all, User{ID: agentID(n + 1), Name: name + " " + surnames[n], Email: address})
	}
	return all
}()

// standardUsers are the users of Kustomer in every sandbox.
func standardUsers() []User {
	left := hired.AddDate(1, 2, 0)
	return append([]User{
		{ID: agentNoProfile, Name: "Ivo Newell", Email: "ivo.newell@example.org"},
		{ID: agentDeactivated, Name: "Jana Orr", Email: "jana.orr@example.org"},
		{ID: agentIncomplete, Name: "Kai Price", Email: "kai.price@example.org"},
		{ID: agentMachine, Name: "Order Bot", Email: "order-bot@example.org", Type: "machine"},
		{ID: agentNoEmail, Name: "Lena Quist", Email: nil},
		{ID: agentMasked, Name: masked(), Email: masked()},
		{ID: agentDeletedListed, Name: "Milo Reyes", Email: "milo.reyes@example.org", DeletedAt: left},
		{
			ID: agentDeletedUnlisted, Name: "Nora Stone", Email: "nora.stone@example.org", DeletedAt: left,
			Unlisted: true,
		},
	}, RegularAgents...)
}

// standardEmployees are the profiles of Agent Connect in every sandbox.
func standardEmployees() []Employee {
	all := []Employee{
		{"jana.orr@example.org", "E-2001", "Jana", "Orr", "deactivated"},
		{"kai.price@example.org", "E-2002", "Kai", "Price", "confirmed"},
		{"milo.reyes@example.org", "E-2003", "Milo", "Reyes", "deactivated"},
		{"nora.stone@example.org", "E-2004", "Nora", "Stone", "deactivated"},
		{"olga.tran@example.org", "E-2005", "Olga", "Tran", "pending review"},
	}
	for n, u := range RegularAgents {
		first, last, _ := strings.Cut(u.Name.(string), " ")
		all = append(all, Employee{u.Email.(string), fmt.Sprintf("E-%d", 1001+n), first, last, "active"})
	}
	return all
}

// masked stands in place of a value that the key may not read (documented for the SDK).
func masked() map[string]any {
	return map[string]any{"isMasked": true, "maskedPresentation": "********"}
}

var (
	teams  = []string{"5d8bb1995886ef001aee07d3", "5d8bb1995886ef001aee07d4", "5d8bb1995886ef001aee07d5"}
	brands = []string{"5daf7919124be4f2960cb092", "5daf7919124be4f2960cb093"}
)

const (
	orgID   = "57f29863a1dbf61100e6aa92"
	queueID = "5d49b1f8df500f001a960380"
)
