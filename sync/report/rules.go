package report

import (
	"io"
	"reflect"
	"slices"
	"strings"
	"time"

	"acsync/sync/decide"
	"acsync/sync/fetch"
)

const rulesSchema = "acsync.rules/1"

// Rules is the report of a trial of the rules on real conversations.
type Rules struct {
	Tenant   string
	Window   fetch.Window // zero when conversations were named
	Names    []string     // of the rules, in their order
	With     string       // the other configuration; empty when there is none
	WithName []string     // of its rules
	Expected *Expected    // how the conversations are to be decided; nil: nothing is expected
	AppURL   string       // of Kustomer's web application, for links; empty: no links
	Mapped   []string     // the fields that rules and mapping can fill; see decide.MappedFields
	// the attributes that the expressions name, also those of the other configuration
	Named []decide.NamedAttribute

	rows []trial
	// the attributes that the conversations have, as expressions name them
	attributes map[string]bool
	// of the conversations: those whose attributes could be read, and those whose customer was read
	readable, customers int
}

// trial is what comes of one conversation, by the configuration and by the other one if there is one.
type trial struct {
	id       string
	url      string // in Kustomer's web application; empty when it is not known
	resolved time.Time
	rulings  []ruling
}

// ruling is a decision without anything by which a person is known.
type ruling struct {
	Decision string        `json:"decision"` // "send", "skip" or "reject"
	Reason   decide.Reason `json:"reason"`
	Message  string        `json:"message"` // where an expression failed
	Rules    []string      `json:"rules"`   // those that hold, as far as they were tried
	Delay    float64       `json:"delay_seconds"`
	Request  *request      `json:"request"` // null when none is made

	asks bool // somebody is mailed
}

// request is a survey request with its addresses and names masked.
type request struct {
	Name       string            `json:"customer_name"`
	Email      string            `json:"customer_email"`
	Agent      string            `json:"employee_email"`
	AgentID    string            `json:"employee_custom_id"`
	Channel    string            `json:"channel"`
	Tags       []string          `json:"tags"`
	DoNotSend  bool              `json:"do_not_send"`
	Brand      string            `json:"brand"`
	Language   string            `json:"language"`
	Country    string            `json:"country"`
	Properties map[string]string `json:"custom_properties"`
}

// How the other configuration changes what becomes of a conversation.
const (
	same     = ""
	gains    = "gains"   // a survey that it did not get
	loses    = "loses"   // the survey that it got
	altered  = "request" // another request, or at another time
	reasoned = "reason"  // none either way, for another reason
)

// Add takes in a conversation: its case, and that by the other configuration if there is one.
func (r *Rules) Add(cases []decide.Case) {
	first := cases[0]
	row := trial{id: first.Key.Conversation, resolved: first.Resolution()}
	row.url = decide.ConversationURL(r.AppURL, first.Conversation.CustomerID, row.id)
	for _, c := range cases {
		row.rulings = append(row.rulings, rulingOf(c))
	}
	r.rows = append(r.rows, row)
	r.meet(cases)
}

// meet notes which attributes there are. A rule that skips may keep one configuration from reading the
// customer.
func (r *Rules) meet(cases []decide.Case) {
	if r.attributes == nil {
		r.attributes = map[string]bool{}
	}
	if !cases[0].Conversation.CustomUnread {
		r.readable++
	}
	for name := range cases[0].Conversation.Custom {
		r.attributes["custom."+name] = true
	}
	read := func(c decide.Case) bool { return c.Customer != nil }
	if i := slices.IndexFunc(cases, read); i >= 0 {
		r.customers++
		for name := range cases[i].Customer.Custom {
			r.attributes[ofCustomer+name] = true
		}
	}
}

func rulingOf(c decide.Case) ruling {
	v := ruling{
		Decision: decisionFor(c.Skip), Reason: c.Skip, Message: c.Trouble,
		Rules: append([]string{}, c.Matched...),
	}
	if c.Skip == "" {
		v.Delay, v.Request, v.asks = c.Delay.Seconds(), masked(c), !c.Request.DoNotSend
	}
	return v
}

// sound reports whether it can be what a trial wrote: a request is there exactly where one is sent.
func (v ruling) sound() bool {
	switch v.Decision {
	case "send":
		return v.Reason == "" && v.Request != nil
	case "skip", "reject":
		return v.Reason != "" && v.Request == nil
	}
	return false
}

// words are the decision with its reason.
func (v ruling) words() string { return strings.TrimSpace(v.Decision + " " + string(v.Reason)) }

func decisionFor(reason decide.Reason) string {
	switch {
	case reason.Broken():
		return "reject"
	case reason != "":
		return "skip"
	}
	return "send"
}

// masked is the request of a case as it may be shown.
func masked(c decide.Case) *request {
	r := c.Request
	hide := func(text string) string {
		if len(r.Customer.Name) > 1 {
			text = strings.ReplaceAll(text, r.Customer.Name, maskName(r.Customer.Name))
		}
		return maskAll(text)
	}
	shown := &request{
		Name: maskName(r.Customer.Name), Email: maskAll(r.Customer.Email), Agent: maskAll(r.Employee.Email),
		AgentID: hide(r.Employee.CustomID), Channel: r.Channel, DoNotSend: r.DoNotSend, Brand: hide(r.Brand),
		Language: r.Language, Country: r.Country, Tags: []string{}, Properties: map[string]string{},
	}
	for _, tag := range r.Tags {
		shown.Tags = append(shown.Tags, hide(tag))
	}
	for name, value := range r.CustomProperties {
		shown.Properties[name] = hide(value)
	}
	return shown
}

func (t trial) change() string {
	before, after := t.rulings[0], t.rulings[1]
	switch {
	case !before.asks && after.asks:
		return gains
	case before.asks && !after.asks:
		return loses
	case before.Delay != after.Delay || !reflect.DeepEqual(before.Request, after.Request):
		return altered
	case before.Reason != after.Reason:
		return reasoned
	}
	return same
}

func (r *Rules) changes() map[string]int {
	changes := map[string]int{}
	for _, row := range r.rows {
		changes[row.change()]++
	}
	return changes
}

type trialCounts struct {
	decisions, matched map[string]int
	reasons            map[decide.Reason]int
}

// count counts the rulings of the configuration, or with 1 of the other one.
func (r *Rules) count(side int) trialCounts {
	c := trialCounts{map[string]int{}, map[string]int{}, map[decide.Reason]int{}}
	for _, row := range r.rows {
		v := row.rulings[side]
		c.decisions[v.Decision]++
		if v.Reason != "" {
			c.reasons[v.Reason]++
		}
		for _, name := range v.Rules {
			c.matched[name]++
		}
	}
	return c
}

// object is the trial, schema acsync.rules/1.
func (r *Rules) object() object {
	counts, rules := r.count(0), []object{}
	for _, name := range r.Names {
		rules = append(rules, object{"name", name, "matched", counts.matched[name]})
	}
	changes := map[string]int{}
	if r.With != "" {
		changes = r.changes()
		delete(changes, same)
	}
	conversations := listOf(these(slices.Values(r.rows)), func(row trial) any {
		shown := struct {
			ID         string `json:"id"`
			Resolution string `json:"resolution"`
			ruling
			Change      string       `json:"change"` // one of the keys of changes, or empty
			With        *ruling      `json:"with"`   // by the other configuration; null when there is none
			Differences []difference `json:"differences,omitempty"`
		}{
			ID: row.id, Resolution: stamp(row.resolved), ruling: row.rulings[0],
			Differences: r.differences(row),
		}
		if r.With != "" {
			shown.Change, shown.With = row.change(), &row.rulings[1]
		}
		return shown
	})
	return object{
		"schema", rulesSchema,
		"from", stamp(r.Window.From), // empty when conversations were named
		"to", stamp(r.Window.To), "found", len(r.rows), "send", counts.decisions["send"],
		"skip", counts.decisions["skip"], "reject", counts.decisions["reject"],
		"reasons", counts.reasons, "rules", rules,
		"with", r.With, // the other configuration; empty when there is none
		"changes", changes, // "gains", "loses", "request", "reason"; only with another configuration
		"expected", when(r.Expected != nil, r.expectedJSON()), // only where a trial before is compared with
		// how many conversations differ in which field; only with something to compare with
		"fields", when(r.compares(), r.fieldCounts()),
		"values", valuesOf(r), // of those that would be sent, by field
		"unknown_attributes", unknownAttributes(r), // that expressions name, and no conversation has
		"conversations", conversations,
	}
}

// expectedJSON tells what the decisions were compared with, and what came of that.
func (r *Rules) expectedJSON() object {
	if r.Expected == nil {
		return nil
	}
	return object{
		"file", r.Expected.File, "conversations", len(r.Expected.ids), "unexpected", r.Unexpected(),
		"missing", append([]string{}, r.Expected.missing(r.rows)...), // that Kustomer does not have
	}
}

// compares reports whether there is something to compare the decisions with.
func (r *Rules) compares() bool { return r.With != "" || r.Expected != nil }

// differences are what differs about a conversation; none where nothing is compared.
func (r *Rules) differences(row trial) []difference {
	if len(row.rulings) > 1 {
		return differ(row.rulings[0], row.rulings[1], allFields)
	}
	if r.Expected != nil {
		if expected, known := r.Expected.of(row.id); known {
			return differ(expected, row.rulings[0], stableFields)
		}
	}
	return nil
}

// Unexpected counts the conversations that are not decided as expected, those that are gone among them.
func (r *Rules) Unexpected() int {
	if r.Expected == nil {
		return 0
	}
	return len(differing(r)) + len(r.Expected.missing(r.rows))
}

// differing are the conversations about which something differs.
func differing(r *Rules) []trial {
	same := func(row trial) bool { return len(r.differences(row)) == 0 }
	return slices.DeleteFunc(slices.Clone(r.rows), same)
}

// fieldCounts counts the conversations that differ in each field.
func (r *Rules) fieldCounts() map[string]int {
	counts := map[string]int{}
	for _, row := range r.rows {
		for _, each := range r.differences(row) {
			counts[each.Field]++
		}
	}
	return counts
}

// RulesJSON writes the trial as one object on one line.
func RulesJSON(w io.Writer, r *Rules) error { return writeJSON(w, r.object(), oneLine) }
