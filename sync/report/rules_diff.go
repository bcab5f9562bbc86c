package report

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// difference is a field in which two decisions about a conversation differ.
type difference struct {
	Field  string `json:"field"` // "decision", or a field of the request
	Before string `json:"before"`
	After  string `json:"after"`
}

// fieldDecision is the one difference that is told in words of its own.
const fieldDecision = "decision"

// String is the difference for people, such as brand "" → "acme-care".
func (d difference) String() string {
	if d.Field == fieldDecision {
		return d.Before + " → " + d.After
	}
	return d.Field + " " + d.values()
}

func (d difference) values() string {
	if d.Field == fieldDecision {
		return d.Before + " → " + d.After
	}
	return `"` + d.Before + `" → "` + d.After + `"`
}

// Which fields of a request two decisions are compared by.
type fieldSet func(r *request) []difference

// allFields are all that a request says, with their values.
func allFields(r *request) []difference {
	return append([]difference{
		{Field: "customer", After: strings.TrimSpace(r.Name + " " + r.Email)},
		{Field: "employee", After: r.Agent},
	}, stableFields(r)...)
}

// stableFields are those that depend on the configuration, and not on who the people are.
func stableFields(r *request) []difference {
	list := []difference{
		{Field: "employee_custom_id", After: r.AgentID},
		{Field: "channel", After: r.Channel},
		{Field: "tags", After: strings.Join(r.Tags, ", ")},
		{Field: "do_not_send", After: strconv.FormatBool(r.DoNotSend)},
		{Field: "brand", After: r.Brand},
		{Field: "language", After: r.Language},
		{Field: "country", After: r.Country},
	}
	for _, name := range slices.Sorted(maps.Keys(r.Properties)) {
		list = append(list, difference{Field: ofProperty + name, After: r.Properties[name]})
	}
	return list
}

// ofProperty begins the name of a custom property among the fields.
const ofProperty = "custom_properties."

// differ compares two decisions field by field. Of one that makes no request there is only that to tell.
func differ(before, after ruling, fields fieldSet) (list []difference) {
	if a, b := before.words(), after.words(); a != b {
		list = append(list, difference{fieldDecision, a, b})
	}
	if before.Request == nil || after.Request == nil {
		return list
	}
	if before.Delay != after.Delay {
		list = append(list, difference{"delay", delayWord(before.Delay), delayWord(after.Delay)})
	}
	old := map[string]string{}
	for _, each := range fields(before.Request) {
		old[each.Field] = each.After
	}
	for _, each := range fields(after.Request) {
		if each.Before = old[each.Field]; each.Before != each.After {
			list = append(list, each)
		}
		delete(old, each.Field)
	}
	// Properties that the other one does not set.
	for _, name := range slices.Sorted(maps.Keys(old)) {
		if old[name] != "" {
			list = append(list, difference{Field: name, Before: old[name]})
		}
	}
	return list
}

func delayWord(seconds float64) string {
	if seconds == 0 {
		return "none"
	}
	return short(time.Duration(seconds * float64(time.Second)))
}
