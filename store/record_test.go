package store

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

// waits is a record that can be kept as it is.
func waits(state State) Record {
	r := Record{State: state, Resolution: noon, At: noon, Due: noon, First: noon, Attempts: 1, Intent: 7}
	if !state.Waiting() {
		r.Due = time.Time{}
	}
	return r
}

// TestNormalize rounds times down to what a ledger keeps, gives what waits a due time and nothing else, and
// refuses what cannot be.
func TestNormalize(t *testing.T) {
	east := time.FixedZone("east", 3*3600)
	for name, tt := range map[string]struct {
		change func(*Record)
		want   func(*Record) // of the record that is kept; nil: it is refused
	}{
		"as it is":         {func(*Record) {}, func(*Record) {}},
		"finer":            {func(r *Record) { r.Resolution = noon.Add(1_999_999); r.At = noon.Add(999_999_999) }, func(r *Record) { r.Resolution = noon.Add(time.Millisecond) }},
		"elsewhere":        {func(r *Record) { r.Due, r.First = noon.In(east), noon.In(east) }, func(*Record) {}},
		"at once":          {func(r *Record) { r.Due, r.At = time.Time{}, noon.Add(time.Hour) }, func(r *Record) { r.Due, r.At = noon.Add(time.Hour), noon.Add(time.Hour) }},
		"over":             {func(r *Record) { r.State = Rejected }, func(r *Record) { r.State, r.Due = Rejected, time.Time{} }},
		"given up by hand": {func(r *Record) { r.State = Dropped }, func(r *Record) { r.State, r.Due = Dropped, time.Time{} }},
		"never tried":      {func(r *Record) { r.Attempts = 0 }, func(r *Record) { r.Attempts = 0 }},
		"a reason as long as may be": {
			func(r *Record) { r.Reason = strings.Repeat("x", MaxReason) }, func(r *Record) { r.Reason = strings.Repeat("x", MaxReason) },
		},
		"a doubt":  {func(r *Record) { r.State, r.Doubt = InDoubt, 9 }, func(r *Record) { r.State, r.Doubt = InDoubt, 9 }},
		"no doubt": {func(r *Record) { r.Doubt = 9 }, func(*Record) {}},
		"a long reason": {
			func(r *Record) { r.Reason = strings.Repeat("x", 500) }, func(r *Record) { r.Reason = strings.Repeat("x", MaxReason) },
		},
		"the limits": {
			func(r *Record) { r.Attempts, r.Status = math.MaxInt32, math.MaxInt32 },
			func(r *Record) { r.Attempts, r.Status = math.MaxInt32, math.MaxInt32 },
		},
		"no resolution":      {func(r *Record) { r.Resolution = time.Time{} }, func(r *Record) { r.Resolution = time.Time{} }},
		"the first year":     {func(r *Record) { r.Resolution = time.Date(2, 1, 1, 0, 0, 0, 0, time.UTC) }, func(r *Record) { r.Resolution = time.Date(2, 1, 1, 0, 0, 0, 0, time.UTC) }},
		"the last year":      {func(r *Record) { r.Due = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC) }, func(r *Record) { r.Due = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC) }},
		"before any year":    {func(r *Record) { r.Resolution = time.Date(1, 6, 1, 0, 0, 0, 0, time.UTC) }, nil},
		"after any year":     {func(r *Record) { r.Due = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }, nil},
		"no state":           {func(r *Record) { r.State = Unknown }, nil},
		"a state of later":   {func(r *Record) { r.State = Dropped + 1 }, nil},
		"no time":            {func(r *Record) { r.At = time.Time{} }, nil},
		"attempts below 0":   {func(r *Record) { r.Attempts = -1 }, nil},
		"too many attempts":  {func(r *Record) { r.Attempts = math.MaxInt32 + 1 }, nil},
		"a status below 0":   {func(r *Record) { r.Status = -1 }, nil},
		"too great a status": {func(r *Record) { r.Status = math.MaxInt32 + 1 }, nil},
	} {
		r, want := waits(Retry), waits(Retry)
		tt.change(&r)
		got, err := r.Normalize()
		if tt.want == nil {
			if err == nil {
				t.Errorf("%s: it is taken: %+v", name, got)
			}
			continue
		}
		if tt.want(&want); err != nil || got != want {
			t.Errorf("%s: got %+v, %v, want %+v", name, got, err, want)
		}
	}
}

// TestExpired forgets what is over or skipped and old, by both of its times; never what was erased on request.
func TestExpired(t *testing.T) {
	before := noon.Add(time.Hour)
	for _, state := range States() {
		over := state == Accepted || state == Rejected || state == Dropped || state == Skipped
		if r := waits(state); r.Expired(before) != over {
			t.Errorf("what is %s expires: %t", state, r.Expired(before))
		}
	}
	for name, change := range map[string]func(*Record){
		"marked done at that time": func(r *Record) { r.Resolution = before },
		"written at that time":     func(r *Record) { r.At = before },
		"erased":                   func(r *Record) { r.State, r.Reason = Dropped, ReasonErased },
	} {
		r := waits(Accepted)
		if change(&r); r.Expired(before) {
			t.Errorf("%s: it expires", name)
		}
	}
}

// TestIntentAndOutcome goes through the life of a record: the first attempt is remembered, what never left was
// none, and a decision does not lose what was attempted.
func TestIntentAndOutcome(t *testing.T) {
	later := noon.Add(time.Hour)
	scheduled := Record{State: Scheduled, Reason: "delayed", Resolution: noon, At: noon, Due: noon}
	first := Intent{Number: 7, Attempt: 1, Before: scheduled}
	sending := scheduled.Sending(first, noon, later)
	if want := (Record{State: Sending, Resolution: noon, At: later, First: later, Attempts: 1, Intent: 7}); sending != want {
		t.Errorf("began as %+v", sending)
	}
	if back := sending.Finished(first, Result{State: Scheduled, At: later}); back != scheduled {
		t.Errorf("what never left is %+v", back)
	}
	due := later.Add(time.Hour)
	retry := sending.Finished(first, Result{State: Retry, Reason: "limited", Status: 429, At: due, Due: due})
	want := Record{State: Retry, Reason: "limited", Resolution: noon, At: due, Due: due, First: later, Attempts: 1, Status: 429, Intent: 7}
	if retry != want {
		t.Errorf("turned away it is %+v", retry)
	}
	again := retry.Sending(Intent{Number: 9, Attempt: 2}, noon, due)
	if !again.First.Equal(later) || again.Attempts != 2 || again.Intent != 9 {
		t.Errorf("the second attempt is %+v", again)
	}
	skipped := Record{State: Skipped, Reason: "reopened", Resolution: noon, At: due}
	if got := retry.Decided(skipped); got.State != Skipped || !got.First.Equal(later) || got.Attempts != 1 || got.Intent != 7 {
		t.Errorf("decided anew it is %+v", got)
	}
	if got := scheduled.Decided(skipped); got != skipped {
		t.Errorf("without an attempt it is %+v", got)
	}
	if got := scheduled.Decided(retry); got != retry {
		t.Errorf("what brings its attempts along is %+v", got)
	}
}

// TestDated keeps when a doubt arose, and gives one that does not tell that the latest moment.
func TestDated(t *testing.T) {
	doubt := Record{State: InDoubt, At: noon}
	for name, tt := range map[string]struct {
		r, old Record
		want   uint64
	}{
		"a new doubt":              {doubt, Record{State: Sending}, 40},
		"one that goes on":         {doubt, Record{State: InDoubt, Doubt: 12}, 12},
		"one that tells no moment": {doubt, Record{State: InDoubt}, 40},
		"of a retry that had one":  {doubt, Record{State: Retry, Doubt: 12}, 40},
		"no doubt":                 {Record{State: Accepted}, Record{State: InDoubt, Doubt: 12}, 0},
	} {
		if got := tt.r.Dated(tt.old, 40).Doubt; got != tt.want {
			t.Errorf("%s: got %d, want %d", name, got, tt.want)
		}
	}
}

// TestLate goes by both clocks of a machine, whichever stood still.
func TestLate(t *testing.T) {
	now := time.Now()
	for name, tt := range map[string]struct {
		by   time.Time
		want bool
	}{
		"at any time":   {time.Time{}, false},
		"in time":       {now.Add(time.Minute), false},
		"just in time":  {now, false},
		"too late":      {now.Add(-time.Nanosecond), true},
		"by the wall's": {now.Add(-time.Minute).Round(0), true},
	} {
		if got := (Intent{SendBy: tt.by}).Late(now); got != tt.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// TestStamps tells a rehearsal's stamp from another, however it was changed on its way.
func TestStamps(t *testing.T) {
	real, rehearsal := Intent{Ledger: "0123456789abcdef", Number: 0x1f}, Intent{Ledger: "0123456789abcdef", Number: 0x1f, Rehearsal: true}
	if got := real.String(); got != "0123456789abcdef-1f" || Rehearsed(got) {
		t.Errorf("got %s, of a rehearsal: %t", got, Rehearsed(got))
	}
	if got := " " + strings.ToUpper(rehearsal.String()) + "\n"; !Rehearsed(got) || !strings.Contains(got, "1F") {
		t.Errorf("got %q, of a rehearsal: %t", got, Rehearsed(got))
	}
}

// TestMergedSaysMost keeps of two records of one conversation the one that says most, whichever comes first, and
// adds up what Agent Connect may have.
func TestMergedSaysMost(t *testing.T) {
	// What nothing was decided about says less than a skip, however late it is.
	undecided := Record{State: Rejected, Reason: ReasonUnreadable, Resolution: noon.Add(time.Hour), At: noon}
	order := []Record{ // from the least to the most
		undecided, waits(Skipped), waits(Scheduled), waits(InDoubt), waits(Accepted),
	}
	for i, less := range order {
		for _, more := range order[i+1:] {
			for _, got := range []Record{Merge(less, more), Merge(more, less)} {
				if got.State != more.State {
					t.Errorf("of %s and %s %s stays", less.State, more.State, got.State)
				}
			}
		}
	}
	later, doubt := waits(Retry), waits(Retry)
	later.Resolution, later.Intent, doubt.Intent = noon.Add(time.Hour), 5, 9
	for _, got := range []Record{Merge(later, doubt), Merge(doubt, later)} {
		if !got.Resolution.Equal(later.Resolution) || got.Attempts != 2 || got.Intent != 9 {
			t.Errorf("of two equals %+v stays", got)
		}
	}
	// What is settled keeps its own number.
	settled := waits(Accepted)
	settled.Intent = 5
	if got := Merge(settled, doubt); got.Attempts != 2 || got.Intent != 5 {
		t.Errorf("settled: %+v", got)
	}
	// A request that was counted by nobody, imported for one, is one all the same; a decision alone is none.
	imported := Record{State: Accepted, Resolution: noon, At: noon}
	if got := Merge(waits(Retry), imported); got.Attempts != 2 {
		t.Errorf("with an imported one there are %d", got.Attempts)
	}
	if got := Merge(waits(Retry), Record{State: Skipped, At: noon}); got.Attempts != 1 {
		t.Errorf("with a skipped one there are %d", got.Attempts)
	}
	if got := Merge(imported, Record{State: Skipped, At: noon}); got != imported {
		t.Errorf("an imported one beside a skipped one is %+v", got)
	}
}

// TestMayAdvance moves a checkpoint forward, within the calendar.
func TestMayAdvance(t *testing.T) {
	for name, tt := range map[string]struct {
		to time.Time
		ok bool
	}{
		"forward":             {noon.Add(time.Millisecond), true},
		"nowhere":             {noon, true},
		"back":                {noon.Add(-time.Millisecond), false},
		"in the last year":    {time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC), true},
		"beyond the calendar": {time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), false},
	} {
		if err := MayAdvance(noon, tt.to); (err == nil) != tt.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	for off, ok := range map[time.Duration]bool{-time.Second: true, 0: true, time.Millisecond: false} {
		if err := MayPrune(noon.Add(off), noon); (err == nil) != ok {
			t.Errorf("prune %s from the checkpoint: %v", off, err)
		}
	}
}

// TestMayFinish takes the outcome of the very intent that is open, and only a state in which one ends.
func TestMayFinish(t *testing.T) {
	open := Record{State: Sending, Intent: 7}
	i := Intent{Ledger: "l", Number: 7}
	for _, to := range append(States(), Unknown) {
		ends := to == Accepted || to == Rejected || to == Retry || to == InDoubt || to == Scheduled
		if err := MayFinish(i, "l", open, to); (err == nil) != ends {
			t.Errorf("as %s: %v", to, err)
		}
		settles := ends || to == Dropped
		if err := MaySettle(Key{}, 7, Record{State: InDoubt, Intent: 7}, to); (err == nil) != settles {
			t.Errorf("settled as %s: %v", to, err)
		}
	}
	for name, err := range map[string]error{
		"of another number":    MayFinish(Intent{Ledger: "l", Number: 8}, "l", open, Accepted),
		"of another ledger":    MayFinish(i, "other", open, Accepted),
		"that is closed":       MayFinish(i, "l", Record{State: InDoubt, Intent: 7}, Accepted),
		"a doubt of another":   MaySettle(Key{}, 8, Record{State: InDoubt, Intent: 7}, Accepted),
		"what is not in doubt": MaySettle(Key{}, 7, Record{State: Retry, Intent: 7}, Accepted),
	} {
		if err == nil {
			t.Errorf("%s: it is taken", name)
		}
	}
	if err := MayCommit(Entry{Record: Record{State: Sending}}, Record{}); err == nil {
		t.Error("a decision is taken that only an intent makes")
	}
}

// TestNamesOfStates has a name for each state, and for one of a later version.
func TestNamesOfStates(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range append(States(), Unknown, Dropped+1, 255) {
		if name := s.String(); name == "" || seen[name] {
			t.Errorf("state %d is %q", uint8(s), name)
		} else {
			seen[name] = true
		}
	}
	if len(seen) != int(Dropped)+3 || !seen["state(255)"] {
		t.Errorf("the names are %v", seen)
	}
}

// TestErasedIsOver takes up again nothing that was erased.
func TestErasedIsOver(t *testing.T) {
	e := Entry{Key{Conversation: "a"}, ErasedAt(noon)}
	for _, to := range States() {
		if err := MayReopen(e, e.Record, to); !errors.Is(err, ErrRefused) {
			t.Errorf("to %s: %v", to, err)
		}
	}
	if e.Expired(noon.AddDate(99, 0, 0)) {
		t.Error("it expires")
	}
}
