package verify

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
)

const (
	ledgerID   = "89abcdef01234567"
	doubtfulID = "6716500fa1b2c3d4e5f60001"
)

// askedLedger is the ledger whose doubts are compared with data.
var askedLedger = store.Info{ID: ledgerID, Intents: 0x30}

func TestVerdict(t *testing.T) {
	stamp := func(n uint64) string { return fmt.Sprintf("%s-%x", ledgerID, n) }
	since := func(d time.Duration) time.Time { return testNow.Add(-d) }
	// In doubt for 20 minutes, as the 29th intent, and first tried 30 minutes ago.
	doubtful := store.Entry{
		Key: store.Key{Conversation: doubtfulID},
		Record: store.Record{
			State: store.InDoubt, Reason: "no_answer", Resolution: since(time.Hour), At: since(20 * time.Minute), First: since(30 * time.Minute),
			Attempts: 2, Intent: 0x1d, Doubt: 0x1d, Status: 500,
		},
	}
	later := agentconnect.Interaction{ExtInteractionID: "6716500fa1b2c3d4e5f60002", Intent: stamp(0x1e), CreatedAt: since(19 * time.Minute)}
	its := func(stamp string, age time.Duration) agentconnect.Interaction {
		return agentconnect.Interaction{ExtInteractionID: doubtfulID, Intent: stamp, CreatedAt: since(age)}
	}
	byResolution := func(attempts int) func(*store.Entry) {
		return func(e *store.Entry) { e.Key.Resolution, e.Attempts = since(time.Hour).UnixMilli(), attempts }
	}
	const wait = 5 * time.Minute
	tests := []struct {
		name    string
		change  func(*store.Entry)
		ledger  func(*store.Info)
		sibling uint64 // the intent of another resolution that the ledger knows; 0 for none
		rows    []agentconnect.Interaction
		err     error
		want    store.State
	}{
		{name: "its stamp, on a recovery", rows: []agentconnect.Interaction{{ExtInteractionID: doubtfulID, Intent: stamp(0x1d), CreatedAt: since(21 * time.Minute), Recovery: true}, later}, want: store.Accepted},
		{name: "its stamp, below another interaction", rows: []agentconnect.Interaction{{ExtInteractionID: doubtfulID, Intent: stamp(0x1d), CreatedAt: since(21 * time.Minute), Recovery: true, Parent: "p"}, later}, want: store.Accepted},
		{name: "its stamp in capitals, padded", rows: []agentconnect.Interaction{{ExtInteractionID: " " + doubtfulID + " ", Intent: strings.ToUpper(stamp(0x1d)) + " "}}, want: store.Accepted},
		{name: "its stamp, sent with another key", ledger: func(i *store.Info) { i.BoundAt = 0x20 }, rows: []agentconnect.Interaction{its(stamp(0x1d), 21*time.Minute)}, want: store.Accepted},
		{name: "a recovery of its conversation since", rows: []agentconnect.Interaction{{ExtInteractionID: doubtfulID, CreatedAt: since(20 * time.Minute), Recovery: true, Parent: "p"}, later}, want: store.InDoubt},
		{name: "a recovery of its conversation long before", rows: []agentconnect.Interaction{{ExtInteractionID: doubtfulID, CreatedAt: since(50 * time.Minute), Recovery: true, Parent: "p"}, later}, want: store.Retry},

		{name: "a rehearsal of its conversation", rows: []agentconnect.Interaction{its("rehearsal-"+stamp(1), 20*time.Minute), later}, want: store.Retry},

		{name: "a later one, begun before the doubt arose", change: func(e *store.Entry) { e.Doubt = 0x1e }, rows: []agentconnect.Interaction{later}, want: store.InDoubt},
		{name: "a later one, and nobody knows when the doubt arose", change: func(e *store.Entry) { e.Doubt = 0 }, rows: []agentconnect.Interaction{later}, want: store.InDoubt},
		{name: "one that the ledger has never given", rows: []agentconnect.Interaction{{Intent: stamp(0x31), CreatedAt: since(time.Minute)}}, want: store.InDoubt},
		{name: "the greatest number there is", rows: []agentconnect.Interaction{{Intent: ledgerID + "-ffffffffffffffff", CreatedAt: since(time.Minute)}}, want: store.InDoubt},
		{name: "a later one from the future", rows: []agentconnect.Interaction{{Intent: stamp(0x1e), CreatedAt: testNow.Add(time.Second)}}, want: store.InDoubt},
		{name: "a later one, and one from the far future", rows: []agentconnect.Interaction{later, {Intent: stamp(0x1f), CreatedAt: testNow.AddDate(70, 0, 0)}}, want: store.Retry},
		{name: "a later one, and sent with another key", ledger: func(i *store.Info) { i.BoundAt = 0x1d }, rows: []agentconnect.Interaction{later}, want: store.InDoubt},
		{name: "a later one, and the key was changed before it was sent", ledger: func(i *store.Info) { i.BoundAt = 0x1c }, rows: []agentconnect.Interaction{later}, want: store.Retry},

		{name: "a later one, and whoever held the ledger may be sending", ledger: func(i *store.Info) { i.Unsure = testNow.Add(time.Second) }, rows: []agentconnect.Interaction{later}, want: store.InDoubt},
		{name: "a later one, and nobody may be sending any more", ledger: func(i *store.Info) { i.Unsure = testNow }, rows: []agentconnect.Interaction{later}, want: store.Retry},
		{name: "its stamp, while whoever held the ledger may be sending", ledger: func(i *store.Info) { i.Unsure = testNow.Add(time.Hour) }, rows: []agentconnect.Interaction{its(stamp(0x1d), 21*time.Minute)}, want: store.Accepted},

		{name: "its stamp", rows: []agentconnect.Interaction{its(stamp(0x1d), 21*time.Minute)}, want: store.Accepted},
		{name: "its stamp, in data that break off", rows: []agentconnect.Interaction{its(stamp(0x1d), 21*time.Minute)}, err: errTrouble, want: store.Accepted},
		{name: "its stamp, with a clock far behind", rows: []agentconnect.Interaction{its(stamp(0x1d), 9*time.Hour)}, want: store.Accepted},
		{name: "its stamp, and no time", rows: []agentconnect.Interaction{{ExtInteractionID: doubtfulID, Intent: stamp(0x1d)}}, want: store.Accepted},
		{name: "its stamp, and no id", rows: []agentconnect.Interaction{{Intent: stamp(0x1d)}, later}, want: store.Accepted},
		{name: "its stamp on another conversation", rows: []agentconnect.Interaction{{ExtInteractionID: later.ExtInteractionID, Intent: stamp(0x1d), CreatedAt: since(0)}}, want: store.InDoubt},
		{name: "an earlier attempt of it", rows: []agentconnect.Interaction{its(stamp(0x11), 29*time.Minute), later}, want: store.Accepted},
		{name: "its conversation without a stamp", rows: []agentconnect.Interaction{its("", 21*time.Minute), later}, want: store.Accepted},
		{name: "its conversation in capitals", rows: []agentconnect.Interaction{{ExtInteractionID: strings.ToUpper(doubtfulID), CreatedAt: since(21 * time.Minute)}}, want: store.Accepted},
		{name: "its conversation, by another ledger", rows: []agentconnect.Interaction{its("0000000000000000-1d", 21*time.Minute), later}, want: store.Accepted},
		{name: "its conversation, and no time", rows: []agentconnect.Interaction{{ExtInteractionID: doubtfulID}, later}, want: store.Accepted},
		{name: "its conversation, long before", rows: []agentconnect.Interaction{its("", 50*time.Minute)}, want: store.InDoubt},
		{name: "its conversation, long before, and a later one", rows: []agentconnect.Interaction{its("", 50*time.Minute), later}, want: store.Retry},

		{name: "nothing", want: store.InDoubt},
		{name: "a later one", rows: []agentconnect.Interaction{later}, want: store.Retry},
		{name: "a later one, in data that break off", rows: []agentconnect.Interaction{later}, err: errTrouble, want: store.InDoubt},
		{name: "an earlier one", rows: []agentconnect.Interaction{{Intent: stamp(0x1c), CreatedAt: since(time.Minute)}}, want: store.InDoubt},
		{name: "one that was sent later, and received before", rows: []agentconnect.Interaction{{Intent: stamp(0x1e), CreatedAt: since(21 * time.Minute)}}, want: store.InDoubt},
		{name: "one of each, and none with both", rows: []agentconnect.Interaction{
			{Intent: stamp(0x1c), CreatedAt: since(time.Minute)}, {Intent: stamp(0x1e), CreatedAt: since(21 * time.Minute)},
		}, want: store.InDoubt},
		{name: "a later one among others", rows: []agentconnect.Interaction{
			{Intent: stamp(0x20), CreatedAt: since(18 * time.Minute)}, {Intent: stamp(0x1e), CreatedAt: since(21 * time.Minute)}, {Intent: stamp(0x21), CreatedAt: since(25 * time.Minute)},
		}, want: store.Retry},
		{name: "a later one without a time", rows: []agentconnect.Interaction{{Intent: stamp(0x1e)}}, want: store.InDoubt},
		{name: "a later one of another ledger", rows: []agentconnect.Interaction{{Intent: "0000000000000000-1e", CreatedAt: since(0)}}, want: store.InDoubt},
		{name: "a later one without a stamp", rows: []agentconnect.Interaction{{ExtInteractionID: later.ExtInteractionID, CreatedAt: since(0)}}, want: store.InDoubt},
		{name: "stamps that are none", rows: []agentconnect.Interaction{{Intent: ledgerID + "-", CreatedAt: since(0)}, {Intent: ledgerID + "-xyz", CreatedAt: since(0)}, {Intent: ledgerID, CreatedAt: since(0)}}, want: store.InDoubt},
		{name: "a later one, too early to tell", change: func(e *store.Entry) { e.At = since(4 * time.Minute) }, rows: []agentconnect.Interaction{{Intent: stamp(0x1e), CreatedAt: since(time.Minute)}}, want: store.InDoubt},
		{name: "a later one, and no number of its own", change: func(e *store.Entry) { e.Intent = 0 }, rows: []agentconnect.Interaction{later}, want: store.InDoubt},

		{name: "resolution: its stamp", change: byResolution(2), rows: []agentconnect.Interaction{its(stamp(0x1d), 21*time.Minute), its(stamp(0x1c), 22*time.Minute)}, want: store.Accepted},
		{name: "resolution: another one, and the only attempt", change: byResolution(1), rows: []agentconnect.Interaction{its(stamp(0x11), 22*time.Minute), later}, want: store.Retry},
		{name: "resolution: another one, sent later", change: byResolution(2), sibling: 0x1f, rows: []agentconnect.Interaction{its(stamp(0x1f), 5*time.Minute)}, want: store.Retry},
		{name: "resolution: one that the ledger does not know", change: byResolution(1), rows: []agentconnect.Interaction{its(stamp(0x1f), 5*time.Minute), later}, want: store.InDoubt},
		{name: "resolution: without a stamp, when it was sent", change: byResolution(1), rows: []agentconnect.Interaction{its("", 21*time.Minute), later}, want: store.Accepted},
		{name: "resolution: without a stamp, later", change: byResolution(1), rows: []agentconnect.Interaction{its("", 2*time.Minute), later}, want: store.InDoubt},
		{name: "resolution: another one, or an earlier attempt", change: byResolution(2), rows: []agentconnect.Interaction{its(stamp(0x11), 22*time.Minute), later}, want: store.InDoubt},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			entry := doubtful
			if test.change != nil {
				test.change(&entry)
			}
			data := &fakeReceiver{rows: test.rows, err: test.err}
			info, ledger := askedLedger, &fakeLedger{records: map[store.Key]store.Record{}}
			if test.ledger != nil {
				test.ledger(&info)
			}
			ledger.records[store.Key{Conversation: doubtfulID, Resolution: 1}] = store.Record{State: store.Accepted, Intent: test.sibling, Attempts: 1}
			q := NewMatcher(info, []store.Entry{entry}, Verification{Receiver: data, After: wait})
			q.now = testNow
			_ = q.Read(t.Context(), ledger) // of the verdicts
			got, told := q.decide(entry, testNow)
			if !told {
				got = store.Result{State: store.InDoubt}
			}
			if got.State != test.want {
				t.Errorf("got %s, want %s", got.State, test.want)
			}
			if want := since(45 * time.Minute); !data.asked[0].Equal(want) {
				t.Errorf("asked from %s, want %s", data.asked[0], want)
			}
		})
	}
}

// TestNumberGivenTwice: where a ledger says of two requests of one conversation that they bear one number, its stamp shows
// that either may have arrived, and none is sent again.
func TestNumberGivenTwice(t *testing.T) {
	at := func(ago time.Duration, resolution int64) store.Entry {
		return store.Entry{
			Key: store.Key{Conversation: doubtfulID, Resolution: resolution},
			Record: store.Record{
				State: store.InDoubt, At: testNow.Add(-ago), First: testNow.Add(-ago), Attempts: 1, Intent: 0x1d, Doubt: 0x1d,
			},
		}
	}
	doubtful := []store.Entry{at(time.Hour, 1), at(30*time.Minute, 2)}
	data := &fakeReceiver{rows: []agentconnect.Interaction{
		{ExtInteractionID: doubtfulID, Intent: ledgerID + "-1d", CreatedAt: testNow.Add(-2 * time.Hour)},
		{ExtInteractionID: "6716500fa1b2c3d4e5f60002", Intent: ledgerID + "-1e", CreatedAt: testNow.Add(-19 * time.Minute)},
	}}
	m := NewMatcher(askedLedger, doubtful, Verification{Receiver: data, After: 5 * time.Minute})
	m.now = testNow
	if err := m.Read(t.Context(), &fakeLedger{records: map[store.Key]store.Record{}}); err != nil {
		t.Fatal(err)
	}
	for _, entry := range doubtful {
		if got, told := m.decide(entry, testNow); !told || got.State != store.Accepted {
			t.Errorf("resolution %d is %s (%v)", entry.Key.Resolution, got.State, told)
		}
	}
}

// TestTakenOver asks again when nobody can be sending any more, and not before, and says until when that is: the
// later of the two times before which silence proves nothing.
func TestTakenOver(t *testing.T) {
	for name, tt := range map[string]struct {
		unsure, after time.Duration // from now; from when the doubt arose, half an hour ago
		want          Standing
		until         time.Duration // from now
	}{
		"taken over":                       {time.Hour, 5 * time.Minute, TakenOver, time.Hour},
		"taken over, and too early beyond": {time.Hour, 2 * time.Hour, TakenOver, 90 * time.Minute},
		"too early":                        {-time.Hour, 2 * time.Hour, TooEarly, 90 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			ledger := inEachState()
			record := ledger.records[conversation(1)]
			record.At = time.Now().Add(-30 * time.Minute).Truncate(time.Second)
			ledger.records[conversation(1)] = record
			ledger.info.Unsure = time.Now().Add(tt.unsure)
			settled, err := Verify(t.Context(), ledger, Verification{Receiver: &fakeReceiver{}, After: tt.after, Stamped: true})
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range settled {
				if s.Key != conversation(1) {
					continue
				}
				off := time.Until(s.Until) - tt.until
				if s.State != store.InDoubt || s.Standing != tt.want || off.Abs() > time.Minute {
					t.Errorf("got %s, %q until %s", s.State, s.Standing, s.Until)
				}
				if s.Standing == TakenOver && s.Due.Before(ledger.info.Unsure.Truncate(time.Second)) {
					t.Errorf("it is asked about again at %s", s.Due)
				}
			}
		})
	}
}

// doubtOf is a survey request in doubt for 20 minutes, which is the nth intent of the ledger.
func doubtOf(key store.Key, n uint64) store.Entry {
	return store.Entry{Key: key, Record: store.Record{
		State: store.InDoubt, Reason: "no_answer", Resolution: testNow.Add(-time.Hour), At: testNow.Add(-20 * time.Minute),
		First: testNow.Add(-30 * time.Minute), Attempts: 1, Intent: n, Doubt: n,
	}}
}

// verdictOf is the state in which a doubt ends by some data.
func verdictOf(t *testing.T, e store.Entry, ledger Lookup, rows ...agentconnect.Interaction) store.State {
	t.Helper()
	m := NewMatcher(askedLedger, []store.Entry{e}, Verification{Receiver: &fakeReceiver{rows: rows}, After: 5 * time.Minute})
	m.now = testNow
	if err := m.Read(t.Context(), ledger); err != nil {
		t.Fatal(err)
	}
	got, told := m.decide(e, testNow)
	if !told {
		t.Fatal("the data were read, and nothing is told")
	}
	return got.State
}

// TestWhoeverMadeIt takes any request of the conversation for the doubtful one, where there is one survey a
// conversation, however late it came; where there is one a resolution, one that says nothing of which.
func TestWhoeverMadeIt(t *testing.T) {
	none := &fakeLedger{}
	key, resolution := store.Key{Conversation: doubtfulID}, store.Key{Conversation: doubtfulID, Resolution: testNow.Add(-time.Hour).UnixMilli()}
	by := func(stamp string, ago time.Duration) agentconnect.Interaction {
		return agentconnect.Interaction{ExtInteractionID: doubtfulID, Intent: stamp, CreatedAt: testNow.Add(-ago)}
	}
	later := agentconnect.Interaction{Intent: ledgerID + "-1f", CreatedAt: testNow.Add(-time.Minute)}
	for name, tt := range map[string]struct {
		key  store.Key
		row  agentconnect.Interaction
		want store.State
	}{
		"by hand, much later":                  {key, by("", time.Minute), store.Accepted},
		"of another resolution, much later":    {resolution, by("", time.Minute), store.InDoubt},
		"by another ledger, about then":        {resolution, by("0000000000000000-7", 21*time.Minute), store.Accepted},
		"of the ledger, another resolution's":  {resolution, by(ledgerID+"-7", 21*time.Minute), store.Retry},
		"of the ledger, nobody knows of which": {resolution, by(ledgerID+"-1e", 21*time.Minute), store.InDoubt},
	} {
		if got := verdictOf(t, doubtOf(tt.key, 0x1d), none, tt.row, later); got != tt.want {
			t.Errorf("%s: got %s, want %s", name, got, tt.want)
		}
	}
}

// TestNoNumber takes no stamp for that of a doubt that has no number of its own.
func TestNoNumber(t *testing.T) {
	e := doubtOf(store.Key{Conversation: doubtfulID}, 0)
	if got := verdictOf(t, e, &fakeLedger{}, agentconnect.Interaction{Intent: ledgerID + "-0", CreatedAt: testNow}); got != store.InDoubt {
		t.Errorf("got %s", got)
	}
}

// TestCanaryIsTheLastIntent takes the very last request of the ledger for proof, and none beyond it.
func TestCanaryIsTheLastIntent(t *testing.T) {
	e := doubtOf(store.Key{Conversation: doubtfulID}, 0x1d)
	for number, want := range map[uint64]store.State{askedLedger.Intents: store.Retry, askedLedger.Intents + 1: store.InDoubt} {
		row := agentconnect.Interaction{Intent: fmt.Sprintf("%s-%x", ledgerID, number), CreatedAt: testNow.Add(-time.Minute)}
		if got := verdictOf(t, e, &fakeLedger{}, row); got != want {
			t.Errorf("by number %x: got %s, want %s", number, got, want)
		}
	}
}

// TestAskedAgainLater asks about old doubts less and less, after a quarter of their age, and once a day at least.
func TestAskedAgainLater(t *testing.T) {
	for age, want := range map[time.Duration]time.Duration{
		20 * time.Minute: 5 * time.Minute, 40 * time.Hour: 10 * time.Hour, 30 * 24 * time.Hour: askAgain,
		time.Minute: 4 * time.Minute, // until the data have to show it
		-time.Hour:  65 * time.Minute,
	} {
		e := doubtOf(store.Key{Conversation: doubtfulID}, 0x1d)
		e.At = testNow.Add(-age)
		m := NewMatcher(askedLedger, []store.Entry{e}, Verification{Receiver: &fakeReceiver{}, After: 5 * time.Minute})
		if err := m.Read(t.Context(), &fakeLedger{}); err != nil {
			t.Fatal(err)
		}
		if got, _ := m.decide(e, testNow); got.Due.Sub(testNow) != want || !got.At.Equal(e.At) {
			t.Errorf("after %s: again in %s, want %s", age, got.Due.Sub(testNow), want)
		}
	}
}

// TestTooEarlyEnds believes the silence of the data from verify_after on.
func TestTooEarlyEnds(t *testing.T) {
	e := doubtOf(store.Key{Conversation: doubtfulID}, 0x1d)
	m := NewMatcher(askedLedger, []store.Entry{e}, Verification{Receiver: &fakeReceiver{}, After: 20 * time.Minute})
	if err := m.Read(t.Context(), &fakeLedger{}); err != nil {
		t.Fatal(err)
	}
	for off, want := range map[time.Duration]Standing{-time.Second: TooEarly, 0: Unproven} {
		if got := m.standing(e, testNow.Add(off)); got != want || got.Waits() != (want == TooEarly) {
			t.Errorf("%s from then: %q", off, got)
		}
	}
	if !TakenOver.Waits() {
		t.Error("what was taken over waits for nothing")
	}
}

// TestWhatIsAskedAbout reads the data once, from before the earliest doubt and what the ledger itself is compared
// by, and not at all where there is nothing to ask.
func TestWhatIsAskedAbout(t *testing.T) {
	survey, recovery := doubtOf(store.Key{Conversation: doubtfulID}, 0x1d), doubtOf(store.Key{Conversation: "b", Recovery: true}, 0x1e)
	recovery.First = testNow.Add(-50 * time.Hour)
	witnessed := askedLedger
	witnessed.Witnessed = testNow.Add(-40 * time.Hour)
	for name, tt := range map[string]struct {
		ledger  store.Info
		doubts  []store.Entry
		stamped bool
		want    time.Time
	}{
		"a doubt":          {witnessed, []store.Entry{survey}, false, testNow.Add(-45 * time.Minute)},
		"an older one too": {witnessed, []store.Entry{survey, recovery}, false, testNow.Add(-50*time.Hour - Skew)},
		"the ledger":       {witnessed, nil, true, testNow.Add(-40*time.Hour - Skew - dataLag)},
		"the ledger first": {witnessed, []store.Entry{survey}, true, testNow.Add(-40*time.Hour - Skew - dataLag)},
		"the doubt first":  {witnessed, []store.Entry{survey, recovery}, true, testNow.Add(-50*time.Hour - Skew)},
		"nothing":          {witnessed, nil, false, time.Time{}},
		"no ledger":        {store.Info{}, nil, true, time.Time{}},
	} {
		data := &fakeReceiver{}
		m := NewMatcher(tt.ledger, tt.doubts, Verification{Receiver: data, After: time.Minute, Stamped: tt.stamped})
		if err := m.Read(t.Context(), &fakeLedger{}); err != nil {
			t.Fatal(err)
		}
		if tt.want.IsZero() != (len(data.asked) == 0) || len(data.asked) > 0 && !data.asked[0].Equal(tt.want) {
			t.Errorf("%s: asked from %v, want %s", name, data.asked, tt.want)
		}
		for _, e := range []store.Entry{survey, recovery} {
			about := false
			for _, doubt := range tt.doubts {
				about = about || doubt.Key == e.Key
			}
			if m.About(e) != about {
				t.Errorf("%s: it is about %+v: %t", name, e.Key, !about)
			}
		}
	}
}

// TestStrangerAtTheEnd finds out a ledger that was put back, by however few stamps, and by more than are looked up
// at once.
func TestStrangerAtTheEnd(t *testing.T) {
	for _, known := range []int{0, stampsAtOnce + 10} {
		ledger := &fakeLedger{info: store.Info{ID: ledgerID, Intents: 5000}, records: map[store.Key]store.Record{}}
		var rows []agentconnect.Interaction
		add := func(n int) {
			rows = append(rows, agentconnect.Interaction{
				UUID: fmt.Sprint(n), ExtInteractionID: conversation(n).Conversation, CreatedAt: testNow,
				Intent: fmt.Sprintf("%s-%x", ledgerID, n+1),
			})
		}
		for n := range known {
			add(n)
			ledger.records[conversation(n)] = store.Record{State: store.Accepted, Attempts: 1, Intent: uint64(n + 1)}
		}
		read := func() error {
			m := NewMatcher(ledger.info, nil, Verification{Receiver: &fakeReceiver{rows: rows}, Stamped: true})
			return m.Read(t.Context(), ledger)
		}
		if err := read(); err != nil {
			t.Errorf("%d that it knows: %v", known, err)
		}
		if add(known); !errors.Is(read(), store.ErrRolledBack) {
			t.Errorf("behind %d that it knows: %v", known, read())
		}
	}
}

// TestMatcherNeedsTheLedger fails with what cannot be looked up: another resolution would be taken for the doubt.
func TestMatcherNeedsTheLedger(t *testing.T) {
	e := doubtOf(store.Key{Conversation: doubtfulID, Resolution: 1}, 0x1d)
	recovery := doubtOf(store.Key{Conversation: doubtfulID, Recovery: true}, 0x1d)
	for _, e := range []store.Entry{e, recovery} {
		data := &fakeReceiver{}
		m := NewMatcher(askedLedger, []store.Entry{e}, Verification{Receiver: data})
		if err := m.Read(t.Context(), failing{fakeLedger: &fakeLedger{}, lookup: errTrouble}); !errors.Is(err, errTrouble) || len(data.asked) > 0 {
			t.Errorf("got %v, asked %v", err, data.asked)
		}
		if got, told := m.decide(e, testNow); told {
			t.Errorf("it is told as %+v", got)
		}
	}
}

// TestCanariesInAnyOrder counts the latest of those that were begun after the doubt, however the data are sorted.
func TestCanariesInAnyOrder(t *testing.T) {
	e := doubtOf(store.Key{Conversation: doubtfulID}, 0x1d)
	rows := []agentconnect.Interaction{
		{Intent: ledgerID + "-1f", CreatedAt: testNow.Add(-25 * time.Minute)}, {Intent: ledgerID + "-1e", CreatedAt: testNow.Add(-19 * time.Minute)},
	}
	for range 2 {
		if got := verdictOf(t, e, &fakeLedger{}, rows...); got != store.Retry {
			t.Errorf("got %s", got)
		}
		slices.Reverse(rows)
	}
}

// TestNoNumberIsNoOtherKey says of a doubt without a number that nothing proves what became of it, and nothing of keys.
func TestNoNumberIsNoOtherKey(t *testing.T) {
	for n, want := range map[uint64]Standing{0: Unproven, 1: OtherKey} {
		e, info := doubtOf(store.Key{Conversation: doubtfulID}, n), askedLedger
		info.BoundAt = 7
		m := NewMatcher(info, []store.Entry{e}, Verification{Receiver: &fakeReceiver{}})
		if err := m.Read(t.Context(), &fakeLedger{}); err != nil || m.standing(e, testNow) != want {
			t.Errorf("number %d: %q, %v", n, m.standing(e, testNow), err)
		}
	}
}
