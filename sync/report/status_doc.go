package report

import (
	"slices"
	"strings"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/report/doc"
)

// MostNamed is how many conversations an answer on a terminal names of a kind.
const MostNamed = 100

// StatusDoc is the status for people.
func StatusDoc(s Status) doc.Doc {
	return doc.Doc{
		Name: "acsync status", Subject: s.Tenant, Here: s.Here,
		About: []string{"ledger " + s.Ledger + " (" + s.ID + ")"},
		Sections: []doc.Section{
			doc.Titled("", signalTable(s.Signals())), doc.Titled("", ledgerCounts(s)),
			doc.Titled(thousands(s.doubtful())+" in doubt", doubtTable(s, s.doubtful())),
			backfillSection(s.Backfills),
			doc.Titled("Rejected lately", refusedTable(s.Refused)),
		},
	}
}

// signalTones are the tones of levels.
var signalTones = map[string]doc.Tone{SignalOK: doc.Good, SignalLook: doc.Warn, SignalAct: doc.Bad}

// signalTable has a line for each signal, with what to do next below it.
func signalTable(signals []Signal) doc.Table {
	table := doc.Table{
		Class:   "signals",
		Columns: []doc.Column{{Name: "level", Min: 4}, {Name: "what", Min: 10}, {Name: "state"}},
	}
	for _, signal := range signals {
		row := doc.Row{Cells: doc.Texts(strings.ToUpper(signal.Level), signal.Name, signal.Text)}
		row.Cells[0].Tone, row.Cells[2].Below = signalTones[signal.Level], signal.Todo
		table.Rows = append(table.Rows, row)
	}
	return table
}

// ledgerCounts has the conversations of the ledger by disposition. What an expression failed on Agent Connect
// has never refused.
func ledgerCounts(s Status) doc.Part {
	total := s.total()
	if total == 0 {
		return doc.Note{Text: "the ledger is empty"}
	}
	failed := func(r store.Refusal) bool { return decide.Reason(r.Reason).Broken() }
	counts := map[string]int{}
	for state, n := range s.Counts {
		counts[state.String()] = n
	}
	broken := s.Recent.Broken > 0 || slices.ContainsFunc(s.Refused, failed)
	rows := dispositionRows(countDispositions(counts, total, broken), total)
	rows = append(rows, countRow(doc.Sum, "conversations", total, total, "in the ledger, each as it is now"))
	return countsTable("disposition", "The conversations of the ledger", rows)
}

// doubtTable names what is in doubt, of which there are so many.
func doubtTable(s Status, n int) doc.Table {
	table := doc.Table{
		Columns: []doc.Column{{Name: "conversation", Min: 24}, {Name: "reason"}},
		More:    others(len(s.InDoubt), n, ""),
	}
	for _, e := range s.InDoubt {
		table.Add(e.Conversation, ofKind(e.Kind())+e.Reason+", done "+show(e.Record.Resolution))
	}
	return table
}

// backfillSection lists the back-fills that were begun and have not come to their end.
func backfillSection(list []store.Backfill) doc.Section {
	section := doc.Section{Title: "Back-fills that are not finished; the same command goes on"}
	for _, b := range list {
		section.Parts = append(section.Parts, doc.Note{
			Text: "--from " + stamp(b.From) + " --to " + end(b.To), Below: "done up to " + show(b.Position),
			Depth: 2,
		})
	}
	return section
}

// refusedTable lists what was rejected lately.
func refusedTable(refused []store.Refusal) doc.Table {
	table := doc.Table{
		Columns: []doc.Column{{Name: "conversation", Min: 24}, {Name: "reason"}},
		More:    others(min(len(refused), MostNamed), len(refused), "; --json names them"),
	}
	for _, r := range first(refused, MostNamed) {
		table.Add(r.Conversation, ofKind(r.Kind)+r.Reason)
	}
	return table
}
