package report

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"acsync/store"
	"acsync/sync/decide"
)

// sheet is a page of labels and what stands behind them.
type sheet struct {
	strings.Builder
	style Style
	width int
	short bool // leave out what can be left out
}

const (
	labelWidth  = 14
	leastColumn = 24 // a narrower terminal breaks the lines itself
)

// field writes a label and a value, wrapped; an empty value is left out.
func (s *sheet) field(label string, color text.Color, value string) {
	if value == "" {
		return
	}
	wrapped := text.WrapSoft(value, max(s.width-labelWidth, leastColumn))
	for line := range strings.SplitSeq(wrapped, "\n") {
		fmt.Fprintf(s, "%-*s%s\n", labelWidth, label, paint(s.style, color, strings.TrimRight(line, " ")))
		label = ""
	}
}

// ExplainTable writes the explanation for people, on one screen if that can be done.
func ExplainTable(w io.Writer, x Explanation, style Style) error {
	s := &sheet{style: style, width: min(style.Width, widest)}
	s.explanation(x)
	if style.Height > 0 && s.rows() >= style.Height {
		s = &sheet{style: style, width: s.width, short: true}
		s.explanation(x)
	}
	_, err := io.WriteString(w, s.String())
	return err
}

// rows are how many lines of a screen it takes, where a terminal breaks long ones.
func (s *sheet) rows() int {
	n := 0
	for line := range strings.Lines(s.String()) {
		n += 1 + max(text.StringWidthWithoutEscSequences(strings.TrimSuffix(line, "\n"))-1, 0)/max(s.style.Width, 1)
	}
	return n
}

// explanation writes all of it.
func (s *sheet) explanation(x Explanation) {
	fmt.Fprintf(s, "acsync explain · %s\n%s\n", printable(x.Tenant), printable(x.ID))
	if url := x.url(); url != "" {
		s.WriteString(url + "\n") // in one piece, whatever the width: it is for clicking
	}
	s.WriteString("\n")
	words, color := x.fate()
	s.field("now", color, words)
	if command := x.command(); command != "" {
		s.WriteString("  " + command + "\n") // for copying too
	}
	if choices := x.choices(); choices != "" {
		s.WriteString("  " + choices + "\n")
	}
	s.field("to do", text.FgYellow, x.advice())
	for _, notice := range x.Notices {
		s.field("note", text.FgYellow, printable(notice))
	}
	s.WriteString("\n")
	s.conversation(x)
	s.field("first read", text.Reset, x.firstRead())
	s.ledger(x)
	s.receiver(x)
	if x.Found {
		s.checks(x)
	}
}

// conversation writes what Kustomer says.
func (s *sheet) conversation(x Explanation) {
	if !x.Found {
		if x.Asked && x.Unread == nil {
			s.field("kustomer", text.FgYellow, "has no such conversation any more: it was deleted, or merged into another")
		}
		if at := x.resolution(); !at.IsZero() {
			s.field("marked done", text.Reset, show(at)+", "+since(x.Now, at)+" (from the ledger)")
		}
		return
	}
	c := x.Case.Conversation
	done := "never"
	switch {
	case c.DoneUnread:
		done = "at a time that cannot be read"
	case c.LastDone != nil && x.Case.Outside:
		done = fmt.Sprintf("%s, which no pass reads, by %s", show(c.LastDone.At), x.closer())
	case c.LastDone != nil:
		done = fmt.Sprintf("%s, %s, by %s", show(c.LastDone.At), since(x.Now, c.LastDone.At), x.closer())
	}
	s.field("marked done", text.Reset, done)
	s.field("status", text.Reset, standingOf(c.Status, c.DoneCount))
	s.field("agent", text.Reset, x.agent())
	s.field(x.customer())
	s.field("channel", text.Reset, channel(x))
	s.field("tags", text.Reset, commas(x.Case.Tags))
}

func standingOf(status string, timesDone int) string {
	words := printable(status)
	if timesDone > 1 {
		words += fmt.Sprintf("; marked done %d times so far", timesDone)
	}
	return words
}

// resolution is when the conversation was marked done last, as far as Kustomer or the ledger tells.
func (x Explanation) resolution() time.Time {
	if done := x.Case.Conversation.LastDone; done != nil {
		return done.At
	}
	if n := len(x.Entries); n > 0 && !x.Found {
		return x.Entries[n-1].Record.Resolution
	}
	return time.Time{}
}

// customer is the label, the color and the value of the line about the customer: the address, or what there is of it where that decides.
func (x Explanation) customer() (string, text.Color, string) {
	switch x.Case.Skip {
	case decide.NoCustomer:
		return "customer", text.FgRed, "none"
	case decide.NoEmail:
		return "address", text.FgRed, "none"
	case decide.MaskedEmail:
		return "address", text.FgRed, "masked for this API key"
	}
	return "customer", text.Reset, x.address(x.Facts.Address)
}

// channel is the one that counts, and all of them where there are more.
func channel(x Explanation) string {
	words := printable(x.Facts.Channel)
	if words == "" && x.Case.Skip == decide.NoChannel {
		words = "none"
	}
	if len(x.Channels) > 1 {
		words += " (of " + commas(x.Channels) + ")"
	}
	return words
}

// closer is who marked it done, for the screen alone.
func (x Explanation) closer() string {
	switch by := x.Case.Conversation.LastDone.By; {
	case x.Closer != nil:
		return person(x.Closer.Name.Value, x.Closer.ID)
	case by != "":
		return printable(by) + " (no such user)"
	}
	return "automation"
}

// agent is whom the survey is about, for the screen alone.
func (x Explanation) agent() string {
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

// person is the name of a user of Kustomer and the id, or the id alone.
func person(name, id string) string {
	if name = strings.TrimSpace(printable(name)); name == "" {
		return printable(id)
	}
	return name + " (" + printable(id) + ")"
}

func commas(list []string) string {
	shown := make([]string, len(list))
	for i, each := range list {
		shown[i] = printable(each)
	}
	return strings.Join(shown, ", ")
}

// firstRead tells which pass read the time first at which it was marked done, and how much later that was.
func (x Explanation) firstRead() string {
	if x.First == nil {
		return ""
	}
	words := fmt.Sprintf("by pass %s (%s)", printable(x.First.Pass), printable(x.First.Mode))
	if at := x.resolution(); !at.IsZero() && x.First.Started.After(at) {
		words += ", " + after(at, x.First.Started)
	}
	return words
}

// ledger writes what the ledger holds.
func (s *sheet) ledger(x Explanation) {
	switch {
	case x.Unmade && len(x.Entries) == 0:
		s.field("ledger", text.Reset, "there is none yet")
	case x.Remembered && len(x.Entries) == 0:
		s.field("ledger", text.Reset, "knows nothing of it")
	}
	for _, e := range x.Entries {
		color, label := text.Reset, "ledger"
		for _, d := range dispositions {
			if d.state == e.State {
				color = d.color
			}
		}
		words := name(e.State) + " " + show(e.At)
		if e.Reason != "" {
			words += ": " + because(decide.Reason(e.Reason))
		}
		if e.Recovery {
			label = "recovery"
		}
		s.field(label, color, words)
		s.field("", text.Reset, attempts(e))
		if stamp := x.Stamp(e); stamp != "" {
			s.field("", text.Reset, "intent "+stamp)
		}
		if e.Key.Resolution != 0 {
			s.field("", text.Reset, "of being marked done "+show(e.Record.Resolution))
		}
		if !e.Due.IsZero() {
			s.field("", text.Reset, "due "+show(e.Due))
		}
	}
}

// attempts tells how often it was tried, and with what result; empty if never.
func attempts(e store.Entry) string {
	var parts []string
	switch {
	case e.Attempts == 1 && e.First.IsZero():
		parts = append(parts, "1 attempt")
	case e.Attempts == 1:
		parts = append(parts, "1 attempt "+show(e.First))
	case e.Attempts > 1:
		parts = append(parts, fmt.Sprintf("%d attempts since %s", e.Attempts, show(e.First)))
	}
	if e.Status != 0 {
		parts = append(parts, fmt.Sprintf("HTTP %d", e.Status))
	}
	return strings.Join(parts, ", ")
}

// receiver writes what Agent Connect's data show.
func (s *sheet) receiver(x Explanation) {
	if x.ReceiverRead && len(x.Interactions) == 0 {
		s.field("agent connect", text.FgYellow, "shows nothing of it")
	}
	label := "agent connect"
	for _, i := range x.Interactions {
		words := cmp.Or(printable(i.Status), "no status")
		if !i.CreatedAt.IsZero() {
			words = show(i.CreatedAt) + ": " + words
		}
		if i.Recovery {
			words += ", a recovery"
		}
		switch {
		case i.Intent != "":
			words += ", intent " + printable(i.Intent)
		case !x.Unstamped && !i.Recovery:
			words += ", without a stamp: not sent by acsync"
		}
		s.field(label, text.Reset, words)
		label = ""
	}
}
