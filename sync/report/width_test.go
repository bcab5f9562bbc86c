package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/decide"
	"acsync/sync/report/doc"
)

// crowded is a pass with every reason for a skip, and many that need a hand.
func crowded() Pass {
	p := mixed()
	p.Notices = nil
	for i, reason := range decide.SkipReasons() {
		p.Reasons[store.Skipped][reason] = 3 + i
	}
	p.Counts[store.Skipped], p.Counts[store.Accepted] = 0, 353
	for _, n := range p.Reasons[store.Skipped] {
		p.Counts[store.Skipped] += n
	}
	p.Attention = nil
	for i := range 17 {
		p.Attention = append(p.Attention, surveysync.Row{
			Key: store.Key{Conversation: fmt.Sprintf("6716500fa1b2c3d4e5f6%04d", i)}, State: store.Rejected, Status: 400,
			Reason: decide.EmployeeNotFound, Message: "Validation Error: Employee not found: ***",
		})
	}
	p.Counts[store.Rejected], p.Reasons[store.Rejected] = 17, map[decide.Reason]int{decide.EmployeeNotFound: 17}
	p.Found = 0
	for _, n := range p.Counts {
		p.Found += n
	}
	return p
}

// TestScreens shows one pass on terminals of several widths: it is never wider.
func TestScreens(t *testing.T) {
	for _, width := range []int{60, 80, 200} {
		for name, pass := range map[string]Pass{"crowded": crowded(), "mixed": mixed()} {
			t.Run(fmt.Sprintf("%s-%d", name, width), func(t *testing.T) {
				var out bytes.Buffer
				must(t, doc.Text(&out, passDoc(pass), doc.Style{Width: width}))
				fits(t, out.String(), width)
				for _, word := range []string{"accepted", "rejected", "in doubt", "skipped", "found", "checkpoint", "exit"} {
					if !strings.Contains(out.String(), word) {
						t.Errorf("%q is not shown", word)
					}
				}
			})
		}
	}
}
