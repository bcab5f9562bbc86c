package report

import (
	"fmt"
	"io"
	"strings"
	"unicode"
)

// shownInMarkdown is how many conversations the Markdown form lists: it is for reading and for tickets.
const shownInMarkdown = 1000

// Markdown writes the report for a ticket or a wiki: what happened, what needs a hand, the breakdowns, and the conversations.
func Markdown(w io.Writer, r Report) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# acsync %s · %s\n\n", plain(r.Mode), plain(r.Tenant))
	if r.DryRun {
		b.WriteString("*Dry run: nothing was sent, nothing was written.*\n\n")
	}
	fmt.Fprintf(&b, "**%s** %s\n\n", plain(r.Verdict.Headline), plain(r.Verdict.Detail))
	for _, todo := range r.Verdict.Todo {
		fmt.Fprintf(&b, "- %s\n", plain(todo))
	}
	fmt.Fprintf(&b, "\n%s\n\n", plain(r.period()))
	markdownDispositions(&b, r)
	markdownHands(&b, r)
	for _, breakdown := range r.breakdowns() {
		markdownGroups(&b, r, breakdown)
	}
	markdownRows(&b, r)
	markdownSettings(&b, r)
	_, err := io.WriteString(w, b.String())
	return err
}

func markdownDispositions(b *strings.Builder, r Report) {
	b.WriteString("## What became of them\n\n| disposition | reason | count | share | meaning |\n| --- | --- | ---: | ---: | --- |\n")
	for _, d := range r.Dispositions {
		fmt.Fprintf(b, "| **%s** | | **%s** | %s | %s |\n", plain(spaced(d.Name)), Thousands(d.Count), percent(d.Share), plain(d.Meaning))
		for _, reason := range d.Reasons {
			fmt.Fprintf(b, "| | %s | %s | %s | %s |\n", plain(reason.Reason), Thousands(reason.Count), percent(reason.Share), plain(reason.Meaning))
		}
	}
	fmt.Fprintf(b, "| found | | %s | | |\n", Thousands(r.Found))
}

func markdownHands(b *strings.Builder, r Report) {
	if len(r.Hands) == 0 {
		return
	}
	b.WriteString("\n## " + map[bool]string{true: "Can be mended", false: "Needs a hand"}[r.Verdict.Level == LevelGood] + "\n")
	for _, hand := range r.Hands {
		fmt.Fprintf(b, "\n### %s %s: %s\n\n%s. To do: %s.\n\n", Thousands(hand.Count), plain(spaced(hand.Decision)), plain(hand.Reason),
			plain(hand.Meaning), plain(hand.Remedy))
		for _, agent := range hand.Agents {
			fmt.Fprintf(b, "- %s\n", plain(strings.TrimSpace(fmt.Sprintf("%d× %s %s", agent.Found, orNone(agent.Name), agent.Address))))
		}
		for _, words := range hand.Words {
			fmt.Fprintf(b, "- %d× “%s”\n", words.Count, plain(words.Text))
		}
	}
}

func markdownGroups(b *strings.Builder, r Report, breakdown breakdown) {
	fmt.Fprintf(b, "\n## %s\n\n| %s | found | %s | needs a hand | waiting | skipped |\n| --- | ---: | ---: | ---: | ---: | ---: |\n",
		breakdown.Title, breakdown.Column, r.sentWord())
	for _, g := range breakdown.Groups {
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s |\n", plain(orNone(g.Name)), Thousands(g.Found), Thousands(g.Sent), Thousands(g.Hand()),
			Thousands(g.Waiting), Thousands(g.Skipped))
	}
}

func markdownRows(b *strings.Builder, r Report) {
	if len(r.Rows) == 0 {
		return
	}
	b.WriteString("\n## Conversations\n\n| conversation | done | agent | channel | address | decision | reason | answer |\n" +
		"| --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for _, row := range r.Rows[:min(len(r.Rows), shownInMarkdown)] {
		id := plain(row.ID)
		if row.URL != "" {
			id = fmt.Sprintf("[%s](<%s>)", id, strings.NewReplacer("<", "%3C", ">", "%3E", "\\", "%5C", "|", "%7C").Replace(row.URL))
		}
		if marks := row.marks(); marks != "" {
			id += " " + plain(marks)
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s | %s | %s |\n", id, r.local(row.Resolution, "2006-01-02 15:04:05"), plain(row.agentName()),
			plain(row.Channel), plain(row.Address), plain(spaced(row.Decision)), plain(row.Reason), plain(row.Message))
	}
	if more := len(r.Rows) - shownInMarkdown; more > 0 {
		fmt.Fprintf(b, "\n%s more are not listed here; a report with the extension .csv holds all of them.\n", Thousands(more))
	}
}

func markdownSettings(b *strings.Builder, r Report) {
	if len(r.Settings) == 0 {
		return
	}
	fmt.Fprintf(b, "\n## Configuration\n\nDigest %s. Keys that are not listed have their default.\n\n| key | value |\n| --- | --- |\n", plain(r.Digest))
	for _, s := range r.Settings {
		if !s.Default {
			fmt.Fprintf(b, "| %s | %s |\n", plain(s.Key), plain(s.Value))
		}
	}
}

// plain is text that Markdown shows as it is, on one line: every sign that could mean something is escaped.
func plain(text string) string {
	var b strings.Builder
	for _, c := range text {
		switch {
		case c == '<':
			b.WriteString("&lt;")
		case c == '>':
			b.WriteString("&gt;")
		case c == '&':
			b.WriteString("&amp;")
		case strings.ContainsRune("\\`*_{}[]()#+!|~$^@", c):
			b.WriteByte('\\')
			b.WriteRune(c)
		case unicode.IsControl(c) || c == '\u2028' || c == '\u2029':
			b.WriteByte(' ')
		case unfit(c):
		default:
			b.WriteRune(c)
		}
	}
	return links.Replace(b.String())
}

// links keeps a bare address from becoming a link.
var links = strings.NewReplacer("://", "\\://", "www.", "www\\.")
