package sync

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/deliver"
)

const passesOfALife = 20 // a life that takes more never comes to rest

// pauses lie between the passes of a life, in turn: before what waits is due, and after.
var pauses = []time.Duration{10 * time.Second, 90 * time.Minute}

// The mishaps of a step that reads, and those of a step that writes.
var (
	notRead    = mishap{name: "failed", fails: true}
	notApplied = mishap{name: "failed, not applied", fails: true}
	butApplied = mishap{name: "failed, but applied", fails: true, applied: true}
	diedBefore = mishap{name: "died before it", fails: true, dies: true}
	diedAfter  = mishap{name: "died after it", fails: true, dies: true, applied: true}
	signalled  = mishap{name: "signal", applied: true, stops: true, answer: taken()}
)

// creations are the mishaps of a survey request: what the receiver made of it, and what came back.
var creations = []mishap{
	{name: "no connection", answer: agentconnect.Answer{Err: errMishap}},
	{name: "stopped before it had left", answer: agentconnect.Answer{Err: context.Canceled}, stops: true},
	{name: "429", answer: agentconnect.Answer{Status: 429, Written: true}},
	{name: "401", answer: agentconnect.Answer{Status: 401, Written: true}},
	{name: "400", answer: agentconnect.Answer{Status: 400, Written: true, Own: true}, refusal: true},
	{name: "403 of one request", answer: agentconnect.Answer{Status: 403, Written: true}},
	{name: "400 of a gateway", answer: agentconnect.Answer{Status: 400, Written: true, Message: "Bad Request"}},
	{name: "404 of a gateway", answer: agentconnect.Answer{Status: 404, Written: true}},
	{name: "413 of a proxy", answer: agentconnect.Answer{Status: 413, Written: true}},
	{name: "408, but applied", answer: agentconnect.Answer{Status: 408, Written: true}, doubt: true, applied: true},
	{name: "409, of the same", answer: agentconnect.Answer{Status: 409, Written: true, Own: true, Message: "Duplicate"}, doubt: true, applied: true},
	{name: "409, of another", answer: agentconnect.Answer{Status: 409, Written: true, Own: true, Message: "Duplicate"}, doubt: true},
	{name: "500, not applied", answer: agentconnect.Answer{Status: 500, Written: true}, doubt: true},
	{name: "500, but applied", answer: agentconnect.Answer{Status: 500, Written: true}, doubt: true, applied: true},
	{name: "lost on the way", answer: agentconnect.Answer{Written: true, Err: errMishap}, doubt: true},
	{name: "answer lost", answer: agentconnect.Answer{Written: true, Err: errMishap}, doubt: true, applied: true},
	{name: "not its answer", answer: agentconnect.Answer{Status: 200, Written: true, Err: errMishap}, doubt: true},
	{name: "200 without its id", answer: agentconnect.Answer{Status: 200, Written: true}, doubt: true},
	{name: "200 without its id, but applied", answer: agentconnect.Answer{Status: 200, Written: true}, doubt: true, applied: true},
	{name: "429 of another, and applied", answer: agentconnect.Answer{Status: 429, Written: true, Stray: true, Err: errMishap}, doubt: true, applied: true},
	{name: "answer cut off", answer: agentconnect.Answer{Status: 200, Written: true, Err: errMishap}, doubt: true, applied: true},
	{name: "died before it", answer: agentconnect.Answer{Err: errMishap}, dies: true},
	{name: "died after it", answer: agentconnect.Answer{Err: errMishap}, dies: true, applied: true},
	signalled,
}

// mishaps are all that can go wrong with a step.
func mishaps(kind string) []mishap {
	switch kind {
	case stepCreate:
		return creations
	case stepBegin, stepFinish, stepCommit, stepRecover, stepSettle, stepPrune:
		return []mishap{notApplied, butApplied, diedBefore, diedAfter, signalled}
	}
	return []mishap{notRead, diedBefore, signalled}
}

// scene is what a pass meets, and how it is made.
type scene struct {
	name          string
	conversations int           // beside one that is to be skipped
	apart         time.Duration // between their resolutions
	start         time.Duration // how long ago the first window begins
	overlap       time.Duration
	recheck       time.Duration
	retain        time.Duration
	left          string // what a crash long ago left of the request for the first one; see before
	recoveries    bool   // all were asked about long ago, and are followed up now
}

// scenes have so many conversations: in one window that no later pass reads again, and in two that each pass reads from the
// beginning, where each is read once more just before it is sent.
func scenes(conversations int) []scene {
	return []scene{
		{name: fmt.Sprintf("%d in one window", conversations), conversations: conversations, apart: time.Minute, start: 90 * time.Minute, recheck: 24 * time.Hour},
		{name: fmt.Sprintf("%d in two windows", conversations), conversations: conversations, apart: 25 * time.Minute, start: 165 * time.Minute, overlap: 24 * time.Hour},
	}
}

// What a crash can leave of a request: it was taken, or lost.
const (
	arrived = "arrived"
	lost    = "lost"
)

// forgetful is a scene in which the ledger has something to forget.
var forgetful = scene{name: "1 and an old one", conversations: 1, apart: time.Minute, start: 60 * time.Hour, recheck: 24 * time.Hour, retain: 24 * time.Hour}

// doubting are scenes that begin with a doubt, which the receiver's data settle.
var doubting = []scene{
	{name: "1 and one that arrived", conversations: 2, apart: time.Minute, start: 90 * time.Minute, recheck: 24 * time.Hour, left: arrived},
	{name: "1 and one that was lost", conversations: 2, apart: time.Minute, start: 90 * time.Minute, recheck: 24 * time.Hour, left: lost},
}

// before does what happened before the first pass.
func (s scene) before(t *testing.T, o *ordeal) {
	t.Helper()
	if at := testNow.Add(-s.start).Add(time.Hour); s.retain > 0 {
		old := store.Entry{Key: store.Key{Conversation: "old"}, Record: store.Record{State: store.Accepted, Resolution: at, At: at}}
		if err := o.ledger.Commit(store.Batch{Entries: []store.Entry{old}}); err != nil {
			t.Fatal(err)
		}
	}
	if s.left == "" {
		return
	}
	first := o.conversations[0]
	intent, err := o.ledger.Begin(decide.KeyOf(first), first.LastDone.At, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if o.data, o.doubtful[first.ID] = true, true; s.left == arrived {
		o.take(first.ID, intent.String())
	}
	time.Sleep(time.Minute)
}

func (s scene) desk() *desk {
	d := newDesk(s.conversations + 1)
	for i := range d.conversations {
		d.conversations[i].LastDone.At = testNow.Add(-time.Hour - time.Duration(i)*s.apart)
	}
	d.conversations[s.conversations/2].Spam = true
	return d
}

func (s scene) options() Options {
	policy := testPolicy()
	if s.recoveries {
		policy.Recovery, _ = decide.CompileRecovery("true")
	}
	return Options{
		Mode: "run", Policy: policy, Limits: deliver.Limits{ErrorRate: 1}, Settle: 3 * time.Minute, Overlap: s.overlap,
		Recheck: s.recheck, Concurrency: 1, Stamp: true, Retain: s.retain, VerifyAfter: 5 * time.Minute,
	}
}

// live makes passes until one of them changes nothing, and nothing waits.
func (s scene) live(t *testing.T, o *ordeal, reopen func()) {
	for n := range passesOfALife {
		before, _ := o.records()
		posts := o.counts[stepCreate]
		result, calm := o.pass(t, s.options())
		reopen()
		after, _ := o.records()
		if calm && posts == o.counts[stepCreate] && slices.Equal(before, after) && !slices.ContainsFunc(after, willBeSent) && !o.untold(after) {
			o.verdict(result)
			return
		}
		time.Sleep(pauses[n%len(pauses)])
		o.now = o.now.Add(pauses[n%len(pauses)])
	}
	o.wrongf("after %d passes there is still something to do", passesOfALife)
}

// untold reports whether the receiver's data will still settle something.
func (o *ordeal) untold(records []store.Record) bool {
	for i, c := range o.conversations {
		if o.data && records[i].State == store.InDoubt && o.accepted[c.ID] > 0 {
			return true
		}
	}
	return false
}

func willBeSent(r store.Record) bool { return r.State == store.Scheduled || r.State == store.Retry }

// row is one life: a scene in which some steps go wrong.
type row struct {
	scene
	plan map[step]mishap
}

func (r row) String() string {
	text := r.name
	for _, at := range slices.SortedFunc(maps.Keys(r.plan), func(a, b step) int { return cmp.Compare(a.String(), b.String()) }) {
		text += fmt.Sprintf("; %s: %s", at, r.plan[at].name)
	}
	return text
}

// play lives through a row in virtual time, and gives the steps that were made, and how many went wrong.
func (r row) play(t *testing.T, keep keeping) (steps []step, struck int) {
	t.Helper()
	var o *ordeal
	synctest.Test(t, func(t *testing.T) {
		d := r.desk()
		ledger, reopen, done := keep(t, testNow.Add(-r.start))
		o = newOrdeal(d, ledger, r.plan)
		r.before(t, o)
		if o.recoveries = r.recoveries; o.recoveries {
			if err := ledger.Commit(store.Batch{Entries: d.askedLongAgo()}); err != nil {
				t.Fatal(err)
			}
		}
		r.live(t, o, func() { o.ledger = reopen() })
		done()
	})
	for _, wrong := range o.wrong {
		t.Errorf("%s: %s", r, wrong)
	}
	return o.trace, o.struck
}

// keeping makes a ledger that begins at a time; reopen opens it anew, as another process does, and done ends it.
type keeping func(t *testing.T, start time.Time) (ledger Ledger, reopen func() Ledger, done func())

// inMemory outlives each process by itself.
func inMemory(_ *testing.T, start time.Time) (Ledger, func() Ledger, func()) {
	ledger := newMemoryLedger(start)
	return ledger, func() Ledger { return ledger }, func() {}
}

// onDisk is the real ledger.
func onDisk(t *testing.T, start time.Time) (Ledger, func() Ledger, func()) {
	p := newPlace(t, start)
	var ledger kept
	done := func() { ended(t, ledger) }
	open := func() Ledger {
		ledger = p.mustOpen(t)
		return ledger
	}
	return open(), func() Ledger { done(); return open() }, done
}

// single plays a scene once for each of its steps and each mishap of the step, and gives those rows with the steps that
// they led to.
func single(t *testing.T, s scene, keep keeping, every int, each func(row, []step)) {
	calm, _ := row{scene: s}.play(t, keep)
	rows := 0
	for _, at := range calm {
		for _, m := range mishaps(at.kind) {
			if rows++; rows%every != 0 {
				continue
			}
			r := row{s, map[step]mishap{at: m}}
			steps, struck := r.play(t, keep)
			if struck != 1 {
				t.Errorf("%s: that step was not made", r)
			}
			if each(r, steps); t.Failed() {
				t.FailNow() // the first is enough to begin with
			}
		}
	}
}

// TestFaultTable lets every durable and every network step of a life go wrong, in every way that it can, and then makes
// passes until all is quiet. In every row: nobody is asked twice; everybody is asked, refused, or visibly in doubt, and
// in doubt only where nobody can know; nothing is posted without a durable intent; every pass adds up.
func TestFaultTable(t *testing.T) {
	total := 0
	table := slices.Concat(doubting, []scene{forgetful})
	for conversations := 1; conversations <= 4; conversations++ { // with four, their customers are found by a search
		table = append(table, scenes(conversations)...)
	}
	met := map[string]bool{}
	for _, s := range table {
		rows := 0
		single(t, s, inMemory, everyRow(), func(r row, _ []step) {
			rows++
			for at := range r.plan {
				met[at.kind] = true
			}
		})
		t.Logf("%s: %d rows", s.name, rows)
		total += rows
	}
	for kind := range durations {
		if !met[kind] {
			t.Errorf("no row lets %q go wrong", kind)
		}
	}
	t.Logf("%d rows", total)
}

// TestFaultTableOnDisk does the same with the real ledger, opened anew for each pass.
func TestFaultTableOnDisk(t *testing.T) {
	rows := 0
	for _, s := range []scene{scenes(2)[1], forgetful} {
		single(t, s, onDisk, amount(29, 1), func(row, []step) { rows++ })
	}
	t.Logf("%d rows", rows)
}

// TestFaultPairs lets two steps go wrong in the life of one conversation: every row of the table again, once for each
// mishap of every step that follows, in the same pass or in those that put it right; or a share of these, spread evenly.
// What else is still read after a signal is a matter of chance, so that a few of those steps are not always made.
func TestFaultPairs(t *testing.T) {
	pairs, rows, missed, every := 0, 0, 0, amount(101, 1)
	for _, s := range scenes(1) {
		single(t, s, inMemory, 1, func(first row, steps []step) {
			for pair := range first.followed(steps) {
				if pairs++; pairs%every == 0 {
					_, struck := pair.play(t, inMemory)
					rows, missed = rows+1, missed+len(pair.plan)-struck
				}
			}
		})
	}
	t.Logf("%d rows of %d; in %d of them the second step was not made", rows, pairs, missed)
	if missed > rows/20 {
		t.Errorf("the rows are not what they seem: in %d of %d the second step was not made", missed, rows)
	}
}

// followed are the rows with one more mishap, in the steps that come after the one of this row.
func (r row) followed(steps []step) iter.Seq[row] {
	return func(yield func(row) bool) {
		later := slices.IndexFunc(steps, func(s step) bool { return r.plan[s].name != "" }) + 1
		for _, next := range steps[later:] {
			for _, m := range mishaps(next.kind) {
				pair := row{r.scene, maps.Clone(r.plan)}
				if pair.plan[next] = m; !yield(pair) {
					return
				}
			}
		}
	}
}
