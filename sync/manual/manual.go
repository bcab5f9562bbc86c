// Package manual holds the manual: one Markdown file for each topic, which are part of the program.
package manual

import (
	"embed"
	"fmt"
	"strings"
)

//go:embed *.md
var files embed.FS

// names are those of the topics, in the order in which a newcomer reads them.
var names = []string{
	"start", "switchover", "schedule", "packages", "monitoring", "troubleshooting", "faq",
	"commands", "configuration", "rules", "backfill", "plans", "recovery",
	"report", "explain", "audit", "agents",
	"reasons", "exit-codes", "json", "ledger", "restore", "move", "organisations",
	"high-availability", "security",
	"kustomer", "agent-connect", "glossary", "developing",
}

// Topic is one page of the manual.
type Topic struct {
	Name    string // by which it is asked for, and its file is called
	Title   string
	Summary string // what it is for, on one line
	Text    string // all of it as Markdown, the title and the summary too
}

// Topics are all topics, in the order in which a newcomer reads them.
func Topics() []Topic {
	list := make([]Topic, len(names))
	for i, name := range names {
		list[i], _ = Lookup(name)
	}
	return list
}

// Lookup is the topic of a name, if there is one.
func Lookup(name string) (Topic, bool) {
	text, err := files.ReadFile(name + ".md")
	if err != nil {
		return Topic{}, false
	}
	title, rest, _ := strings.Cut(string(text), "\n")
	summary, _, _ := strings.Cut(strings.TrimSpace(rest), "\n")
	return Topic{Name: name, Title: strings.TrimPrefix(title, "# "), Summary: summary, Text: string(text)}, true
}

// Index lists the topics, as Markdown.
func Index() string {
	list := "# Topics of the manual\n\n| `acsync help` | for |\n| --- | --- |\n"
	for _, topic := range Topics() {
		list += fmt.Sprintf("| %s | %s |\n", topic.Name, topic.Summary)
	}
	return list
}
