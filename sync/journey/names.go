package journey

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"acsync/sync/kustomer"
)

// Labels lists what people call the agents, teams and brands of Kustomer.
type Labels interface {
	Users(ctx context.Context) ([]kustomer.User, error)
	// User answers kustomer.ErrNotFound for one that does not exist.
	User(ctx context.Context, id string) (kustomer.User, error)
	Teams(ctx context.Context) ([]kustomer.Team, error)
	// Brands answers kustomer.ErrNotFound where Kustomer has none.
	Brands(ctx context.Context) ([]kustomer.Brand, error)
}

// Names tells what people call the agents, teams and brands of Kustomer, by their ids. What has no name that
// can be read goes by its id. The zero Names know none.
type Names struct {
	from          Labels
	users         map[string]kustomer.User
	teams, brands map[string]string
}

// mostLookedUp is how many agents are looked up by themselves because the list does not have them.
const mostLookedUp = 100

// ReadNames reads all names, by one list each. What cannot be listed goes by its ids, which notice is told:
// no answer fails for the want of a name.
func ReadNames(ctx context.Context, from Labels, notice func(string)) *Names {
	n := &Names{
		from: from, users: map[string]kustomer.User{}, teams: map[string]string{},
		brands: map[string]string{},
	}
	unnamed := func(what string, err error) {
		if err != nil && ctx.Err() == nil {
			notice(fmt.Sprintf("%s are shown by their ids, because Kustomer does not list them: %v", what, err))
		}
	}
	users, err := from.Users(ctx)
	unnamed("agents", err)
	for _, u := range users {
		n.users[u.ID] = u
	}
	teams, err := from.Teams(ctx)
	unnamed("teams", err)
	for _, t := range teams {
		n.teams[t.ID] = t.Name
	}
	brands, err := from.Brands(ctx)
	// Where there is one brand alone, Kustomer may have no such list.
	if !errors.Is(err, kustomer.ErrNotFound) {
		unnamed("brands", err)
	}
	for _, b := range brands {
		n.brands[b.ID] = b.Name
	}
	return n
}

// Learn looks up those agents whom the list has left out, as it may those who have left.
func (n *Names) Learn(ctx context.Context, agents []string) {
	looked := 0
	for _, id := range agents {
		if _, known := n.users[id]; known || id == "" || n.from == nil {
			continue
		}
		if looked++; looked > mostLookedUp {
			return
		}
		if user, err := n.from.User(ctx, id); err == nil {
			n.users[id] = user
		}
	}
}

// User is an agent; false for one who is not known.
func (n *Names) User(id string) (kustomer.User, bool) {
	user, known := n.users[id]
	return user, known
}

// Address is the address of a user as Kustomer has it; empty where there is none, or none that can be read.
func (n *Names) Address(id string) string { return strings.TrimSpace(n.users[id].Email.Value) }

// Machine reports whether a user is a machine.
func (n *Names) Machine(id string) bool {
	user, known := n.users[id]
	return known && user.Machine()
}

// Agent is the name of a user, else the id.
func (n *Names) Agent(id string) string { return named(n.users[id].Name.Value, id) }

// Team is the name of a team, else the id.
func (n *Names) Team(id string) string { return named(n.teams[id], id) }

// Brand is the name of one of Kustomer's brands, else the id.
func (n *Names) Brand(id string) string { return named(n.brands[id], id) }

func named(name, id string) string {
	if name = strings.TrimSpace(name); name != "" {
		return name
	}
	return id
}
