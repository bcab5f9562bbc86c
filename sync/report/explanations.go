package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/explain"
	"acsync/sync/journey"
	"acsync/sync/report/doc"
)

// Explanations are what is known of several conversations and customers.
type Explanations struct {
	Tenant   string
	AppURL   string // of Kustomer's web application; empty: no links
	Here     string // the flags that point a command at the same ledger; empty, or begins with a blank
	Reveal   bool   // show addresses in full
	Subjects []Subject
	Notices  []string // which parts are missing, and why
	Exit     int
}

// Subject is what one argument has named.
type Subject struct {
	Asked    string            // the argument; of an address nothing but its mask
	Customer *explain.Customer // nil: a conversation
	Lives    []Explanation     // the newest first; one at most of a conversation
	Problem  string            // why nothing is known
}

// livesInFull is how many conversations of a customer are shown in full behind their table.
const livesInFull = 3

// standingOf says how far the conversation has come, by the ledger and Agent Connect.
func standingOf(x Explanation) Obstacle {
	j := journey.Journey{Entries: x.Entries, Interactions: x.Interactions}
	return obstacleOf(j.Standing(x.ReceiverRead))
}

// wasAsked reports whether the customer was asked, as far as the ledger or Agent Connect tells.
func wasAsked(x Explanation) bool { return standingOf(x).Step >= journey.Asked }

// landed is what became of a request, in words.
func landed(o Obstacle) string {
	switch {
	case o.Step == journey.Answered:
		return "mailed and answered"
	case o.Step == journey.Delivered:
		return "mailed, " + o.meaning()
	case o.Code == journey.NotShown:
		return "Agent Connect's data do not show it"
	case o.Code == agentconnect.Pending.String(), o.Code == agentconnect.UnknownDelivery.String():
		return o.meaning()
	case o.Code != "":
		return "not mailed: " + o.meaning() + " · " + o.Code
	}
	return ""
}

// became is what became of a conversation, and why, on a line.
func became(x Explanation) (string, doc.Tone) {
	c := x.Case.Conversation
	if wasAsked(x) {
		words := "asked"
		for _, e := range x.Entries {
			if e.State == store.Accepted && !e.Recovery {
				words = "asked " + e.At.UTC().Format("2006-01-02 15:04")
			}
		}
		if how := landed(standingOf(x)); how != "" {
			words += ", " + how
		}
		return words, doc.Good
	}
	if x.Found && c.Status != "done" && x.Forecast.Fate == explain.FateSkip {
		return "not marked done: it is " + cmp.Or(c.Status, "without a status"), ""
	}
	words, tone := fateWords(x)
	if words, done := strings.CutPrefix(words, "nothing: "); done {
		return words, doc.Bad
	}
	if how, skipped := strings.CutPrefix(words, "not asked about: "); skipped {
		return "not asked: " + how, ""
	}
	return words, tone
}

// ExplanationsDoc is what is known of several for people.
func ExplanationsDoc(e Explanations) doc.Doc {
	d := doc.Doc{Name: "acsync explain", Subject: e.Tenant, Here: e.Here, Labels: 14}
	notes := doc.Facts{}
	for _, notice := range e.Notices {
		notes.List = append(notes.List, doc.Fact{Label: "note", Value: notice, Tone: doc.Warn})
	}
	d.Sections = []doc.Section{doc.Titled("", notes)}
	for _, subject := range e.Subjects {
		switch {
		case subject.Problem != "":
			d.Sections = append(d.Sections, doc.Titled(subject.Asked, doc.Note{
				Text: sentence(subject.Problem), Tone: doc.Bad, Depth: 2,
			}))
		case subject.Customer != nil:
			d.Sections = append(d.Sections, e.customerSections(subject)...)
		default:
			d.Sections = append(d.Sections, inFull(subject.Lives)...)
		}
	}
	return d
}

// inFull are all that is told of some conversations, each under its id.
func inFull(lives []Explanation) (list []doc.Section) {
	for _, x := range lives {
		sections := lifeSections(x)
		sections[0].Title = "Conversation " + x.ID
		if url := x.url(); url != "" {
			link := doc.Facts{List: []doc.Fact{{Command: url}}}
			sections[0].Parts = slices.Insert(sections[0].Parts, 0, doc.Part(link))
		}
		list = append(list, sections...)
	}
	return list
}

func (e Explanations) customerSections(s Subject) []doc.Section {
	table := doc.Table{Head: true, Columns: []doc.Column{
		{Name: "marked done (UTC)"}, {Name: "conversation"}, {Name: "what became of it"},
	}}
	for _, x := range s.Lives {
		done := "–"
		if at := resolutionOf(x); !at.IsZero() {
			done = at.UTC().Format("2006-01-02 15:04")
		}
		words, tone := became(x)
		row := table.Add(done, x.ID, words)
		row.Cells[2].Tone = tone
	}
	switch left := s.Customer.Left; {
	case s.Customer.More:
		table.More = "and older ones, of which there are too many to be read"
	case left > 0:
		table.More = "and " + thousands(left) + " older"
	}
	head := doc.Titled("Customer " + s.Customer.ID)
	head.Note = s.verdict()
	facts := doc.Facts{List: []doc.Fact{{Label: "address", Value: e.addressOf(*s.Customer)}}}
	if e.AppURL != "" {
		facts.List = append(facts.List, doc.Fact{Command: e.urlOf(*s.Customer)})
	}
	head.Parts = []doc.Part{facts}
	list := []doc.Section{head, doc.Titled("", table)}
	if len(s.Lives) > livesInFull {
		return append(list, doc.Titled("", doc.Note{Text: sentence(advise(doSeeOne, e.Here))}))
	}
	return append(list, inFull(s.Lives)...)
}

// verdict answers whether the customer was asked.
func (s Subject) verdict() string {
	asked, mailed, read := 0, 0, true
	for _, x := range s.Lives {
		if wasAsked(x) {
			asked++
			read = read && x.ReceiverRead
		}
		if standingOf(x).Step >= journey.Delivered {
			mailed++
		}
	}
	n := len(s.Lives)
	words := several(n, "conversation", "conversations")
	if s.Customer.Left > 0 || s.Customer.More {
		words = "the newest " + words
	}
	switch {
	case n == 0:
		return "Kustomer shows no conversation of this customer."
	case asked == 0 && slices.ContainsFunc(s.Lives, func(x Explanation) bool { return !x.Remembered }):
		return "Whether this customer was asked, about " + words + ", only the ledger knows."
	case asked == 0:
		return "Never asked, about none of " + words + "."
	case !read:
		return fmt.Sprintf("Asked about %d of %s.", asked, words)
	}
	return fmt.Sprintf("Asked about %d of %s, and mailed about %s, as far as Agent Connect is told.", asked, words,
		cmp.Or(strings.TrimPrefix(strconv.Itoa(mailed), "0"), "none"))
}

// addressOf is the customer's first address, as it may be shown.
func (e Explanations) addressOf(c explain.Customer) string {
	switch {
	case c.Deleted:
		return "none: the customer was deleted"
	case len(c.Emails) == 0:
		return "none"
	case c.Emails[0].Address.Masked:
		return "masked for this API key"
	}
	address := strings.TrimSpace(c.Emails[0].Address.Value)
	if !e.Reveal {
		address = Mask(address)
	}
	if more := len(c.Emails) - 1; more > 0 {
		address += fmt.Sprintf(", and %d more", more)
	}
	return address
}

func (e Explanations) urlOf(c explain.Customer) string {
	if e.AppURL == "" {
		return ""
	}
	return e.AppURL + "/app/customers/" + c.ID
}

// ExplanationsJSON writes them as one object on one line, schema acsync.explanations/1.
func ExplanationsJSON(w io.Writer, e Explanations) error {
	subjects := listOf(these(slices.Values(e.Subjects)), func(s Subject) any {
		lives := []object{}
		for _, x := range s.Lives {
			lives = append(lives, x.object())
		}
		var customer any
		kind := "conversation"
		if s.Customer != nil {
			kind = "customer"
			customer = object{
				"id", s.Customer.ID, "url", e.urlOf(*s.Customer), "address", e.addressOf(*s.Customer),
				"conversations_left", s.Customer.Left, // older ones that are not among them
				"more", s.Customer.More, // and there are others, of which nobody knows how many
			}
		}
		if s.Problem != "" {
			kind = ""
		}
		return object{
			"asked", s.Asked, // the argument; of an address nothing but its mask
			"kind", kind, // "conversation" or "customer"; empty: nothing is known of it
			"customer", customer,
			"conversations", lives, // each as acsync explain ID --json has it
			"problem", s.Problem,
		}
	})
	return writeJSON(w, object{
		"schema", "acsync.explanations/1", "subjects", subjects,
		"notices", append([]string{}, e.Notices...), "exit", e.Exit,
	}, oneLine)
}
