package deliver

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"acsync/store"
	"acsync/sync/decide"
)

// The answers that the tests feed a fuse with.
var (
	taken       = Outcome{State: store.Accepted}
	refusedOne  = Outcome{State: store.Rejected, Reason: decide.InvalidCustomer}
	gaveUp      = Outcome{State: store.Rejected, Reason: decide.GaveUp}
	failure     = Outcome{State: store.InDoubt, Reason: decide.ServerFailure, Status: 503}
	unreachable = Outcome{State: store.Retry, Reason: decide.Unreachable, Message: "refused"}
	gateway     = Outcome{State: store.Retry, Reason: decide.Gateway, Status: 400}
	limited     = Outcome{State: store.Retry, Reason: decide.Limited, Status: 429}
)

// feed has a fuse hear the outcomes of first attempts of different conversations, and fails the test if one of
// them ends the pass.
func feed(t *testing.T, f *fuse, outcomes ...Outcome) {
	t.Helper()
	for _, o := range outcomes {
		f.admit()
		c := decide.Case{Key: store.Key{Conversation: fmt.Sprint(f.admitted)}}
		if err := f.note(c, o, 1); err != nil {
			t.Fatalf("%+v ends the pass: %v", o, err)
		}
	}
}

// times is one outcome several times.
func times(n int, o Outcome) (all []Outcome) {
	for range n {
		all = append(all, o)
	}
	return all
}

// TestInARow counts what fails in a row: that something else came between says that the service was there, and
// one fewer is not enough.
func TestInARow(t *testing.T) {
	for name, tt := range map[string]struct {
		failed  Outcome
		many    int
		between []Outcome // each of which breaks the row
	}{
		"no connection":       {unreachable, failuresInARow, []Outcome{taken, failure, gateway, gaveUp}},
		"a gateway's refusal": {gateway, failuresInARow, []Outcome{taken}},
		"no usable answer":    {failure, failuresInARow, []Outcome{taken}},
		"answered 429":        {limited, limitedInARow, []Outcome{taken, failure, gateway, gaveUp}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFuse(Limits{ErrorRate: 1})
			feed(t, f, append([]Outcome{taken}, times(tt.many-1, tt.failed)...)...)
			if f.Stopped() {
				t.Fatalf("stopped after %d", tt.many-1)
			}
			feed(t, f, tt.failed)
			blown, down, limit := f.StopReasons()
			if !f.Stopped() || blown+down == "" || limit != "" || f.admit() {
				t.Errorf("after %d: blown %q, down %q, limit %q", tt.many, blown, down, limit)
			}
			for _, other := range tt.between {
				f := newFuse(Limits{ErrorRate: 1})
				feed(t, f, append([]Outcome{taken}, times(tt.many-1, tt.failed)...)...)
				feed(t, f, other, tt.failed)
				if f.Stopped() {
					t.Errorf("stopped although %s came between", other.Reason)
				}
			}
		})
	}
}

// TestLostReceiver is taken for down after as many failures in a row, whatever was answered before, so that the
// next pass knocks first; answers 429 come from a service that is up.
func TestLostReceiver(t *testing.T) {
	for _, o := range []Outcome{unreachable, gateway, failure} {
		f := newFuse(Limits{ErrorRate: 1})
		feed(t, f, append([]Outcome{taken}, times(failuresInARow, o)...)...)
		if up, known := f.Receiver(); up || !known {
			t.Errorf("%s: up %t, known %t", o.Reason, up, known)
		}
	}
	f := newFuse(Limits{ErrorRate: 1})
	feed(t, f, append([]Outcome{taken}, times(limitedInARow, limited)...)...)
	if up, known := f.Receiver(); !up || !known {
		t.Errorf("limited: up %t, known %t", up, known)
	}
}

// TestLimitedForLong ends the sending when nothing but 429 has come for as long, however few: only where there
// were many it says to send more slowly.
func TestLimitedForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFuse(Limits{ErrorRate: 1})
		feed(t, f, limited)
		time.Sleep(limitedFor - time.Second)
		feed(t, f, limited)
		if f.Stopped() {
			t.Fatal("stopped too early")
		}
		time.Sleep(time.Second)
		feed(t, f, limited)
		_, down, _ := f.StopReasons()
		if !strings.Contains(down, "429 3 times in a row, for 5m0s") || strings.Contains(down, "lower") {
			t.Errorf("got %q", down)
		}
	})
	f := newFuse(Limits{ErrorRate: 1})
	feed(t, f, times(limitedInARow, limited)...)
	if _, down, _ := f.StopReasons(); !strings.Contains(down, "lower agent_connect.requests_per_minute") {
		t.Errorf("after many at once: %q", down)
	}
}

// TestKnocking sends one request at a time until one is answered. A 429 is neither an answer nor a failure.
func TestKnocking(t *testing.T) {
	f := newFuse(Limits{ErrorRate: 1})
	f.Knock()
	feed(t, f, limited)
	if f.Stopped() || !f.isKnocking() {
		t.Errorf("after 429: stopped %t, knocking %t", f.Stopped(), f.isKnocking())
	}
	feed(t, f, taken)
	if f.Stopped() || f.isKnocking() {
		t.Errorf("after an answer: stopped %t, knocking %t", f.Stopped(), f.isKnocking())
	}
	for _, o := range []Outcome{failure, gateway, unreachable} {
		f = newFuse(Limits{ErrorRate: 1})
		f.Knock()
		if feed(t, f, o); !f.Stopped() {
			t.Errorf("not stopped by the first %s", o.Reason)
		}
	}
}

// TestAlikeEndsWithAnother takes back the requests that were all rejected for one reason only where that ended
// the pass: not where others had another answer, and something else ended it.
func TestAlikeEndsWithAnother(t *testing.T) {
	f := newFuse(Limits{ErrorRate: 0.5})
	feed(t, f, times(enoughAlike, refusedOne)...)
	if n := len(f.Alike()); n != enoughAlike || !f.Stopped() {
		t.Errorf("%d are alike, stopped %t", n, f.Stopped())
	}
	f = newFuse(Limits{ErrorRate: 1})
	if feed(t, f, times(enoughAlike, refusedOne)...); f.Stopped() {
		t.Error("stopped by rejections, of which any share is to do")
	}
	feed(t, f, times(failuresInARow, failure)...)
	if n := len(f.Alike()); n != 0 || !f.Stopped() {
		t.Errorf("%d are alike, stopped %t", n, f.Stopped())
	}
}

// TestFewAlike takes back nothing where the pass ended for its number alone, whatever the few answers were.
func TestFewAlike(t *testing.T) {
	f := newFuse(Limits{ErrorRate: 0.5, Requests: enoughAlike - 1})
	feed(t, f, times(enoughAlike-1, refusedOne)...)
	if f.admit() || len(f.Alike()) > 0 {
		t.Errorf("%d are alike", len(f.Alike()))
	}
}

// TestRemainder says that the rejections need not tell of a fault where most of the requests, not a half of
// them, are of the range that was taken over.
func TestRemainder(t *testing.T) {
	from := time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC)
	for left, want := range map[int]bool{enoughToJudge / 2: false, enoughToJudge/2 + 1: true} {
		f := newFuse(Limits{ErrorRate: 0.2})
		f.TookOver(from, from.Add(time.Hour))
		for i := range enoughToJudge {
			c := decide.Case{Key: store.Key{Conversation: fmt.Sprint(i)}}
			if c.Known.Resolution = from.Add(time.Hour); i < left {
				c.Known.Resolution = from
			}
			o := refusedOne
			if i%2 > 0 {
				o = taken
			}
			if err := f.note(c, o, 1); err != nil {
				t.Fatal(err)
			}
		}
		blown, _, _ := f.StopReasons()
		if !strings.Contains(blown, "20 of 40") || strings.Contains(blown, "taken over") != want {
			t.Errorf("with %d of %d left: %q", left, enoughToJudge, blown)
		}
	}
}

// TestLooksOfTheUnrecognised names what the first answers looked like, of different ones two.
func TestLooksOfTheUnrecognised(t *testing.T) {
	f := newFuse(Limits{ErrorRate: 1})
	for i := range failuresInARow {
		feed(t, f, Outcome{
			State: store.InDoubt, Reason: decide.Unrecognised, Status: 200, Message: fmt.Sprintf("page %d", i/2),
		})
	}
	blown, _, _ := f.StopReasons()
	if !strings.Contains(blown, "200 with page 0 and 200 with page 1;") || strings.Contains(blown, "page 2") {
		t.Errorf("got %q", blown)
	}
}

// TestVain believes the service less and less: as long as it takes others, what fails again is about itself; after
// as many in a row that got nowhere it is not.
func TestVain(t *testing.T) {
	parked := Outcome{State: store.Retry, Reason: decide.Gateway, Status: 400}
	give := func(f *fuse) bool {
		return f.seen(parked, store.Record{}, decide.MostAttempts).Reason == decide.GaveUp
	}
	for name, tt := range map[string]struct {
		vain int
		o    Outcome
		want bool
	}{
		"few":                 {mostInVain - 1, taken, false},
		"many":                {mostInVain, taken, true},
		"a rejection between": {mostInVain, refusedOne, false},
	} {
		f := newFuse(Limits{ErrorRate: 1})
		if feed(t, f, taken); !give(f) {
			t.Errorf("%s: is not given up while others are taken", name)
		}
		for i := range tt.vain {
			if i == tt.vain-1 && tt.o != taken {
				feed(t, f, tt.o)
			}
			key := store.Key{Conversation: fmt.Sprint("old", i)}
			if err := f.note(decide.Case{Key: key}, failure, oftenTried); err != nil {
				t.Fatal(err)
			}
		}
		if got := !give(f); got != tt.want {
			t.Errorf("%s: not given up: %t, want %t", name, got, tt.want)
		}
	}
	// What says nothing of anybody's answer leaves all as it is; what is given up is no answer.
	f := newFuse(Limits{ErrorRate: 1})
	feed(t, f, taken)
	for range mostInVain {
		feed(t, f, limited)
	}
	if !give(f) {
		t.Error("429 counts as in vain")
	}
	for i := range mostInVain {
		if err := f.note(decide.Case{Key: store.Key{Conversation: fmt.Sprint(i)}}, gaveUp, 2); err != nil {
			t.Fatal(err)
		}
	}
	if give(f) {
		t.Error("giving up counts as an answer")
	}
}

// TestAtMost is the smaller of two limits, where there are two.
func TestAtMost(t *testing.T) {
	for l, want := range map[Limits]int{
		{}: 0, {Max: 3}: 3, {Requests: 4}: 4, {Max: 3, Requests: 4}: 3, {Max: 5, Requests: 4}: 4,
	} {
		if got := l.AtMost(); got != want {
			t.Errorf("%+v: got %d, want %d", l, got, want)
		}
	}
}

// TestFailsAgain takes what fails again while others are taken for its own fault, but not without end, and not
// before anybody was answered.
func TestFailsAgain(t *testing.T) {
	for first, want := range map[*Outcome]int{nil: failuresInARow, &taken: mostInVain + failuresInARow} {
		f, n := newFuse(Limits{ErrorRate: 1}), 0
		if first != nil {
			feed(t, f, *first)
		}
		for ; !f.Stopped() && n < 100; n++ {
			key := store.Key{Conversation: fmt.Sprint("old", n)}
			if err := f.note(decide.Case{Key: key}, failure, oftenTried); err != nil {
				t.Fatal(err)
			}
		}
		if n != want {
			t.Errorf("after %v: stopped by %d, want %d", first, n, want)
		}
	}
	// One that is taken at last counts like any other.
	f := newFuse(Limits{ErrorRate: 1})
	feed(t, f, append(times(failuresInARow-1, failure), taken)...)
	feed(t, f, times(failuresInARow-1, failure)...)
	if err := f.note(decide.Case{}, taken, oftenTried); err != nil {
		t.Fatal(err)
	}
	if feed(t, f, failure); f.Stopped() {
		t.Error("a late success does not break the row")
	}
}

// TestForbiddenAlone believes that a key is good that was refused for the same requests before, and for others was
// not; but not for as many as fail in a row otherwise.
func TestForbiddenAlone(t *testing.T) {
	forbidden := Outcome{State: store.Retry, Reason: decide.Forbidden, Status: 401}
	for proven, want := range map[bool]int{true: mostInVain - 1 + refusedInARow, false: mostInVain - 1 + refusedAtFirst} {
		f, n := newFuse(Limits{ErrorRate: 1}), 1
		if proven {
			f.Proven()
		}
		for ; n < 100; n++ {
			key := store.Key{Conversation: fmt.Sprint(n)}
			if f.note(decide.Case{Key: key}, forbidden, 2) != nil {
				break
			}
		}
		if n != want {
			t.Errorf("proven %t: refused at the %dth, want the %dth", proven, n, want)
		}
	}
}

// TestWhatTellsOfTheReceiver takes a failure for one of Agent Connect's where it is no request's own: a first attempt,
// no connection, or one that was sent to find out.
func TestWhatTellsOfTheReceiver(t *testing.T) {
	for name, tt := range map[string]struct {
		o       Outcome
		attempt int
		knock   bool
		known   bool
	}{
		"a first attempt":             {failure, 1, false, true},
		"one that failed before":      {failure, 2, false, false},
		"no connection":               {unreachable, 2, false, true},
		"no connection at first":      {unreachable, 1, false, true},
		"one that failed, to knock":   {failure, 2, true, true},
		"one that says nothing of it": {limited, 1, false, false},
	} {
		f := newFuse(Limits{ErrorRate: 1})
		if tt.knock {
			f.Knock()
		}
		if err := f.note(decide.Case{}, tt.o, tt.attempt); err != nil {
			t.Fatal(err)
		}
		if up, known := f.Receiver(); up || known != tt.known {
			t.Errorf("%s: up %t, known %t", name, up, known)
		}
	}
}
