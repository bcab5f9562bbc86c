package report

import (
	"bytes"
	"strings"
	"testing"

	"acsync/store"
	surveysync "acsync/sync"
)

// TestResolvedHint: what stays in doubt is decided about in the same ledger, and no line is wider than the screen.
func TestResolvedHint(t *testing.T) {
	settled := []surveysync.Settled{{
		Entry: store.Entry{Key: store.Key{Conversation: explainedID}, Record: store.Record{State: store.InDoubt}}, Before: store.InDoubt,
	}}
	for _, width := range []int{60, 80, 200} {
		var b bytes.Buffer
		must(t, Resolved(&b, settled, " --config other.toml --sandbox", Style{Width: width}))
		fits(t, b.String(), width)
		if !strings.Contains(b.String(), "acsync resolve --config other.toml --sandbox") {
			t.Errorf("%d columns:\n%s", width, b.String())
		}
	}
}
