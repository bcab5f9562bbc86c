package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/report/doc"
)

// parked is a ledger with so many in doubt that nobody but the operator settles, beside much else.
func parked(n int) Status {
	s := status()
	s.Asks, s.InDoubt, s.Counts[store.InDoubt], s.Counts[store.Sending] = false, nil, n, 0
	for i := range n {
		s.InDoubt = append(s.InDoubt, store.Entry{
			Key:    store.Key{Conversation: fmt.Sprintf("6716500fa1b2c3d4e5f7%04d", i)},
			Record: store.Record{State: store.InDoubt, Reason: "server_failure", Resolution: at.Add(-2 * time.Hour), At: at.Add(-time.Hour)},
		})
	}
	for range 4 {
		s.Backfills = append(s.Backfills, store.Backfill{From: at.AddDate(0, -1, 0), To: at, Position: at.AddDate(0, 0, -1)})
	}
	return s
}

// TestStatusNamesWhatIsUrgent: the ids that have to be looked up stand there, below what says so, at every width.
func TestStatusNamesWhatIsUrgent(t *testing.T) {
	for _, width := range []int{60, 80} {
		for _, n := range []int{1, 2, 20} {
			var b bytes.Buffer
			must(t, doc.Text(&b, StatusDoc(parked(n)), doc.Style{Width: width}))
			fits(t, b.String(), width)
			_, below, found := strings.Cut(b.String(), "the ids below")
			if got := strings.Count(below, "6716500fa1b2c3d4e5f7"); !found || got != n {
				t.Errorf("%d at %d columns: %d are named\n%s", n, width, got, b.String())
			}
		}
	}
}

// TestDoubtTimes shows when it was marked done on every screen.
func TestDoubtTimes(t *testing.T) {
	for _, width := range []int{60, 64, 72, 80, 120} {
		for _, recovery := range []bool{false, true} {
			s := parked(1)
			s.InDoubt[0].Recovery = recovery
			var b bytes.Buffer
			must(t, doc.Text(&b, StatusDoc(s), doc.Style{Width: width}))
			fits(t, b.String(), width)
			if !strings.Contains(strings.Join(strings.Fields(b.String()), " "), "2026-11-22 18:15:00 UTC") {
				t.Errorf("%d columns:\n%s", width, b.String())
			}
		}
	}
}

// TestWhoAsks: no pass asks about a request before Agent Connect's data must show it.
func TestWhoAsks(t *testing.T) {
	for name, test := range map[string]struct {
		due  []time.Duration
		want string
	}{
		"not yet":           {[]time.Duration{5 * time.Minute, 3 * time.Minute}, "passes ask Agent Connect from 20:18:00 UTC on; acsync resolve does now"},
		"one of them":       {[]time.Duration{5 * time.Minute, -time.Minute}, "the next pass asks Agent Connect; acsync resolve does now"},
		"an intent is open": {nil, "the next pass asks Agent Connect; acsync resolve does now"},
	} {
		s := parked(len(test.due))
		s.Asks, s.Counts[store.Sending] = true, 1
		for i, due := range test.due {
			s.InDoubt[i].Due = at.Add(due)
		}
		if got := doubtSignal(s).Todo; got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// TestStatusOfAnEmptyLedger has no table of nothing.
func TestStatusOfAnEmptyLedger(t *testing.T) {
	s := status()
	s.Counts, s.InDoubt, s.Refused = nil, nil, nil
	var b bytes.Buffer
	must(t, doc.Text(&b, StatusDoc(s), doc.Style{Width: 80}))
	if !strings.HasSuffix(b.String(), "\n\nthe ledger is empty\n") {
		t.Error(b.String())
	}
}

// TestStatusDoesNotBlame: what an expression failed on Agent Connect has never refused.
func TestStatusDoesNotBlame(t *testing.T) {
	s := status()
	for want, refused := range map[string][]store.Refusal{
		"Agent Connect refused it for good": {{Reason: string(decide.BrandRefused)}},
		refusedOrFailed:                     {{Reason: string(decide.BrandRefused)}, {Reason: "rule_error:vip"}},
	} {
		s.Refused = refused
		var b bytes.Buffer
		must(t, doc.Text(&b, StatusDoc(s), doc.Style{Width: 80}))
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}
