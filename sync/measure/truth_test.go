package measure

import (
	"testing"
	"time"

	"acsync/sync/sandbox"
)

// TestJudge holds that each conversation is counted once, as the worst that came of it.
func TestJudge(t *testing.T) {
	truth := Truth{
		Due:   map[string]bool{"once": true, "twice": true, "thrice": true, "refused": true, "lost": true, "late": true},
		Never: map[string]bool{"spam": true, "kept": true},
	}
	accepted := func(id string) sandbox.Received { return sandbox.Received{ExtInteractionID: id, UUID: "u"} }
	refused := func(id string) sandbox.Received { return sandbox.Received{ExtInteractionID: id, Status: 400} }
	got := truth.Judge([]sandbox.Received{
		accepted("once"), accepted("twice"), accepted("twice"), accepted("thrice"), accepted("thrice"), accepted("thrice"),
		refused("refused"), refused("refused"), refused("late"), accepted("late"), accepted("spam"), accepted("other"),
	})
	want := Verdict{Due: 6, Accepted: 4, Refused: 1, Doubled: 3, Lost: 1, Unwanted: 1}
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestKnow holds that the truth of a time is what the stand-ins have in it, hour by hour, each once.
func TestKnow(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 41, 0, 0, time.UTC)
	stand, err := sandbox.New(sandbox.Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	from, to := now.Add(-150*time.Minute), now.Add(-10*time.Minute)
	truth := Know(stand, from, to)
	due, never := 0, 0
	for _, c := range stand.Conversations(from, to) {
		switch c.Expect {
		case sandbox.Send:
			due++
		case "":
		default:
			never++
		}
	}
	if len(truth.Due) != due || len(truth.Never) != never || due < 150 || never < 20 {
		t.Errorf("%d due and %d not to be asked, want %d and %d", len(truth.Due), len(truth.Never), due, never)
	}
}
