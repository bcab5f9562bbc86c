package app

import (
	"fmt"
	"path/filepath"
	"strings"

	"acsync/sync/report"
	"acsync/sync/report/doc"
)

// tryNext ends the report of the first pass of a sandbox: what its ledger began with, and commands that show
// more.
func tryNext(s *session, made report.Pass) doc.Doc {
	began := doc.Titled("", doc.Note{Text: fmt.Sprintf("The sandbox's ledger comes with %s that an earlier pass "+
		"is to have sent: hence already_sent. Run it again, and nothing is sent twice.",
		conversations(len(s.tenant.Demo.Known)))})
	next := doc.Titled("What to try next")
	for _, command := range tries(made) {
		next.Parts = append(next.Parts, doc.Note{Text: programWord(s.program) + " " + command, Depth: 2})
	}
	return doc.Doc{Sections: []doc.Section{began, next}}
}

// tries are for whoever has seen a pass: one of its conversations, the week, and a page.
func tries(made report.Pass) (commands []string) {
	if len(made.Attention) > 0 {
		commands = append(commands, fmt.Sprintf("explain%s %s", made.Here, made.Attention[0].Key.Conversation))
	}
	week := fmt.Sprintf("report%s --%s \"7d ago\"", made.Here, flagFrom)
	return append(commands, week, week+" --"+flagReport+" week.html")
}

// programWord calls the program again as it was called.
func programWord(program string) string {
	switch {
	case strings.Contains(program, string(filepath.Separator)+"go-build"):
		return "go run ."
	case strings.ContainsRune(program, filepath.Separator):
		return shellPath(program)
	}
	return program
}
