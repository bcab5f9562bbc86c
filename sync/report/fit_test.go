package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/decide"
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

// TestScreens shows one pass on terminals of several sizes: it is never wider, and on one of 24 lines nothing scrolls away.
func TestScreens(t *testing.T) {
	for _, size := range []struct{ width, height int }{{60, 24}, {80, 24}, {80, 40}, {80, 0}, {200, 50}} {
		for name, pass := range map[string]Pass{"crowded": crowded(), "mixed": mixed()} {
			t.Run(fmt.Sprintf("%s-%dx%d", name, size.width, size.height), func(t *testing.T) {
				var out bytes.Buffer
				if err := Table(&out, pass, Style{Width: size.width, Height: size.height}); err != nil {
					t.Fatal(err)
				}
				golden(t, fmt.Sprintf("screen-%s-%dx%d.txt", name, size.width, size.height), out.Bytes())
				if lines := strings.Count(out.String(), "\n"); size.height > 0 && lines >= size.height {
					t.Errorf("%d lines on a screen of %d", lines, size.height)
				}
				for line := range strings.Lines(out.String()) {
					if width := utf8.RuneCountInString(strings.TrimRight(line, "\n")); width > size.width {
						t.Errorf("%d columns: %s", width, line)
					}
				}
				for _, word := range []string{"accepted", "rejected", "in doubt", "skipped", "found", "checkpoint", "exit"} {
					if !strings.Contains(out.String(), word) {
						t.Errorf("%q is not shown", word)
					}
				}
			})
		}
	}
}
