package doc

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/text"
)

// everything is a document with a part of each kind, and with something dangerous in each text.
func everything(danger string) Doc {
	table := Table{
		Title: "Fold" + danger, Count: "2", Caption: "caption" + danger, Class: "rows", More: "and 7 more" + danger,
		Columns: []Column{
			{Name: "conversation" + danger, Min: 24}, {Name: "count", Number: true}, {Name: "meaning", Optional: true}, {Bar: true},
		},
		Rows: []Row{
			{Weight: Main, Cells: []Cell{{Text: "rejected" + danger, Tone: Bad}, {Text: "12,300"}, {Text: "meaning" + danger}, {N: 3}}},
			{Weight: Sub, Cells: []Cell{{Text: "rule:a name of many words that goes on", Aside: "flagged"}, {Text: "1"}, {Below: "do this" + danger}}},
			{Weight: Sum, Cells: Texts("found", "12,301")},
		},
	}
	table.Add("last" + danger)
	return Doc{
		Name: "acsync passes", Subject: "acme" + danger, Badge: "dry run" + danger, Verdict: Verdict{
			Level: LevelHalted, Headline: "Something happened." + danger, Detail: "It is bad." + danger,
			Todo: []string{"Mend it with acsync rules test --sandbox." + danger}, Next: "acsync run",
		}, Here: " --sandbox",
		About:   []string{"about " + danger, "https://acme.example/a/long/address/that/is/kept/in/one/piece"},
		Numbers: []Number{{"found", "Found" + danger, "12,301", "100%"}},
		Sections: []Section{
			Titled("Facts"+danger, Facts{Caption: "caption", List: []Fact{
				{Label: "now" + danger, Value: "a value that is rather long, so that it takes more than one line of a screen" + danger, Command: "acsync run"},
				{Value: "goes on"},
				{Label: "nothing"},
			}}),
			Titled("", table),
			Titled("Flow", Flow{"✓ one" + danger, "✗ rule:of two words"}, Flow(nil), Note{Text: "note" + danger, Below: "below", Depth: 2}),
			Titled("Cards", Cards{{Title: "1 rejected" + danger, Text: "text", Todo: "todo" + danger, Items: []Cell{{Text: "item" + danger}}}}),
			Titled("Charts", Charts{{ID: "a", Title: "Bars" + danger, Rest: "of others", List: []Bar{{Label: "b" + danger, Segments: []Segment{{Tone: Good, N: 3}}}}}}).For(ForPage),
			Titled("Time", Columns{Title: "t" + danger, Unit: "day", Slots: []Slot{{When: "w" + danger, Segments: []Segment{{Tone: Bad, N: 2}}}}}).For(ForPage),
			Titled("For files alone", Note{Text: "files"}).For(ForFiles),
		},
	}
}

// TestTextFits: no line is wider than the screen but a URL and a command, none ends with blanks, and no empty lines stand together.
func TestTextFits(t *testing.T) {
	for width := narrowest; width <= widest+20; width++ {
		var b strings.Builder
		if err := Text(&b, everything(""), Style{Width: width, Color: width%2 == 0}); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			line = strings.TrimSuffix(line, "\n")
			if n := text.StringWidthWithoutEscSequences(line); n > width && !strings.HasPrefix(line, "https://") {
				t.Errorf("%d columns of %d: %s", n, width, line)
			}
			if strings.TrimRight(line, " ") != line {
				t.Errorf("%d columns: blanks at the end of %q", width, line)
			}
		}
		if strings.Contains(b.String(), "\n\n\n") || strings.Contains(b.String(), "For files alone") {
			t.Errorf("%d columns:\n%s", width, b.String())
		}
		if !strings.Contains(b.String(), "acsync rules test --sandbox") {
			t.Errorf("%d columns: the command is broken:\n%s", width, b.String())
		}
	}
}

// TestFormsAreSafe: what people have written is neither markup nor control in any form, wherever it stands.
func TestFormsAreSafe(t *testing.T) {
	d := everything("<script>\x1b[2J\n# heading\u202e")
	var screen, page, ticket strings.Builder
	for _, err := range []error{Text(&screen, d, Style{Width: 80}), HTML(&page, d), Markdown(&ticket, d)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if strings.ContainsAny(screen.String(), "\x1b\u202e") || strings.Contains(page.String(), "<script") || strings.Contains(ticket.String(), "<script") {
		t.Error("it comes through")
	}
	for _, form := range []fmt.Stringer{&screen, &ticket} {
		if strings.Contains(form.String(), "\n# heading") {
			t.Errorf("a value begins a line:\n%s", form)
		}
	}
	if n := strings.Count(page.String(), "<svg role"); n != 2 {
		t.Errorf("the page has %d charts", n)
	}
	if !strings.Contains(ticket.String(), "| **rejected") || !strings.Contains(page.String(), "<details") {
		t.Error("a table is missing")
	}
}
