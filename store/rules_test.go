package store

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// everyRecord gives a record of each combination of what the rules look at.
func everyRecord() []Record {
	var list []Record
	for _, state := range States() {
		for _, reason := range []string{"", "rule_error:x", "employee_not_found", ReasonRebuilt} {
			for _, attempts := range []int{0, 1} {
				for _, status := range []int{0, 400} {
					r := Record{State: state, Reason: reason, Resolution: noon, At: noon, Attempts: attempts, Status: status}
					if attempts > 0 || state == Sending {
						r.First, r.Intent = noon, 7
					}
					list = append(list, r)
				}
			}
		}
	}
	return list
}

// What is not settled, nor under way, may be decided and sent, and nothing else: no record is taken for open
// by one rule and for closed by another.
func TestHeldIsOneRule(t *testing.T) {
	key := Key{Conversation: "a"}
	for _, r := range everyRecord() {
		broken := strings.HasPrefix(r.Reason, "rule_error:") && r.State == Rejected && r.Attempts == 0 && r.Status == 0
		settled := (r.State == Accepted || r.State == Rejected || r.State == Dropped) && !broken
		held := settled || r.State == Sending || r.State == InDoubt
		if r.Settled() != settled || r.Held() != held {
			t.Errorf("%+v is settled %v, held %v; want %v, %v", r, r.Settled(), r.Held(), settled, held)
		}
		for what, err := range map[string]error{
			"begun":     MayBegin(key, r),
			"committed": MayCommit(Entry{key, Record{State: Skipped, At: noon}}, r),
			"imported":  MayImport(Entry{key, Record{State: Accepted, At: noon}}, r),
		} {
			if errors.Is(err, ErrRefused) != held || err != nil && !held {
				t.Errorf("%+v cannot be %s: %v; want that refused: %v", r, what, err, held)
			}
		}
	}
}

// A record that says both that nothing was sent and that something was is not imported. What the ledger has
// already may come again.
func TestMayImport(t *testing.T) {
	for _, r := range everyRecord() {
		e := Entry{Key{Conversation: "a"}, r}
		final := r.State == Accepted || r.State == Dropped || r.State == Rejected
		odd := final && r.Reason == "rule_error:x" && r.Attempts == 0 && (r.State != Rejected || r.Status != 0)
		refused := odd || !final && r.State != InDoubt && r.State != Skipped
		if err := MayImport(e, Record{}); errors.Is(err, ErrRefused) != refused || err != nil && !refused {
			t.Errorf("%+v gives %v; want that refused: %v", r, err, refused)
		}
		if err := MayImport(e, r); err != nil && !refused {
			t.Errorf("%+v cannot come again: %v", r, err)
		}
	}
}

// What is over and was not accepted is taken up again, as it was read, and nothing else. Nothing of what it was tried
// before makes it be given up, and the stamps of earlier attempts stay its own.
func TestMayReopen(t *testing.T) {
	for _, old := range everyRecord() {
		for _, to := range States() {
			e := Entry{Key{Conversation: "a"}, old}
			over := (old.State == Rejected || old.State == Dropped) && (to == Retry || to == Accepted)
			if err := MayReopen(e, old, to); errors.Is(err, ErrRefused) == over || err != nil && over {
				t.Errorf("%+v to %s gives %v, want that refused: %v", old, to, err, !over)
			}
			e.At = e.At.Add(time.Second)
			if err := MayReopen(e, old, to); !errors.Is(err, ErrRefused) {
				t.Errorf("%+v was read as %+v, and gives %v", old, e.Record, err)
			}
		}
	}
	for attempts, want := range map[int]int{0: 0, 1: 1, 2: 2, 17: 2} {
		old := Record{State: Rejected, First: noon, Attempts: attempts, Intent: 9, Status: 400}
		got := old.Reopened(Result{State: Retry, At: noon, Due: noon})
		if got != (Record{State: Retry, At: noon, Due: noon, Attempts: want, Intent: 9, Status: 400}) {
			t.Errorf("after %d attempts %+v", attempts, got)
		}
		if got := old.Reopened(Result{State: Accepted, At: noon}); got.First != noon || got.Attempts != attempts {
			t.Errorf("accepted after %d attempts %+v", attempts, got)
		}
	}
}

func TestMayMove(t *testing.T) {
	stands := Backfill{
		From: noon, To: noon.AddDate(0, 1, 0), Position: noon.AddDate(0, 0, 9), Begun: noon.AddDate(0, 2, 0),
	}
	for name, change := range map[string]struct {
		to func(*Backfill)
		ok bool
	}{
		"the same":             {func(*Backfill) {}, true},
		"forward":              {func(b *Backfill) { b.Position = b.To; b.Finished = noon.AddDate(0, 2, 1) }, true},
		"back":                 {func(b *Backfill) { b.Position = noon }, false},
		"back, begun anew":     {func(b *Backfill) { b.Position, b.Begun = noon, b.Begun.Add(time.Second) }, true},
		"begun before":         {func(b *Backfill) { b.Begun = b.Begun.Add(-time.Second) }, false},
		"before its beginning": {func(b *Backfill) { b.Position, b.Begun = noon.Add(-1), b.Begun.Add(time.Second) }, false},
		"beyond its end":       {func(b *Backfill) { b.Position = b.To.Add(time.Millisecond) }, false},
		"without a position":   {func(b *Backfill) { b.Position = time.Time{} }, false},
		"without a beginning":  {func(b *Backfill) { b.Begun = time.Time{} }, false},
	} {
		t.Run(name, func(t *testing.T) {
			moved := stands
			change.to(&moved)
			if err := MayMove(stands, moved); (err == nil) != change.ok || err != nil && !errors.Is(err, ErrRefused) {
				t.Errorf("got %v, want that taken: %v", err, change.ok)
			}
		})
	}
}

func TestMayConvert(t *testing.T) {
	for name, c := range map[string]struct {
		to   Identity
		open map[State]int
		says string
	}{
		"another":          {PerResolution, map[State]int{Accepted: 3}, ""},
		"the same":         {PerConversation, nil, "by conversation already"},
		"none":             {"customer", nil, `by "customer"`},
		"while in doubt":   {PerResolution, map[State]int{InDoubt: 1, Sending: 1}, "2 survey requests are in doubt"},
		"one in doubt":     {PerResolution, map[State]int{InDoubt: 1}, "1 survey request is in doubt"},
		"in doubt, at all": {PerResolution, map[State]int{Sending: 1}, "acsync resolve"},
	} {
		t.Run(name, func(t *testing.T) {
			err := MayConvert(PerConversation, c.to, c.open)
			if taken := c.says == ""; taken != (err == nil) || !taken && !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want what says %q", err, c.says)
			}
		})
	}
}
