package sandbox

import (
	"encoding/json"
	"maps"
	"time"
)

// resource is a JSON:API record.
type resource struct {
	Type          string `json:"type"`
	ID            string `json:"id"`
	Attributes    any    `json:"attributes,omitempty"`
	Relationships any    `json:"relationships,omitempty"`
	Links         *self  `json:"links,omitempty"`
}

// self is the address of a record, or of a list.
type self struct {
	Self string `json:"self"`
}

// relation is a relationship: to one record, to none (its data are null), or to a list (it has a link alone).
type relation struct {
	Links *self `json:"links,omitempty"`
	Data  any   `json:"data,omitempty"`
}

type identity struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

// none is {}.
type none struct{}

// stamp is a time as Kustomer writes it: UTC, with milliseconds. The zero time is null.
func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// nullable is null for an empty string.
func nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// overlay puts attributes over others, whatever their shape.
func overlay(attributes any, over map[string]any) any {
	// The struct itself is quicker to write.
	if len(over) == 0 {
		return attributes
	}
	text, err := json.Marshal(attributes)
	if err != nil {
		return over
	}
	merged := object{}
	if err := json.Unmarshal(text, &merged); err != nil {
		return over
	}
	maps.Copy(merged, over)
	return merged
}

// link is a relationship to a record under a path such as "/v1/users/"; null data for no record.
func link(kind, path, id string) *relation {
	if id == "" {
		return &relation{Data: json.RawMessage("null")}
	}
	return &relation{Links: &self{path + id}, Data: identity{kind, id}}
}

func listLink(path string) *relation { return &relation{Links: &self{path}} }

func orgLink() *relation { return link("org", "/v1/orgs/", orgID) }
