package report

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"acsync/store"
	"acsync/sync/report/doc"
	"acsync/sync/verify"
)

// TestResolvedHint: what stays in doubt is decided about in the same ledger, and no line is wider than the screen.
func TestResolvedHint(t *testing.T) {
	settled := []verify.Settled{{
		Entry: store.Entry{Key: store.Key{Conversation: explainedID}, Record: store.Record{State: store.InDoubt}}, Before: store.InDoubt,
	}}
	for _, width := range []int{60, 80, 200} {
		var b bytes.Buffer
		must(t, doc.Text(&b, ResolvedDoc(settled, "acme", " --config other.toml --sandbox"), doc.Style{Width: width}))
		fits(t, b.String(), width)
		if !strings.Contains(b.String(), "acsync resolve --config other.toml --sandbox") {
			t.Errorf("%d columns:\n%s", width, b.String())
		}
	}
}

// TestWhatStaysInDoubt tells apart what Agent Connect's data could not be asked about, what they need not
// show yet, and what they do not tell. Only of the last somebody is told to decide, because what is sent
// again may be a second mail.
func TestWhatStaysInDoubt(t *testing.T) {
	until := time.Date(2026, 11, 22, 12, 5, 0, 0, time.UTC)
	of := func(standings ...verify.Standing) (settled []verify.Settled) {
		for _, s := range standings {
			settled = append(settled, verify.Settled{
				Entry:  store.Entry{Key: store.Key{Conversation: explainedID}, Record: store.Record{State: store.InDoubt}},
				Before: store.InDoubt, Standing: s, Until: until,
			})
		}
		return settled
	}
	for name, c := range map[string]struct {
		settled      []verify.Settled
		want, absent []string
	}{
		"nothing":     {nil, []string{"Nothing is in doubt"}, []string{"unresolved", "--resend"}},
		"not asked":   {of(verify.Unasked), []string{"could not be asked", "asks again"}, []string{"not among", "--resend"}},
		"too early":   {of(verify.TooEarly), []string{"need not show it before 2026-11-22 12:05:00 UTC", "from 2026-11-22 12:05:00 UTC on"}, []string{"not among", "--resend"}},
		"taken over":  {of(verify.TakenOver), []string{"was cut off, and may be sending it", "from 2026-11-22 12:05:00 UTC on"}, []string{"not among", "--resend"}},
		"not shown":   {of(verify.Unproven), []string{"not among Agent Connect's data", "--accept, --resend or --drop"}, []string{"could not be asked"}},
		"may be this": {of(verify.Unclear), []string{"may be this one", "--resend"}, []string{"not among"}},
		"another key": {of(verify.OtherKey), []string{"another API key", "--resend"}, []string{"not among"}},
		"some of each": {
			of(verify.TooEarly, verify.Unproven), []string{"2 unresolved", "too early", "--resend"}, []string{"could not be read"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var people, programs bytes.Buffer
			must(t, doc.Text(&people, ResolvedDoc(c.settled, "acme", ""), doc.Style{Width: 500}))
			must(t, ResolvedJSON(&programs, c.settled))
			for _, want := range c.want {
				if !strings.Contains(people.String(), want) {
					t.Errorf("%q is not in:\n%s", want, people.String())
				}
			}
			for _, absent := range c.absent {
				if strings.Contains(people.String(), absent) {
					t.Errorf("%q is in:\n%s", absent, people.String())
				}
			}
			for _, s := range c.settled {
				if !strings.Contains(programs.String(), `"standing":"`+string(s.Standing)+`"`) {
					t.Errorf("%s is not in:\n%s", s.Standing, programs.String())
				}
			}
			waits := strings.Contains(people.String(), "need not show it") || strings.Contains(people.String(), "may be sending it")
			if early := strings.Contains(programs.String(), `"until"`); early != waits {
				t.Errorf("got %s", programs.String())
			}
		})
	}
}
