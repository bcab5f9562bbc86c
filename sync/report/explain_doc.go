package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/explain"
	"acsync/sync/report/doc"
)

// ExplainDoc is the life of one conversation for people.
func ExplainDoc(x Explanation) doc.Doc {
	d := doc.Doc{
		Name: "acsync explain", Subject: x.Tenant, Here: x.Here, Labels: 14, About: []string{x.ID},
		Sections: lifeSections(x),
	}
	if url := x.url(); url != "" {
		d.About = append(d.About, url)
	}
	return d
}

// lifeSections are all that is told of one conversation, what would happen now first.
func lifeSections(x Explanation) []doc.Section {
	words, tone := fateWords(x)
	now := []doc.Fact{{Label: "now", Value: words, Tone: tone, Command: x.command()}}
	if x.Forecast.Fate == explain.FateByHand {
		now = append(now, doc.Fact{Command: doChoose})
	}
	now = append(now, doc.Fact{Label: "to do", Value: adviceFor(x), Tone: doc.Warn})
	for _, notice := range x.Notices {
		now = append(now, doc.Fact{Label: "note", Value: notice, Tone: doc.Warn})
	}
	life := append(conversationFacts(x), doc.Fact{Label: "first read", Value: firstRead(x)})
	life = slices.Concat(life, ledgerFacts(x), receiverFacts(x))
	list := []doc.Section{doc.Titled("", doc.Facts{List: now}), doc.Titled("", doc.Facts{List: life})}
	if x.Found {
		list = append(list, checkSection(x))
	}
	if x.Fields {
		list = append(list, fieldSection(x))
	}
	return list
}

func conversationFacts(x Explanation) []doc.Fact {
	if !x.Found {
		var gone, done string
		if x.Asked && x.Unread == nil {
			gone = "has no such conversation any more: it was deleted, or merged into another"
		}
		if at := resolutionOf(x); !at.IsZero() {
			done = show(at) + ", " + since(x.Now, at) + " (from the ledger)"
		}
		return []doc.Fact{
			{Label: "kustomer", Value: gone, Tone: doc.Warn}, {Label: "marked done", Value: done},
		}
	}
	c := x.Case.Conversation
	done := "never"
	switch {
	case c.DoneUnread:
		done = "at a time that cannot be read"
	case c.LastDone != nil && x.Case.Outside:
		done = fmt.Sprintf("%s, which no pass reads, by %s", show(c.LastDone.At), closer(x))
	case c.LastDone != nil:
		done = fmt.Sprintf("%s, %s, by %s", show(c.LastDone.At), since(x.Now, c.LastDone.At), closer(x))
	}
	status := c.Status
	if c.DoneCount > 1 {
		status += fmt.Sprintf("; marked done %d times so far", c.DoneCount)
	}
	channel := x.Facts.Channel
	if channel == "" && x.Case.Skip == decide.NoChannel {
		channel = "none"
	}
	if len(x.Channels) > 1 {
		channel += " (of " + strings.Join(x.Channels, ", ") + ")"
	}
	return []doc.Fact{
		{Label: "marked done", Value: done},
		{Label: "status", Value: status},
		{Label: "agent", Value: agentOf(x)},
		customerFact(x),
		{Label: "channel", Value: channel},
		{Label: "tags", Value: strings.Join(x.Case.Tags, ", ")},
	}
}

// resolutionOf is when the conversation was marked done last, as far as Kustomer or the ledger tells.
func resolutionOf(x Explanation) time.Time {
	if done := x.Case.Conversation.LastDone; done != nil {
		return done.At
	}
	if n := len(x.Entries); n > 0 && !x.Found {
		return x.Entries[n-1].Record.Resolution
	}
	return time.Time{}
}

func customerFact(x Explanation) doc.Fact {
	switch x.Case.Skip {
	case decide.NoCustomer:
		return doc.Fact{Label: "customer", Value: "none", Tone: doc.Bad}
	case decide.NoEmail:
		return doc.Fact{Label: "address", Value: "none", Tone: doc.Bad}
	case decide.MaskedEmail:
		return doc.Fact{Label: "address", Value: "masked for this API key", Tone: doc.Bad}
	}
	return doc.Fact{Label: "customer", Value: x.address(x.Facts.Address)}
}

// closer is who marked it done, for the screen alone.
func closer(x Explanation) string {
	switch by := x.Case.Conversation.LastDone.By; {
	case x.Closer != nil:
		return person(x.Closer.Name.Value, x.Closer.ID)
	case by != "":
		return by + " (no such user)"
	}
	return "automation"
}

// agentOf is whom the survey is about, for the screen alone.
func agentOf(x Explanation) string {
	if x.Case.Agent == nil {
		return "none"
	}
	who := person(x.Case.Agent.Name.Value, x.Case.Agent.ID)
	switch {
	case x.Case.Skip == decide.NoAgentEmail && x.Case.Agent.Email.Masked:
		return who + ", address masked for this API key"
	case x.Case.Skip == decide.NoAgentEmail:
		return who + ", address none"
	}
	return strings.TrimSpace(who + " " + x.address(x.Facts.AgentAddress))
}

func person(name, id string) string {
	if name = strings.TrimSpace(name); name == "" {
		return id
	}
	return name + " (" + id + ")"
}

func firstRead(x Explanation) string {
	if x.First == nil {
		return ""
	}
	words := fmt.Sprintf("by pass %s (%s)", x.First.Pass, x.First.Mode)
	if at := resolutionOf(x); !at.IsZero() && x.First.Started.After(at) {
		words += ", " + after(at, x.First.Started)
	}
	return words
}

func ledgerFacts(x Explanation) []doc.Fact {
	switch {
	case x.Unmade && len(x.Entries) == 0:
		return []doc.Fact{{Label: "ledger", Value: "there is none yet"}}
	case x.Remembered && len(x.Entries) == 0:
		return []doc.Fact{{Label: "ledger", Value: "knows nothing of it"}}
	}
	var facts []doc.Fact
	for _, e := range x.Entries {
		head := doc.Fact{Label: "ledger", Tone: dispositionOf(e.State.String()).tone}
		if e.Recovery {
			head.Label = "recovery"
		}
		head.Value = spaced(e.State.String()) + " " + show(e.At)
		if e.Reason != "" {
			head.Value += ": " + worded(decide.Reason(e.Reason))
		}
		facts = append(facts, head, doc.Fact{Value: attempts(e)})
		if stamp := x.Stamp(e); stamp != "" {
			facts = append(facts, doc.Fact{Value: "intent " + stamp})
		}
		if e.Key.Resolution != 0 {
			facts = append(facts, doc.Fact{Value: "of being marked done " + show(e.Record.Resolution)})
		}
		if !e.Due.IsZero() {
			facts = append(facts, doc.Fact{Value: "due " + show(e.Due)})
		}
	}
	return facts
}

func attempts(e store.Entry) string {
	var words string
	switch {
	case e.First.IsZero():
		words = some(e.Attempts, "attempt", "attempts")
	case e.Attempts == 1:
		words = "1 attempt " + show(e.First)
	case e.Attempts > 1:
		words = fmt.Sprintf("%d attempts since %s", e.Attempts, show(e.First))
	}
	if e.Status != 0 {
		words = strings.TrimPrefix(fmt.Sprintf("%s, HTTP %d", words, e.Status), ", ")
	}
	return words
}

func receiverFacts(x Explanation) []doc.Fact {
	label := "agent connect"
	switch {
	case x.Skimmed:
		return []doc.Fact{{Label: label, Value: "not asked about this one, after so many others"}}
	case x.ReceiverRead && len(x.Interactions) == 0:
		return []doc.Fact{{Label: label, Value: "shows nothing of it", Tone: doc.Warn}}
	}
	var facts []doc.Fact
	for _, i := range x.Interactions {
		words := cmp.Or(strings.TrimSpace(i.Status), "no status")
		if !i.CreatedAt.IsZero() {
			words = show(i.CreatedAt) + ": " + words
		}
		if i.Recovery {
			words += ", a recovery"
		}
		switch {
		case i.Intent != "":
			words += ", intent " + i.Intent
		case !x.Unstamped && !i.Recovery:
			words += ", without a stamp: not sent by acsync"
		}
		facts = append(facts, doc.Fact{Label: label, Value: words})
		label = ""
	}
	return facts
}
