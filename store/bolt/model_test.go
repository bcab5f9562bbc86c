package bolt

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	gocmp "github.com/google/go-cmp/cmp"

	"acsync/store"
)

// model is a ledger in the plainest form: what the real one is held against after each step.
type model struct {
	ledger  *Ledger
	records map[store.Key]store.Record
	numbers uint64 // intents so far
	now     time.Time
	mark    time.Time // checkpoint
	runs    int
}

// long is set when the long programmes are wanted, too.
var long = os.Getenv("LONG_TESTS") != ""

// TestModel runs random steps against the ledger and the model and compares all that can be read.
func TestModel(t *testing.T) {
	few(t, 25)
	rapid.Check(t, func(r *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "model")
		must(r, err)
		path := filepath.Join(dir, "ledger.db")
		must(r, Create(path, noon))
		l, err := Open(path, Options{Strict: true})
		must(r, err)
		m := &model{ledger: l, records: map[store.Key]store.Record{}, now: sec, mark: noon}
		defer func() { m.ledger.Close() }()
		r.Repeat(rapid.StateMachineActions(m))
		must(r, m.ledger.Check(t.Context()))
	})
}

// few makes rapid check that often unless told otherwise: each step is a sync of the disk.
func few(t *testing.T, checks int) {
	t.Helper()
	if f := flag.Lookup("rapid.checks"); !long && f.Value.String() == f.DefValue {
		f.Value.Set(strconv.Itoa(checks))
		t.Cleanup(func() { f.Value.Set(f.DefValue) })
	}
}

func must(t rapid.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var modelKeys = []store.Key{
	id(1), id(2), id(3),
	{Conversation: id(1).Conversation, Resolution: 1795000000000},
	{Conversation: id(1).Conversation, Resolution: 1795000000001},
	{Conversation: "conv-1"},
	{Conversation: "elevenbytes"},
	{Conversation: "conv-1", Resolution: 1795000000000},
	{Conversation: id(1).Conversation, Recovery: true},
	{Conversation: "conv-1", Recovery: true},
}

func (m *model) key(t *rapid.T) store.Key { return rapid.SampledFrom(modelKeys).Draw(t, "key") }

func (m *model) state(t *rapid.T) store.State {
	return rapid.SampledFrom(store.States()).Draw(t, "state")
}

func (m *model) result(t *rapid.T) store.Result {
	r := store.Result{
		State: m.state(t), At: m.now,
		Reason: rapid.SampledFrom([]string{"", "no_agent", "rule:x", "busy", "rule_error:x"}).Draw(t, "reason"),
		Status: rapid.SampledFrom([]int{0, 200, 201, 429, 503}).Draw(t, "status"),
	}
	if minutes := rapid.IntRange(-1, 90).Draw(t, "due"); minutes >= 0 {
		r.Due = m.now.Add(time.Duration(minutes)*time.Minute + time.Millisecond)
	}
	return r
}

// kept is the record that a result leaves, in the shape that the ledger keeps.
func kept(r store.Record, x store.Result) store.Record {
	r.State, r.Reason, r.Status, r.At, r.Due = x.State, x.Reason, x.Status, x.At, x.Due
	switch {
	case !r.State.Waiting():
		r.Due = time.Time{}
	case r.Due.IsZero():
		r.Due = r.At
	}
	return r
}

// kept is the record that a result leaves of an old one: what falls into doubt remembers how many intents
// there were.
func (m *model) kept(old, r store.Record, x store.Result) store.Record {
	r = kept(r, x)
	r.Doubt = 0
	switch {
	case r.State != store.InDoubt:
	case old.State == store.InDoubt && old.Doubt != 0:
		r.Doubt = old.Doubt
	default:
		r.Doubt = m.numbers
	}
	return r
}

// expect compares an answer with what the model foresaw.
func expect(t *rapid.T, err error, ok bool) {
	t.Helper()
	if (err == nil) != ok || (err != nil && !errors.Is(err, store.ErrRefused)) {
		t.Fatalf("got error %v, foresaw success: %v", err, ok)
	}
}

func (m *model) Begin(t *rapid.T) {
	k := m.key(t)
	old := m.records[k]
	ok := unsent(old)
	i, err := m.ledger.Begin(k, noon, m.now)
	expect(t, err, ok)
	if !ok {
		return
	}
	m.numbers++
	r := store.Record{State: store.Sending, Resolution: noon, At: m.now, First: old.First, Attempts: old.Attempts + 1, Intent: m.numbers}
	if r.First.IsZero() {
		r.First = m.now
	}
	if i.Number != r.Intent || i.Attempt != r.Attempts {
		t.Fatalf("got %v, foresaw %v", i, r)
	}
	m.records[k] = r
}

func (m *model) Finish(t *rapid.T) {
	k, x := m.key(t), m.result(t)
	number := m.records[k].Intent - uint64(rapid.IntRange(0, 1).Draw(t, "off"))
	ok := m.records[k].State == store.Sending && number == m.records[k].Intent &&
		slices.Contains([]store.State{store.Accepted, store.Rejected, store.Retry, store.InDoubt, store.Scheduled}, x.State)
	expect(t, m.ledger.Finish(store.Intent{Key: k, Number: number, Ledger: m.ledger.id}, x), ok)
	if ok {
		m.records[k] = m.kept(m.records[k], m.records[k], x)
	}
}

func (m *model) Settle(t *rapid.T) {
	k, x := m.key(t), m.result(t)
	ok := m.records[k].State == store.InDoubt &&
		slices.Contains([]store.State{store.Accepted, store.Rejected, store.Retry, store.InDoubt, store.Scheduled, store.Dropped}, x.State)
	expect(t, m.ledger.Settle(k, m.records[k].Intent, x), ok)
	if ok {
		m.records[k] = m.kept(m.records[k], m.records[k], x)
	}
}

// unsent tells whether a key may be decided, or begun: nothing was sent for it, as far as is known.
func unsent(r store.Record) bool {
	never := r.State == store.Rejected && r.Attempts == 0 && r.Status == 0 && r.Reason == "rule_error:x"
	return never || slices.Contains([]store.State{store.Unknown, store.Scheduled, store.Retry, store.Skipped}, r.State)
}

func (m *model) Commit(t *rapid.T) {
	next, ok := maps.Clone(m.records), true
	b := store.Batch{Run: &store.Run{Pass: fmt.Sprint(m.runs + 1)}}
	for range rapid.IntRange(0, 4).Draw(t, "entries") {
		k, x := m.key(t), m.result(t)
		old := next[k]
		ok = ok && x.State != store.Sending && unsent(old)
		next[k] = m.kept(old, store.Record{Resolution: noon, First: old.First, Attempts: old.Attempts, Intent: old.Intent}, x)
		b.Entries = append(b.Entries, store.Entry{Key: k, Record: kept(store.Record{Resolution: noon}, x)})
	}
	step := time.Duration(rapid.IntRange(-1, 5).Draw(t, "checkpoint")) * time.Minute
	b.Checkpoint = m.mark.Add(step)
	ok = ok && step >= 0
	expect(t, m.ledger.Commit(b), ok)
	if ok {
		m.records, m.mark = next, b.Checkpoint
		m.runs++
	}
}

func (m *model) Recover(t *rapid.T) {
	list, err := m.ledger.Recover(m.now)
	must(t, err)
	for k, r := range m.records {
		if r.State == store.Sending {
			m.records[k] = m.kept(r, r, store.Result{State: store.InDoubt, Reason: store.ReasonInterrupted, At: m.now, Due: m.now})
			if i := slices.IndexFunc(list, func(e store.Entry) bool { return e.Key == k }); i < 0 || !gocmp.Equal(list[i].Record, m.records[k]) {
				t.Fatalf("%v was not recovered: %v", k, list)
			}
		}
	}
}

func (m *model) Reopen(t *rapid.T) {
	must(t, m.ledger.Close())
	l, err := Open(m.ledger.path, Options{Strict: true})
	must(t, err)
	m.ledger = l
}

func (m *model) Prune(t *rapid.T) {
	before := noon.Add(time.Duration(rapid.IntRange(0, 1).Draw(t, "after noon")) * time.Millisecond)
	n, err := m.ledger.Prune(context.Background(), before)
	expect(t, err, !before.After(m.mark))
	if err != nil {
		return
	}
	kept := len(m.records)
	maps.DeleteFunc(m.records, func(_ store.Key, r store.Record) bool {
		return (r.State.Final() || r.State == store.Skipped) && r.Resolution.Before(before) && r.At.Before(before)
	})
	same(t, n, kept-len(m.records))
}

func (m *model) Import(t *rapid.T) {
	k, x := m.key(t), m.result(t)
	old := m.records[k]
	r := m.kept(old, store.Record{Resolution: noon, First: old.First, Attempts: old.Attempts, Intent: old.Intent}, x)
	allowed := slices.Contains([]store.State{store.Accepted, store.Rejected, store.Dropped, store.InDoubt, store.Skipped}, x.State)
	odd := r.State.Final() && r.Reason == "rule_error:x" && r.Attempts == 0 && (r.State != store.Rejected || r.Status != 0)
	ok := allowed && (r == old || unsent(old) && !odd)
	_, err := m.ledger.Import(func(yield func(store.Entry, error) bool) {
		yield(store.Entry{Key: k, Record: kept(store.Record{Resolution: noon}, x)}, nil)
	})
	expect(t, err, ok)
	if ok {
		m.records[k] = r
	}
}

func (m *model) Compact(t *rapid.T) {
	must(t, m.ledger.Close())
	must(t, Compact(m.ledger.path, Options{Strict: true}))
	l, err := Open(m.ledger.path, Options{Strict: true})
	must(t, err)
	m.ledger = l
}

func (m *model) Wait(t *rapid.T) {
	m.now = m.now.Add(time.Duration(rapid.IntRange(1, 60).Draw(t, "minutes")) * time.Minute)
}

// Check compares everything that can be read.
func (m *model) Check(t *rapid.T) {
	found, err := m.ledger.Lookup(modelKeys)
	must(t, err)
	same(t, found, m.records)

	var list []store.Entry
	must(t, m.ledger.Each(func(e store.Entry) error { list = append(list, e); return nil }))
	same(t, list, m.entries(func(a, b store.Entry) int { return 0 }, func(store.Record) bool { return true }))

	byDue := func(a, b store.Entry) int { return a.Due.Compare(b.Due) }
	due, err := m.ledger.Due(m.now, 0)
	must(t, err)
	same(t, due, m.entries(byDue, func(r store.Record) bool { return r.State.Waiting() && !r.Due.After(m.now) }))
	open, err := m.ledger.OpenIntents()
	must(t, err)
	same(t, open, m.entries(func(a, b store.Entry) int { return 0 }, func(r store.Record) bool { return r.State == store.Sending }))

	info, err := m.ledger.Info()
	must(t, err)
	same(t, info.Checkpoint, m.mark)
	counts := map[store.State]int{}
	for _, r := range m.records {
		counts[r.State]++
	}
	same(t, info.Counts, counts)
	runs, err := m.ledger.Runs(0)
	must(t, err)
	same(t, len(runs), m.runs)
}

// entries gives the chosen records in an order, and where that says nothing in the order of keys.
func (m *model) entries(order func(a, b store.Entry) int, choose func(store.Record) bool) []store.Entry {
	var list []store.Entry
	for k, r := range m.records {
		if choose(r) {
			list = append(list, store.Entry{Key: k, Record: r})
		}
	}
	slices.SortFunc(list, func(a, b store.Entry) int {
		return cmp.Or(order(a, b), slices.Compare(codeOf(a.Key), codeOf(b.Key)))
	})
	return list
}

func codeOf(k store.Key) []byte {
	code, _ := encodeKey(k)
	return code
}

func same(t *rapid.T, got, want any) {
	t.Helper()
	if d := gocmp.Diff(want, got); d != "" {
		t.Fatalf("difference (-want +got):\n%s", d)
	}
}
