package report

import (
	"encoding/json"
	"io"
	"reflect"
	"strings"
	"time"

	"acsync/sync/decide"
	"acsync/sync/fetch"
)

// Rules is the report of a trial of the rules on real conversations.
type Rules struct {
	Tenant   string
	Window   fetch.Window // zero when conversations were named
	Names    []string     // of the rules, in their order
	With     string       // the other configuration; empty when there is none
	WithName []string     // of its rules

	rows []trial
}

// trial is what comes of one conversation.
type trial struct {
	id       string
	resolved time.Time
	ruling   ruling
	with     ruling // by the other configuration
}

// ruling is a decision without anything by which a person is known.
type ruling struct {
	Decision string   `json:"decision"` // "send", "skip" or "reject"
	Reason   string   `json:"reason"`
	Message  string   `json:"message"` // where an expression failed
	Rules    []string `json:"rules"`   // those that hold, as far as they were tried
	Delay    float64  `json:"delay_seconds"`
	Request  *request `json:"request"` // null when none is made

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

// changes lists what can change, in the order of a report.
var changes = []struct{ change, meaning string }{
	{gains, "would be asked, and is not now"},
	{loses, "would not be asked, and is now"},
	{altered, "another request, or another time"},
	{reasoned, "not asked, for another reason"},
}

// Add takes in a conversation: its case, and that by the other configuration if there is one.
func (r *Rules) Add(cases []decide.Case) {
	row := trial{id: cases[0].Key.Conversation, resolved: cases[0].Resolution(), ruling: rulingOf(cases[0])}
	if len(cases) > 1 {
		row.with = rulingOf(cases[1])
	}
	r.rows = append(r.rows, row)
}

func rulingOf(c decide.Case) ruling {
	v := ruling{
		Decision: "send", Reason: string(c.Skip), Message: c.Trouble, Rules: append([]string{}, c.Matched...),
		Delay: c.Delay.Seconds(),
	}
	switch {
	case c.Skip.Broken():
		v.Decision, v.Delay = "reject", 0
	case c.Skip != "":
		v.Decision, v.Delay = "skip", 0
	default:
		v.Request, v.asks = masked(c), !c.Request.DoNotSend
	}
	return v
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

// change is how the other configuration changes what becomes of the conversation.
func (t trial) change() string {
	before, after := t.ruling, t.with
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

// tally counts the verdicts of one of the configurations.
func (r *Rules) tally(with bool) (decisions map[string]int, reasons map[string]map[string]int,
	matched map[string]int,
) {
	decisions, reasons, matched = map[string]int{}, map[string]map[string]int{}, map[string]int{}
	for _, row := range r.rows {
		v := row.ruling
		if with {
			v = row.with
		}
		decisions[v.Decision]++
		if v.Reason != "" {
			if reasons[v.Decision] == nil {
				reasons[v.Decision] = map[string]int{}
			}
			reasons[v.Decision][v.Reason]++
		}
		for _, name := range v.Rules {
			matched[name]++
		}
	}
	return decisions, reasons, matched
}

// rulesJSON is the form of a trial for programs, schema acsync.rules/1. Fields may be added, never
// renamed or removed.
type rulesJSON struct {
	Schema  string         `json:"schema"`
	From    string         `json:"from"` // empty when conversations were named
	To      string         `json:"to"`
	Found   int            `json:"found"`
	Send    int            `json:"send"`
	Skip    int            `json:"skip"`
	Reject  int            `json:"reject"`
	Reasons map[string]int `json:"reasons"`
	Rules   []ruleUseJSON  `json:"rules"`
	With    string         `json:"with"` // the other configuration; empty when there is none
	// "gains", "loses", "request", "reason"; only with another configuration
	Changes       map[string]int   `json:"changes"`
	Conversations []conversationJS `json:"conversations"`
}

// ruleUseJSON tells for how many conversations a rule held.
type ruleUseJSON struct {
	Name    string `json:"name"`
	Matched int    `json:"matched"`
}

// conversationJS is one conversation.
type conversationJS struct {
	ID         string `json:"id"`
	Resolution string `json:"resolution"`
	ruling
	Change string  `json:"change"` // one of the keys of changes, or empty
	With   *ruling `json:"with"`   // by the other configuration; null when there is none
}

// JSON writes the trial as one object on one line.
func (r *Rules) JSON(w io.Writer) error {
	decisions, reasons, matched := r.tally(false)
	object := rulesJSON{
		Schema: "acsync.rules/1", From: stamp(r.Window.From), To: stamp(r.Window.To), Found: len(r.rows),
		Send: decisions["send"], Skip: decisions["skip"], Reject: decisions["reject"],
		Reasons: map[string]int{},
		Rules:   []ruleUseJSON{}, With: r.With, Changes: map[string]int{}, Conversations: []conversationJS{},
	}
	for _, counts := range reasons {
		for reason, n := range counts {
			object.Reasons[reason] += n
		}
	}
	for _, name := range r.Names {
		object.Rules = append(object.Rules, ruleUseJSON{name, matched[name]})
	}
	for _, row := range r.rows {
		shown := conversationJS{ID: row.id, Resolution: stamp(row.resolved), ruling: row.ruling}
		if r.With != "" {
			shown.Change, shown.With = row.change(), &row.with
			if shown.Change != same {
				object.Changes[shown.Change]++
			}
		}
		object.Conversations = append(object.Conversations, shown)
	}
	return json.NewEncoder(w).Encode(object)
}
