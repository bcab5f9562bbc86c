package sync

import (
	"errors"
	"testing"
	"time"

	"acsync/store"
)

// TestSurveyPer asks about a conversation, which is marked done again.
func TestSurveyPer(t *testing.T) {
	for per, want := range map[store.Identity]int{store.PerConversation: 1, store.PerResolution: 2} {
		t.Run(string(per), func(t *testing.T) {
			b := newBench(t, 1)
			b.engine.Options.SurveyPer = per
			b.mustRun(t)
			b.mustRun(t)
			b.done(0, testNow.Add(-10*time.Minute))
			b.mustRun(t)
			b.mustRun(t)
			if len(b.got) != want {
				t.Errorf("asked %d times, want %d", len(b.got), want)
			}
		})
	}
}

// TestIdentityChange changes the setting on a ledger in use: refused, until the ledger is converted.
func TestIdentityChange(t *testing.T) {
	b := newBench(t, 1)
	b.engine.Options.Overlap = 2 * time.Hour
	b.mustRun(t)
	b.engine.Options.SurveyPer = store.PerResolution
	calls := b.calls["clock"]
	_, err := b.run(t)
	if refused := new(IdentityError); !errors.As(err, &refused) || b.calls["clock"] != calls {
		t.Fatalf("got %v", err)
	}
	if _, err := b.ledger.Convert(store.PerResolution); err != nil {
		t.Fatal(err)
	}
	b.mustRun(t)
	b.mustRun(t)
	if len(b.got) != 1 {
		t.Errorf("the same resolution was asked about %d times", len(b.got))
	}
	b.engine.Options.SurveyPer = store.PerConversation
	if _, err := b.run(t); err == nil {
		t.Error("changed back without a word")
	}
}

// TestIdentityOfAnUnusedLedger: as long as there is nothing in it, there is nothing to confirm.
func TestIdentityOfAnUnusedLedger(t *testing.T) {
	b := newBench(t, 0)
	b.engine.Options.SurveyPer = store.PerResolution
	b.mustRun(t)
	if info, err := b.ledger.Info(); err != nil || info.Identity != store.PerResolution {
		t.Errorf("got %q, %v", info.Identity, err)
	}
}
