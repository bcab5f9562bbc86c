package journey

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"acsync/sync/kustomer"
)

// labels is a Kustomer of two agents, one of whom the list leaves out. A list that is to fail does.
type labels struct {
	failing map[string]error
	singly  []string
}

func (l *labels) Users(context.Context) ([]kustomer.User, error) {
	users := []kustomer.User{
		{ID: "u1", Name: kustomer.Text{Value: "Alex Abbott"}}, {ID: "u2", Name: kustomer.Text{Masked: true}},
	}
	if l.failing["users"] != nil {
		users = nil
	}
	return users, l.failing["users"]
}

func (l *labels) User(_ context.Context, id string) (kustomer.User, error) {
	l.singly = append(l.singly, id)
	if id != "u3" {
		return kustomer.User{}, kustomer.ErrNotFound
	}
	return kustomer.User{ID: id, Name: kustomer.Text{Value: "Nora Stone"}}, nil
}

func (l *labels) Teams(context.Context) ([]kustomer.Team, error) {
	if err := l.failing["teams"]; err != nil {
		return nil, err
	}
	return []kustomer.Team{{ID: "t1", Name: "Billing"}, {ID: "t2", Name: " "}}, nil
}

func (l *labels) Brands(context.Context) ([]kustomer.Brand, error) {
	if err := l.failing["brands"]; err != nil {
		return nil, err
	}
	return []kustomer.Brand{{ID: "b1", Name: "Acme Care"}}, nil
}

// TestNames: what has a name goes by it, all else by its id, and no answer fails for the want of one.
func TestNames(t *testing.T) {
	refused := errors.New("the key lacks a role")
	for _, test := range []struct {
		name    string
		failing map[string]error
		want    string // u1 u2 u3 u4 t1 t2 t3 b1 b2
		notices int
	}{
		{"all", nil, "Alex Abbott|u2|Nora Stone|u4|Billing|t2|t3|Acme Care|b2", 0},
		{
			"roles lacking",
			map[string]error{"users": refused, "teams": refused, "brands": refused},
			"u1|u2|Nora Stone|u4|t1|t2|t3|b1|b2", 3,
		},
		{
			"one brand",
			map[string]error{"brands": kustomer.ErrNotFound},
			"Alex Abbott|u2|Nora Stone|u4|Billing|t2|t3|b1|b2", 0,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			var notices []string
			from := &labels{failing: test.failing}
			n := ReadNames(t.Context(), from, func(text string) { notices = append(notices, text) })
			n.Learn(t.Context(), []string{"", "u1", "u3", "u4"})
			got := strings.Join([]string{
				n.Agent("u1"), n.Agent("u2"), n.Agent("u3"), n.Agent("u4"), n.Team("t1"), n.Team("t2"),
				n.Team("t3"), n.Brand("b1"), n.Brand("b2"),
			}, "|")
			if got != test.want || len(notices) != test.notices {
				t.Errorf("the names are %s, want %s; notices %q", got, test.want, notices)
			}
			if slices.Contains(from.singly, "") {
				t.Error("nobody was looked up")
			}
		})
	}
	var none Names
	none.Learn(t.Context(), []string{"u1"})
	if none.Agent("u1") != "u1" || none.Team("") != "" {
		t.Error("the zero Names know something")
	}
}

// TestUsers tells of agents what else is asked of them, and knows nothing of those who are not listed.
func TestUsers(t *testing.T) {
	n := &Names{users: map[string]kustomer.User{
		"u1": {ID: "u1", UserType: "user", Email: kustomer.Text{Value: " alex@example.org "}},
		"u2": {ID: "u2", UserType: "machine"},
	}}
	if n.Address("u1") != "alex@example.org" || n.Address("u2") != "" || n.Address("u3") != "" {
		t.Errorf("the addresses are %q, %q, %q", n.Address("u1"), n.Address("u2"), n.Address("u3"))
	}
	if n.Machine("u1") || !n.Machine("u2") || n.Machine("u3") {
		t.Error("a machine is taken for a person, or a person for a machine")
	}
	if u, known := n.User("u1"); !known || u.ID != "u1" {
		t.Errorf("got %+v, %t", u, known)
	}
	if _, known := n.User("u3"); known {
		t.Error("somebody is known who is not listed")
	}
}

// TestLearnIsBounded looks few agents up by themselves: each is a call.
func TestLearnIsBounded(t *testing.T) {
	from := &labels{failing: map[string]error{"users": errors.New("refused")}}
	n := ReadNames(t.Context(), from, func(string) {})
	var agents []string
	for i := range mostLookedUp + 5 {
		agents = append(agents, id(i))
	}
	if n.Learn(t.Context(), agents); len(from.singly) != mostLookedUp {
		t.Errorf("%d were looked up", len(from.singly))
	}
}
