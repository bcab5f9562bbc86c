package store

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func drawRecord(t *rapid.T) Record {
	states := []State{Scheduled, Accepted, Rejected, Retry, Skipped, Dropped}
	r := Record{
		State:      rapid.SampledFrom(states).Draw(t, "state"),
		Reason:     rapid.SampledFrom([]string{"", RuleErrorPrefix + "x"}).Draw(t, "reason"),
		Resolution: noon.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "resolution")) * time.Hour),
		At:         noon,
		Attempts:   rapid.IntRange(0, 2).Draw(t, "attempts"),
	}
	if r.Attempts > 0 {
		r.Intent = rapid.Uint64Range(1, 1000).Draw(t, "intent")
	}
	return r
}

// TestMerge: what says most stays, in whatever order records are merged, and the stamps of all of them are
// accounted for.
func TestMerge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.Custom(drawRecord), 2, 5).Draw(t, "records")
		merged := list[0]
		settled, waiting := false, false
		for i, r := range list {
			if i > 0 {
				merged = Merge(merged, r)
			}
			settled, waiting = settled || r.Settled(), waiting || r.State.Waiting()
		}
		if merged.Settled() != settled {
			t.Fatalf("settled is %v of %v", merged, list)
		}
		if !settled && merged.State.Waiting() != waiting {
			t.Fatalf("waiting is %v of %v", merged, list)
		}
		for _, r := range list {
			if r.Settled() && r.Resolution.After(merged.Resolution) {
				t.Fatalf("a later resolution than that of %v was settled in %v", merged, list)
			}
			if r.Intent != 0 && merged.Intent != r.Intent && merged.Attempts < 2 {
				t.Fatalf("%v does not account for intent %d of %v", merged, r.Intent, list)
			}
		}
		again := list[len(list)-1]
		for i := len(list) - 2; i >= 0; i-- {
			again = Merge(list[i], again)
		}
		if again != merged {
			t.Fatalf("in another order %v became %v, not %v", list, again, merged)
		}
	})
}

func TestIdentityKey(t *testing.T) {
	plain := Key{Conversation: "a"}
	at := Key{Conversation: "a", Resolution: noon.UnixMilli()}
	recovery := Key{Conversation: "a", Recovery: true}
	waits := Record{State: Scheduled, Resolution: noon}
	told := Record{State: Accepted, Resolution: noon}
	sent := Record{State: Accepted, Resolution: noon, Attempts: 1}
	for name, c := range map[string]struct {
		to   Identity
		from Entry
		want Key
	}{
		"what was asked":          {PerResolution, Entry{plain, sent}, plain},
		"what waits":              {PerResolution, Entry{plain, waits}, at},
		"by resolution already":   {PerResolution, Entry{at, sent}, at},
		"without a resolution":    {PerResolution, Entry{plain, Record{State: Accepted}}, plain},
		"told by others":          {PerResolution, Entry{plain, told}, plain},
		"to the conversation":     {PerConversation, Entry{at, sent}, plain},
		"by conversation already": {PerConversation, Entry{plain, sent}, plain},
		"a recovery":              {PerResolution, Entry{recovery, sent}, recovery},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.to.Key(c.from); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

// TestMergeKeepsWhatOthersTold: what others told (it counts for all resolutions up to its time) keeps that meaning through both conversions.
func TestMergeKeepsWhatOthersTold(t *testing.T) {
	told := Record{State: Accepted, Resolution: noon, At: noon}
	sent := Record{State: Accepted, Resolution: noon.Add(-60e9), At: noon, Attempts: 1, Intent: 3}
	merged := Merge(told, sent)
	if key := PerResolution.Key(Entry{Key{Conversation: "a"}, merged}); key.Resolution != 0 {
		t.Errorf("moved to %v: it counts for its own time alone now", key)
	}
}
