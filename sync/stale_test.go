package sync

import (
	"testing"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/fetch"
)

// TestStaleAreNamed lets a back-fill of the range that a pass names ask about what it skipped as stale.
func TestStaleAreNamed(t *testing.T) {
	b := newBench(t, 20) // marked done 60 to 79 minutes ago
	b.engine.Options.Policy.MaxAge = 70 * time.Minute
	result := b.mustRun(t)
	if n := result.Reasons[store.Skipped][decide.Stale]; n != 9 || result.Counts[store.Accepted] != 11 {
		t.Fatalf("%d stale, %v", n, result.Counts)
	}
	want := fetch.Window{From: testNow.Add(-79 * time.Minute), To: testNow.Add(-71*time.Minute + time.Millisecond)}
	if result.Stale != want {
		t.Errorf("from %s, want %s", result.Stale, want)
	}
	b.engine.Options.Policy.MaxAge = 0
	b.backfill(result.Stale.From, result.Stale.To)
	if rest := b.mustRun(t); rest.Found != 9 || rest.Counts[store.Accepted] != 9 || !rest.Stale.Empty() {
		t.Errorf("the back-fill: found %d, %v", rest.Found, rest.Counts)
	}
}
