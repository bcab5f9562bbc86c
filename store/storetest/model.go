package storetest

import (
	"errors"
	"flag"
	"maps"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"acsync/store"
)

// testModel takes random steps with a ledger and a model of it and compares all that can be read.
func testModel(t *testing.T, o Opener) {
	// Each step is a sync of the disk: fewer are taken than usual, unless the long programmes are wanted.
	if f := flag.Lookup("rapid.checks"); os.Getenv("LONG_TESTS") == "" && f.Value.String() == f.DefValue {
		must(t, f.Value.Set("30"))
		defer func() { must(t, f.Value.Set(f.DefValue)) }()
	}
	rapid.Check(t, func(r *rapid.T) {
		m := &model{
			ledger: o.Create(t, noon), records: map[store.Key]store.Record{}, before: map[store.Key]store.Record{},
			forgotten: map[string]store.Record{},
			identity:  store.PerConversation, now: sec, checkpoint: noon,
		}
		m.reopen = func() { m.ledger = o.Reopen(t, m.ledger) }
		r.Repeat(rapid.StateMachineActions(m))
		must(r, m.ledger.Check(t.Context()))
	})
}

// model is a ledger in the plainest form: what the real one is compared with after each step.
type model struct {
	ledger     Ledger
	reopen     func()
	records    map[store.Key]store.Record
	forgotten  map[string]store.Record    // by conversation
	before     map[store.Key]store.Record // as they were when their last intents were begun
	identity   store.Identity
	numbers    uint64 // intents so far
	now        time.Time
	checkpoint time.Time
	floor      time.Time
	runs       []store.Run // the newest first
}

// modelKeys are keys of a few conversations, and of some whose ids begin alike.
var modelKeys = []store.Key{
	id(1), id(2),
	{Conversation: id(1).Conversation, Resolution: 1795000000000},
	{Conversation: id(1).Conversation, Resolution: noon.UnixMilli()},
	{Conversation: id(1).Conversation, Recovery: true},
	{Conversation: "conv-1"},
	{Conversation: "conv-1", Resolution: 1795000000000},
	{Conversation: "conv-1", Recovery: true},
	{Conversation: "conv-10", Resolution: 1795000000000},
	{Conversation: "elevenbytes"},
	{Conversation: "elevenbytes", Resolution: 1795000000000},
	{Conversation: "\x0112345678901"},
}

func drawKey(t *rapid.T) store.Key { return rapid.SampledFrom(modelKeys).Draw(t, "key") }

func drawResult(t *rapid.T, now time.Time) store.Result {
	r := store.Result{
		State: rapid.SampledFrom(store.States()).Draw(t, "state"),
		At:    now,
		Reason: rapid.SampledFrom([]string{"", "no_agent", "rule:x", "busy", "rule_error:x"}).Draw(
			t, "reason"),
		Status: rapid.SampledFrom([]int{0, 200, 201, 429, 503}).Draw(t, "status"),
	}
	if minutes := rapid.IntRange(-1, 90).Draw(t, "due"); minutes >= 0 {
		r.Due = now.Add(time.Duration(minutes)*time.Minute + time.Millisecond)
	}
	return r
}

func wantRefusal(t *rapid.T, err error, foreseen bool) {
	t.Helper()
	if (err != nil) != foreseen || err != nil && !errors.Is(err, store.ErrRefused) {
		t.Fatalf("got error %v, foresaw a refusal: %v", err, foreseen)
	}
}

// unsent reports whether a key may be decided, or begun: nothing was sent for it, as far as is known.
func unsent(r store.Record) bool {
	never := r.State == store.Rejected && r.Attempts == 0 && r.Status == 0 && r.Reason == "rule_error:x"
	free := []store.State{store.Unknown, store.Scheduled, store.Retry, store.Skipped}
	return never || slices.Contains(free, r.State)
}

func (m *model) Begin(t *rapid.T) {
	k := drawKey(t)
	old := m.record(k)
	i, err := m.ledger.Begin(k, noon, m.now)
	wantRefusal(t, err, !unsent(old))
	if err != nil {
		return
	}
	m.numbers++
	r := store.Record{
		State: store.Sending, Resolution: noon, At: m.now, First: old.First, Attempts: old.Attempts + 1,
		Intent: m.numbers,
	}
	if r.First.IsZero() {
		r.First = m.now
	}
	i.SendBy = time.Time{} // it depends on the clock
	wantSame(t, i, store.Intent{
		Key: k, Number: r.Intent, Ledger: info(t, m.ledger).ID, Attempt: r.Attempts, Before: old,
	})
	m.records[k], m.before[k] = r, old
}

func (m *model) Finish(t *rapid.T) {
	k, x := drawKey(t), drawResult(t, m.now)
	old := m.record(k)
	i := store.Intent{Key: k, Number: old.Intent, Ledger: info(t, m.ledger).ID, Before: m.before[k]}
	wrong := rapid.IntRange(0, 4).Draw(t, "wrong")
	switch wrong {
	case 0:
		i.Number--
	case 1:
		i.Ledger = "0123456789abcdef"
	}
	err := m.ledger.Finish(i, x)
	ends := []store.State{store.Accepted, store.Rejected, store.Retry, store.InDoubt, store.Scheduled}
	wantRefusal(t, err, wrong < 2 || old.State != store.Sending || !slices.Contains(ends, x.State))
	switch {
	case err != nil || x.State != store.Scheduled:
		m.keep(err, k, old, x)
	// It was no attempt.
	case m.before[k].State == store.Unknown:
		delete(m.records, k)
	default:
		m.records[k] = m.before[k]
	}
}

func (m *model) Settle(t *rapid.T) {
	k, x := drawKey(t), drawResult(t, m.now)
	old := m.record(k)
	off := uint64(rapid.IntRange(0, 4).Draw(t, "off") / 4)
	err := m.ledger.Settle(k, old.Intent-off, x)
	ends := x.State != store.Sending && x.State != store.Skipped
	wantRefusal(t, err, off > 0 || old.State != store.InDoubt || !ends)
	m.keep(err, k, old, x)
}

// Reopen takes up again some of what is over, as it was read, or as it was before it changed.
func (m *model) Reopen(t *rapid.T) {
	x, next, wrong := drawResult(t, m.now), maps.Clone(m.records), false
	var entries []store.Entry
	for range rapid.IntRange(1, 3).Draw(t, "entries") {
		k := drawKey(t)
		read, old := m.record(k), m.record(k)
		if since, changed := next[k]; changed {
			old = since
		}
		if rapid.IntRange(0, 4).Draw(t, "outdated") == 0 {
			read.Intent++
		}
		over := old.State == store.Rejected || old.State == store.Dropped
		wrong = wrong || read != old || !over || old.Erased() || x.State != store.Retry && x.State != store.Accepted
		r := old
		if x.State == store.Retry { // tried anew
			r.First, r.Attempts = time.Time{}, min(r.Attempts, 2)
		}
		x.Status = old.Status
		next[k] = m.kept(old, r, x)
		entries = append(entries, store.Entry{Key: k, Record: read})
	}
	err := m.ledger.Reopen(entries, x)
	wantRefusal(t, err, wrong)
	if err == nil {
		m.records = next
	}
}

func (m *model) keep(err error, k store.Key, old store.Record, x store.Result) {
	if err == nil {
		m.records[k] = m.kept(old, old, x)
	}
}

// kept is the record that a result leaves in the place of an old one, in the shape that a ledger keeps.
func (m *model) kept(old, r store.Record, x store.Result) store.Record {
	r.State, r.Reason, r.Status, r.At, r.Due, r.Doubt = x.State, x.Reason, x.Status, x.At, x.Due, 0
	switch {
	case !r.State.Waiting():
		r.Due = time.Time{}
	case r.Due.IsZero():
		r.Due = r.At
	}
	switch {
	case r.State != store.InDoubt:
	case old.State == store.InDoubt && old.Doubt != 0:
		r.Doubt = old.Doubt
	default:
		r.Doubt = m.numbers
	}
	return r
}

func (m *model) decided(old store.Record, x store.Result) store.Record {
	r := store.Record{Resolution: noon, First: old.First, Attempts: old.Attempts, Intent: old.Intent}
	return m.kept(old, r, x)
}

func (m *model) Commit(t *rapid.T) {
	next, wrong := maps.Clone(m.records), false
	run := store.Run{Pass: strconv.Itoa(len(m.runs) + 1), Found: 1, Counts: map[string]int{"retry": 2}}
	run.Refusals = []store.Refusal{{Conversation: drawKey(t).Conversation, Reason: "refused"}}
	b := store.Batch{Run: &run}
	for range rapid.IntRange(0, 4).Draw(t, "entries") {
		k, x := drawKey(t), drawResult(t, m.now)
		_, forgotten := m.forgotten[k.Conversation]
		wrong = wrong || x.State == store.Sending || !unsent(next[k]) || forgotten
		next[k] = m.decided(next[k], x)
		b.Entries = append(b.Entries, store.Entry{Key: k, Record: m.decided(store.Record{}, x)})
	}
	b.Checkpoint = m.checkpoint.Add(time.Duration(rapid.IntRange(-1, 5).Draw(t, "checkpoint")) * time.Minute)
	err := m.ledger.Commit(b)
	wantRefusal(t, err, wrong || b.Checkpoint.Before(m.checkpoint))
	if err == nil {
		m.records, m.checkpoint, m.runs = next, b.Checkpoint, slices.Insert(m.runs, 0, run)
	}
}

func (m *model) Recover(t *rapid.T) {
	want := m.only(func(r store.Record) bool { return r.State == store.Sending })
	for k, r := range want {
		x := store.Result{State: store.InDoubt, Reason: store.ReasonInterrupted, At: m.now, Due: m.now}
		want[k] = m.kept(r, r, x)
	}
	before := info(t, m.ledger)
	list, err := m.ledger.Recover(m.now)
	must(t, err)
	wantSame(t, byKey(list), want)
	maps.Copy(m.records, want)
	if len(want) == 0 { // then nothing is written
		wantSame(t, info(t, m.ledger), before)
	}
}

func (m *model) Prune(t *rapid.T) {
	after := rapid.SampledFrom([]time.Duration{-time.Hour, 0, time.Millisecond, time.Hour}).Draw(
		t, "after noon")
	before := noon.Add(after)
	n, err := m.ledger.Prune(t.Context(), before)
	wantRefusal(t, err, before.After(m.checkpoint))
	if err != nil {
		return
	}
	was := len(m.records)
	maps.DeleteFunc(m.records, func(_ store.Key, r store.Record) bool {
		return (r.State.Final() || r.State == store.Skipped) && r.Resolution.Before(before) &&
			r.At.Before(before)
	})
	wantSame(t, n, was-len(m.records))
	if before.After(m.floor) {
		m.floor = before
	}
}

func (m *model) Import(t *rapid.T) {
	k, x := drawKey(t), drawResult(t, m.now)
	old := m.record(k)
	r := m.decided(old, x)
	allowed := []store.State{store.Accepted, store.Rejected, store.Dropped, store.InDoubt, store.Skipped}
	undecided := r.Reason == "rule_error:x" && r.Attempts == 0
	odd := r.State.Final() && undecided && (r.State != store.Rejected || r.Status != 0)
	_, err := m.ledger.Import(sequence(store.Entry{Key: k, Record: m.decided(store.Record{}, x)}, nil))
	if old.Erased() { // it is passed over, whatever it says
		wantRefusal(t, err, false)
		return
	}
	wantRefusal(t, err, !slices.Contains(allowed, x.State) || r != old && (odd || !unsent(old)))
	if err == nil {
		m.records[k] = r
	}
}

func (m *model) Convert(t *rapid.T) {
	if rapid.Bool().Draw(t, "settled") {
		m.Recover(t)
		for k, r := range m.only(func(r store.Record) bool { return r.State == store.InDoubt }) {
			x := store.Result{State: store.Accepted, At: m.now}
			m.keep(m.ledger.Settle(k, r.Intent, x), k, r, x)
		}
	}
	to := rapid.SampledFrom([]store.Identity{store.PerConversation, store.PerResolution}).Draw(t, "to")
	open := m.only(func(r store.Record) bool { return r.State == store.Sending || r.State == store.InDoubt })
	planned, doubt := m.ledger.PlanConversion(to)
	c, err := m.ledger.Convert(to)
	wantRefusal(t, err, to == m.identity || len(open) > 0)
	wantRefusal(t, doubt, err != nil)
	if err != nil {
		return
	}
	next := map[store.Key]store.Record{}
	for k, r := range m.records {
		k = to.Key(store.Entry{Key: k, Record: r})
		if other, both := next[k]; both {
			r = store.Merge(other, r)
		}
		next[k] = r
	}
	want := store.Conversion{From: m.identity, To: to, Moved: c.Moved, Merged: len(m.records) - len(next)}
	wantSame(t, c, want)
	wantSame(t, planned, want)
	m.records, m.identity = next, to
}

// Forget forgets some conversations, unless what was sent of one is not known; first it is only planned.
func (m *model) Forget(t *rapid.T) {
	keys := rapid.SliceOfN(rapid.Custom(drawKey), 1, 3).Draw(t, "keys")
	var ids []string
	var want store.Erasure
	open := false
	next := maps.Clone(m.records)
	for _, k := range keys {
		if slices.Contains(ids, k.Conversation) {
			ids = append(ids, k.Conversation) // it counts once
			continue
		}
		ids = append(ids, k.Conversation)
		if _, before := m.forgotten[k.Conversation]; before {
			want.Before++
			continue
		}
		of := m.of(k.Conversation)
		waited := false
		for key, r := range of {
			open = open || r.State == store.Sending || r.State == store.InDoubt
			waited = waited || r.State.Waiting()
			delete(next, key)
		}
		if len(of) > 0 {
			want.Erased++
		} else {
			want.Unknown++
		}
		if waited {
			want.Waited++
		}
	}
	planned, doubt := m.ledger.PlanForget(ids)
	got, err := m.ledger.Forget(ids, m.now)
	wantRefusal(t, err, open)
	wantRefusal(t, doubt, open)
	if err != nil {
		return
	}
	wantSame(t, got, want)
	wantSame(t, planned, want)
	m.records = next
	for _, id := range ids {
		if _, before := m.forgotten[id]; !before {
			m.forgotten[id] = store.ErasedAt(m.now)
		}
	}
	for i, run := range m.runs {
		m.runs[i].Refusals = slices.DeleteFunc(slices.Clone(run.Refusals), func(x store.Refusal) bool {
			return slices.Contains(ids, x.Conversation)
		})
		if len(m.runs[i].Refusals) == 0 {
			m.runs[i].Refusals = nil
		}
	}
}

// record is what the ledger says of a key: of any one of a conversation that was forgotten, that it was.
func (m *model) record(k store.Key) store.Record {
	if r, forgotten := m.forgotten[k.Conversation]; forgotten {
		return r
	}
	return m.records[k]
}

// of gives the records of a conversation.
func (m *model) of(conversation string) map[store.Key]store.Record {
	found := maps.Clone(m.records)
	maps.DeleteFunc(found, func(k store.Key, _ store.Record) bool { return k.Conversation != conversation })
	return found
}

func (m *model) Restart(*rapid.T) { m.reopen() }

func (m *model) Wait(t *rapid.T) {
	m.now = m.now.Add(time.Duration(rapid.IntRange(1, 60).Draw(t, "minutes")) * time.Minute)
}

// Check compares, after each step, everything that can be read.
func (m *model) Check(t *rapid.T) {
	list := all(t, m.ledger)
	wantSame(t, len(list), len(m.records))
	wantSame(t, byKey(list), m.records)
	for _, k := range modelKeys { // whichever key of a conversation is asked for, the others are told as well
		found, err := m.ledger.Lookup([]store.Key{k})
		must(t, err)
		want := m.of(k.Conversation)
		if r, forgotten := m.forgotten[k.Conversation]; forgotten {
			want[store.Key{Conversation: k.Conversation}] = r
		}
		wantSame(t, found, want)
	}
	open, err := m.ledger.OpenIntents()
	must(t, err)
	wantSame(t, byKey(open), m.only(func(r store.Record) bool { return r.State == store.Sending }))

	limit := rapid.IntRange(0, 3).Draw(t, "limit")
	due, err := m.ledger.Due(m.now, limit)
	wantFirst(t, due, limit, m.only(func(r store.Record) bool {
		return r.State.Waiting() && !r.Due.After(m.now)
	}), err)
	states := rapid.SliceOfDistinct(rapid.SampledFrom(store.States()), rapid.ID[store.State]).Draw(
		t, "states")
	waiting, err := m.ledger.Waiting(limit, states...)
	wantFirst(t, waiting, limit, m.only(func(r store.Record) bool {
		return r.State.Waiting() && (len(states) == 0 || slices.Contains(states, r.State))
	}), err)

	counts := map[store.State]int{}
	for _, r := range m.records {
		counts[r.State]++
	}
	if n := len(m.forgotten); n > 0 {
		counts[store.Dropped] += n
	}
	marks, err := m.ledger.Erased()
	must(t, err)
	wantSame(t, len(marks), len(m.forgotten))
	i := info(t, m.ledger)
	wantSame(t, i.Counts, counts)
	wantSame(t, []time.Time{i.Checkpoint, i.Floor}, []time.Time{m.checkpoint, m.floor})
	wantSame(t, i.Identity, m.identity)
	runs, err := m.ledger.Runs(limit)
	must(t, err)
	want := m.runs
	if limit > 0 {
		want = want[:min(limit, len(want))]
	}
	wantSame(t, runs, want)
}

// wantFirst compares a list with the first due of all that could be in it.
func wantFirst(t *rapid.T, list []store.Entry, limit int, of map[store.Key]store.Record, err error) {
	t.Helper()
	must(t, err)
	want := slices.SortedFunc(maps.Values(of), func(a, b store.Record) int { return a.Due.Compare(b.Due) })
	if limit > 0 {
		want = want[:min(limit, len(want))]
	}
	wantSame(t, len(list), len(want))
	for i, e := range list {
		wantSame(t, e.Record, of[e.Key])
		wantSame(t, e.Due, want[i].Due)
	}
}

func (m *model) only(choose func(store.Record) bool) map[store.Key]store.Record {
	chosen := maps.Clone(m.records)
	maps.DeleteFunc(chosen, func(_ store.Key, r store.Record) bool { return !choose(r) })
	return chosen
}

func byKey(list []store.Entry) map[store.Key]store.Record {
	found := map[store.Key]store.Record{}
	for _, e := range list {
		found[e.Key] = e.Record
	}
	return found
}
