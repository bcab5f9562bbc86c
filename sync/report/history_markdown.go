package report

import (
	"fmt"
	"io"
	"strings"
)

// HistoryMarkdown writes the report of past passes for a ticket or a wiki.
func HistoryMarkdown(w io.Writer, h History) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# acsync report · %s\n\n**%s** %s\n\n", plain(h.Tenant), plain(h.Verdict.Headline), plain(h.Verdict.Detail))
	for _, todo := range h.Verdict.Todo {
		fmt.Fprintf(&b, "- %s\n", plain(todo))
	}
	fmt.Fprintf(&b, "\n%s.\n", plain(h.period()))
	if len(h.Passes) > 0 {
		fmt.Fprintf(&b, "%s\n\nPasses: %s. Late: %s.", counted, plain(h.modeWords()), plain(h.lateWords()))
		if words := h.behindWords(); words != "" {
			fmt.Fprintf(&b, " Checkpoint: %s.", words)
		}
		b.WriteString("\n")
		h.markdownTrend(&b)
		h.markdownCounts(&b)
		h.markdownPasses(&b)
		h.markdownRejections(&b)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (h History) markdownTrend(b *strings.Builder) {
	fmt.Fprintf(b, "\n## Over time\n\n| each %s (%s) | passes | failed | found | sent | rejected | in doubt | waiting | skipped | late |\n"+
		"| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n", stepWord(h.Step), plain(h.Timezone))
	for _, s := range h.Trend {
		fmt.Fprintf(b, "| %s", h.local(s.From, "2006-01-02"))
		for _, n := range []int{s.Passes, s.Failed, s.Found, s.Sent, s.Rejected, s.InDoubt, s.Waiting, s.Skipped, s.Late} {
			fmt.Fprintf(b, " | %s", Thousands(n))
		}
		b.WriteString(" |\n")
	}
}

func (h History) markdownCounts(b *strings.Builder) {
	b.WriteString("\n## What became of them\n\n| disposition | count | share | meaning |\n| --- | ---: | ---: | --- |\n")
	for _, d := range h.Dispositions {
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", plain(spaced(d.Name)), Thousands(d.Count), percent(d.Share), plain(d.Meaning))
	}
	fmt.Fprintf(b, "| found | %s | | |\n", Thousands(h.Found))
	if len(h.Reasons) > 0 {
		b.WriteString("\n## Why\n\n| reason | count | share | meaning | what to do |\n| --- | ---: | ---: | --- | --- |\n")
	}
	for _, r := range h.Reasons {
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", plain(r.Reason), Thousands(r.Count), percent(r.Share), plain(r.Meaning), plain(r.Remedy))
	}
	b.WriteString("\n## Exit codes\n\n| code | passes | meaning |\n| ---: | ---: | --- |\n")
	for _, e := range h.Exits {
		fmt.Fprintf(b, "| %d | %s | %s |\n", e.Code, Thousands(e.Count), plain(e.Meaning))
	}
	if h.Killed > 0 {
		fmt.Fprintf(b, "| %s | %s | %s |\n", killedWord, Thousands(h.Killed), neverEnded)
	}
}

func (h History) markdownPasses(b *strings.Builder) {
	fmt.Fprintf(b, "\n## Passes\n\n| pass | mode | began (%s) | found | sent | rejected | in doubt | waiting | skipped | exit | fuse |\n"+
		"| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n", plain(h.Timezone))
	for _, p := range h.Passes[:min(len(h.Passes), shownInMarkdown)] {
		fmt.Fprintf(b, "| %s | %s | %s", plain(p.Pass), plain(p.Mode), h.local(p.Started, "2006-01-02 15:04:05"))
		for _, n := range []int{p.Found, p.Sent, p.Rejected, p.InDoubt, p.Waiting, p.Skipped} {
			fmt.Fprintf(b, " | %s", Thousands(n))
		}
		fmt.Fprintf(b, " | %s | %s |\n", p.Code(), plain(p.Fuse))
	}
	if more := len(h.Passes) - shownInMarkdown; more > 0 {
		fmt.Fprintf(b, "\n%s more are not listed here; a report with the extension .csv holds all of them.\n", Thousands(more))
	}
}

func (h History) markdownRejections(b *strings.Builder) {
	if len(h.Rejections) == 0 {
		return
	}
	b.WriteString("\n## Rejected\n\n| conversation | pass began | reason |\n| --- | --- | --- |\n")
	shown := h.Rejections[:min(len(h.Rejections), shownInMarkdown)]
	for _, r := range shown {
		fmt.Fprintf(b, "| %s | %s | %s |\n", plain(r.Conversation), h.local(r.At, "2006-01-02 15:04:05"), plain(ofKind(r.Kind)+r.Reason))
	}
	if more := len(h.Rejections) - len(shown) + h.unnamed(); more > 0 {
		fmt.Fprintf(b, "\n%s more are not listed here.\n", Thousands(more))
	}
}
