package report

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/plan"
)

// live is how many bytes are in use after a collection.
func live() int64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

// heapGauge takes what is written, and notes at each so many bytes, and at the first, how much is in use.
type heapGauge struct {
	every, left int
	most        int64
}

func (g *heapGauge) Write(text []byte) (int, error) {
	if g.left -= len(text); g.left <= 0 {
		g.left, g.most = g.every, max(g.most, live())
	}
	return len(text), nil
}

// renderingHeap is how many bytes more than before are in use at most while something is written.
func renderingHeap(tb testing.TB, write func(io.Writer) error) int64 {
	tb.Helper()
	before := live()
	gauge := heapGauge{every: 1 << 20}
	if err := write(&gauge); err != nil {
		tb.Fatal(err)
	}
	return gauge.most - before
}

// inForm is the renderer of a form of a pass's report, the making of the report included.
func inForm(tb testing.TB, form string, p Pass, d Detail) func(io.Writer) error {
	tb.Helper()
	render, err := RendererFor("report." + form)
	if err != nil {
		tb.Fatal(err)
	}
	return func(w io.Writer) error { return render(w, New(p, d)) }
}

// TestRowsAreSmall keeps 100,000 conversations for a report: without the requests that were sent, and each name once.
func TestRowsAreSmall(t *testing.T) {
	const most = 160 // bytes each
	conversations := amount(10_000, 100_000)
	before := live()
	rows := &Rows{AppURL: "https://acme.kustomerapp.com"}
	for i := range conversations {
		row := madeUp(i, at)
		row.Key = store.Key{Conversation: fmt.Sprintf("%024x", i)}
		row.AgentName = strings.Clone("A name that each answer brings along anew, and that is rather long, as some are")
		row.Request = &agentconnect.Request{Tags: make([]string, 20)}
		rows.Observe(surveysync.Disposed{Row: row})
	}
	if each := (live() - before) / int64(conversations); each > most {
		t.Errorf("a conversation takes %d bytes, want at most %d", each, most)
	}
	runtime.KeepAlive(rows)
}

// TestRenderingIsSmall writes a list of conversations and one of many times as many in each form that names them all, or
// as many as a page or a ticket may have: what is in use meanwhile hardly grows.
func TestRenderingIsSmall(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long, and has no goroutines of its own that share anything")
	}
	const most = 64 // bytes for each conversation more
	few, many := mostOnPage, amount(3*mostOnPage, 20*mostOnPage)
	writers := map[string]func(n int) func(io.Writer) error{
		"plan.json": func(n int) func(io.Writer) error {
			made := Plan{Plan: plan.New("secret")}
			for i := range n {
				made.Send = append(made.Send, plan.Planned{ID: fmt.Sprintf("%024x", i), Resolution: at})
			}
			made.Plan.Found = n
			// Its fingerprint is of the whole text.
			object := made.object()
			return func(w io.Writer) error { return writeJSON(w, object, indented) }
		},
		"rules.json": func(n int) func(io.Writer) error {
			made := &Rules{rows: make([]trial, n)}
			for i := range made.rows {
				made.rows[i] = trial{id: fmt.Sprintf("%024x", i), rulings: []ruling{{Decision: "send"}}}
			}
			return func(w io.Writer) error { return RulesJSON(w, made) }
		},
	}
	for _, form := range forms {
		writers["pass."+form] = func(n int) func(io.Writer) error {
			pass, detail := detailed(n, 48*time.Hour, nil)
			return inForm(t, form, pass, detail)
		}
	}
	for name, of := range writers {
		t.Run(name, func(t *testing.T) {
			less, more := renderingHeap(t, of(few)), renderingHeap(t, of(many))
			if each := (more - less) / int64(many-few); each > most {
				t.Errorf("%d conversations take %d bytes, %d take %d: %d for each, want at most %d", few, less, many, more, each, most)
			}
		})
	}
}

// TestPacked gives back each row as it was kept: without times, with ids that are none, and with what others try.
func TestPacked(t *testing.T) {
	rows := &Rows{Reveal: true, AppURL: "https://acme.kustomerapp.com"}
	long, odd := strings.Repeat("ab", 5000), "00FF\x00é\xff"
	var want []Row
	for _, row := range []surveysync.Row{
		{},
		{Key: store.Key{Conversation: "ABCDEF"}, Customer: "abc", Resolution: at},
		{Key: store.Key{Conversation: long, Recovery: true, Resolution: at.UnixMilli()}, Customer: odd, Resolution: at.AddDate(0, 0, 1)},
		{
			Key: store.Key{Conversation: odd}, Customer: long, Resolution: at.AddDate(0, 0, 2), State: store.Rejected, Status: 422, Message: odd,
			Reason: decide.Refused, Agent: "agent", RowDetails: decide.RowDetails{
				AgentName: odd, AgentAddress: odd, Teams: []string{"", "north"}, Channel: odd, Brand: odd, Address: odd,
				Handled: at.AddDate(0, 0, 2), Flagged: true,
			},
		},
		{Key: store.Key{Conversation: "early"}, Resolution: at.AddDate(0, 0, 3), RowDetails: decide.RowDetails{Handled: at}},
	} {
		rows.Observe(surveysync.Disposed{Row: row})
		want = append(want, Row{
			ID: row.Key.Conversation, URL: decide.ConversationURL(rows.AppURL, row.Customer, row.Key.Conversation), Customer: row.Customer,
			Resolution: Moment{row.Resolution}, AgentID: row.Agent, Agent: row.AgentName, Teams: append([]string{}, row.Teams...),
			Channel: row.Channel, Brand: row.Brand, Address: row.Address, Decision: row.State.String(), Reason: string(row.Reason),
			Status: row.Status, Message: row.Message, Handled: Moment{row.Handled}, Kind: row.Key.Kind(), Flagged: row.Flagged,
			agentAddress: row.AgentAddress,
		})
	}
	rows.settle()
	i := 0
	for got := range rows.all() {
		got.Resolution, got.Handled = Moment{got.Resolution.UTC()}, Moment{got.Handled.UTC()}
		expected := want[i]
		expected.Resolution, expected.Handled = Moment{expected.Resolution.UTC()}, Moment{expected.Handled.UTC()}
		if a, b := fmt.Sprintf("%#v", got), fmt.Sprintf("%#v", expected); a != b {
			t.Errorf("got\n%s\nwant\n%s", a, b)
		}
		i++
	}
	if i != len(want) {
		t.Errorf("%d rows, want %d", i, len(want))
	}
}

// TestTakenBack has one conversation of many taken back, of one kind of its requests.
func TestTakenBack(t *testing.T) {
	rows := &Rows{}
	row := madeUp(0, at)
	for _, recovery := range []bool{false, true} {
		row.Key.Recovery = recovery
		rows.Observe(surveysync.Disposed{Row: row})
	}
	row.Key.Recovery, row.State = false, store.Scheduled
	rows.Observe(surveysync.TakenBack{Row: row})
	got := map[string]string{}
	for row := range rows.all() {
		got[row.Kind] = row.Decision + " " + row.Address
	}
	if got[""] != "scheduled c•••@example.com" || got["recovery"] != "accepted c•••@example.com" {
		t.Errorf("got %q", got)
	}
}

// BenchmarkReport100000 makes and writes the report of a pass over 100,000 conversations. peak-B is what was in use at
// most while it was written, beyond the rows themselves.
func BenchmarkReport100000(b *testing.B) {
	pass, detail := detailed(100_000, 48*time.Hour, nil)
	for _, form := range forms {
		b.Run(form, func(b *testing.B) {
			write := inForm(b, form, pass, detail)
			b.ReportAllocs()
			for b.Loop() {
				if err := write(io.Discard); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(renderingHeap(b, write)), "peak-B")
		})
	}
}
