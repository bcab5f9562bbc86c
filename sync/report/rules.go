package report

import (
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
