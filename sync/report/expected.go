package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Expected is what an earlier trial of the rules came to: how conversations are to be decided. A trial writes
// it as its JSON; of that only counts what depends on rules and mapping, and nothing of who the people are.
type Expected struct {
	File    string // its name
	ids     []string
	rulings map[string]ruling // by the id in lower case
}

// ReadExpected reads what RulesJSON wrote.
func ReadExpected(file string, text []byte) (*Expected, error) {
	var told struct {
		Schema        string `json:"schema"`
		Conversations []struct {
			ID string `json:"id"`
			ruling
		} `json:"conversations"`
	}
	const todo = "write it by acsync rules test --json > FILE"
	var kind struct {
		Schema string `json:"schema"`
	}
	switch err := json.Unmarshal(text, &kind); {
	case err != nil:
		return nil, errors.New("it is not one JSON object, or only a part of one; " + todo)
	case kind.Schema != rulesSchema:
		return nil, fmt.Errorf("it holds no trial of rules (its schema is %.40q, not %q); "+todo, kind.Schema,
			rulesSchema)
	}
	if err := json.Unmarshal(text, &told); err != nil {
		return nil, errors.New("a field of it has a value of another kind than a trial writes; " + todo)
	}
	e := &Expected{File: file, rulings: map[string]ruling{}}
	for _, each := range told.Conversations {
		id := strings.ToLower(each.ID)
		switch {
		case id == "":
			return nil, errors.New("a conversation in it has no id; " + todo)
		case !each.ruling.sound():
			return nil, fmt.Errorf("what it says of conversation %.40q is no decision; "+todo, each.ID)
		}
		// A trial meets a conversation twice that is marked done again meanwhile: the later decision counts.
		if _, twice := e.rulings[id]; !twice {
			e.ids = append(e.ids, each.ID)
		}
		e.rulings[id] = each.ruling
	}
	if len(e.ids) == 0 {
		return nil, errors.New("it names no conversation; " + todo)
	}
	return e, nil
}

// IDs are the conversations that something is expected of.
func (e *Expected) IDs() []string { return slices.Clone(e.ids) }

// of is what is expected of a conversation.
func (e *Expected) of(id string) (ruling, bool) {
	v, known := e.rulings[strings.ToLower(id)]
	return v, known
}

// missing are the conversations that are expected, and that Kustomer does not have.
func (e *Expected) missing(rows []trial) (ids []string) {
	found := map[string]bool{}
	for _, row := range rows {
		found[strings.ToLower(row.id)] = true
	}
	for _, id := range e.ids {
		if !found[strings.ToLower(id)] {
			ids = append(ids, id)
		}
	}
	return ids
}
