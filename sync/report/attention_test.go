package report

import (
	"strings"
	"testing"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/decide"
)

// TestHandsOfACalmPass: where all is well, nothing "needs a hand" below that.
func TestHandsOfACalmPass(t *testing.T) {
	for _, test := range []struct {
		rejected int
		want     string
	}{{0, "an be mended"}, {1, "eeds a hand</h2>"}} {
		rows := &Rows{}
		rows.Observe(surveysync.Disposed{Row: surveysync.Row{
			Key: store.Key{Conversation: explainedID}, State: store.Skipped, Reason: decide.MaskedEmail, Resolution: at,
		}})
		p := sending(false, 12, 7, 0)
		p.Counts[store.Rejected] = test.rejected
		r := New(p, Detail{Rows: rows})
		page, markdown := render(t, "html", r), render(t, "md", r)
		if !strings.Contains(page, test.want) || !strings.Contains(markdown, strings.TrimSuffix(test.want, "</h2>")) {
			t.Errorf("%s: no %q", r.Verdict.Level, test.want)
		}
		if test.rejected == 0 && strings.Contains(page+markdown, "eeds a hand\n") {
			t.Errorf("%s, and something needs a hand", r.Verdict.Level)
		}
	}
}
