package soak

import (
	"bytes"
	"flag"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"acsync/sync/measure"
	"acsync/sync/sandbox"
)

var (
	soakAmount  = flag.Int("soak", 0, "conversations of TestMillion; 0: a short slice, counts alone")
	soakBase    = flag.Int("soak.base", 10_000, "conversations of the passes that it is compared with, before and after it")
	soakPace    = flag.Int("soak.perminute", 100_000, "requests a minute permitted, to each service")
	soakFlight  = flag.Int("soak.concurrency", 32, "survey requests at the same time")
	soakProgram = flag.String("acsync", "", "a built `program` in place of this checkout's")
	soakBefore  = flag.String("before", "", "an older `program`, to be measured as well; its bounds are not held")
	soakSeed    = flag.Uint64("soak.seed", 1, "of the stand-ins")
)

// The bounds, which hold for a million. In a small ledger what is there in any case weighs the most.
const (
	leastHeld    = 250_000
	mostResident = 96 << 20 // bytes
	mostLedger   = 80       // bytes a conversation: 80 MB of a million
	mostGrowth   = 1.1      // times the cost of a conversation in the small passes
)

// settle is how old a conversation is that the first pass finds for certain: sync.settle, and a second, since
// a service tells its time in whole ones.
const settle = 3*time.Minute + time.Second

// amountOfASlice is enough for several pages of searches, and for a test of every day.
const amountOfASlice = 2000

// TestMillion sends conversations through the built program, and holds that nobody is lost or asked twice.
// With -soak it also holds the bounds.
func TestMillion(t *testing.T) {
	if testing.Short() {
		t.Skip("it runs the program as it is built")
	}
	program := *soakProgram
	if program == "" {
		built, err := measure.Build(t.Context(), t.TempDir(), "acsync")
		if err != nil {
			t.Fatal(err)
		}
		program = built[0]
	}
	if *soakAmount == 0 {
		soak(t, program, amountOfASlice)
		return
	}
	if min(*soakAmount, *soakBase) < 1000 || *soakPace < 1 || *soakFlight < 1 {
		t.Fatal("-soak and -soak.base take 1000 or more, -soak.perminute and -soak.concurrency 1 or more")
	}
	var all []result
	if *soakBefore != "" {
		all = []result{soak(t, *soakBefore, *soakBase), soak(t, *soakBefore, *soakAmount)}
		all[0].name, all[1].name = "before", "before"
	}
	// The machine need not be as busy afterwards as it was before.
	first := soak(t, program, *soakBase)
	large := soak(t, program, *soakAmount)
	last := soak(t, program, *soakBase)
	t.Logf("%d processors, %d a minute permitted, %d at the same time\n%s",
		runtime.NumCPU(), *soakPace, *soakFlight, table(append(all, first, large, last)...))
	large.hold(t, first, last)
}

// hold holds the bounds, the growth against two smaller soaks among them.
func (r result) hold(t *testing.T, first, last result) {
	t.Helper()
	if r.cost.Peak > mostResident {
		t.Errorf("%.0f MiB were resident, at most %d are allowed", mib(r.cost.Peak), mostResident>>20)
	}
	if *soakAmount < leastHeld {
		t.Logf("the other bounds are those of a million, and held from %d conversations on", leastHeld)
		return
	}
	if size := float64(r.ledger) / float64(r.found); size > mostLedger {
		t.Errorf("the ledger takes %.0f bytes a conversation, at most %d are allowed", size, mostLedger)
	}
	if growth := 2 * r.cpu() / (first.cpu() + last.cpu()); growth > mostGrowth {
		t.Errorf("a conversation takes %.2f times the processor time, at most %.1f", growth, mostGrowth)
	}
	// The handful of calls that each pass makes weighs more in the small one, never less in the large.
	if growth := 2 * r.calls() / (first.calls() + last.calls()); growth > mostGrowth {
		t.Errorf("a conversation takes %.2f times the calls, at most %.1f", growth, mostGrowth)
	}
}

// result is what came of one soak.
type result struct {
	name    string // "before", or empty
	found   int    // conversations that the passes have found
	passes  int
	called  measure.Calls
	cost    measure.Cost // of the passes
	ledger  int64        // bytes
	verdict measure.Verdict
}

// cpu is the processor time of a conversation, in seconds.
func (r result) cpu() float64 { return r.cost.CPU.Seconds() / float64(r.found) }

// calls are those to Kustomer, of a conversation.
func (r result) calls() float64 { return float64(r.called.Kustomer) / float64(r.found) }

func mib(bytes int64) float64 { return float64(bytes) / (1 << 20) }

// spread is over how long a time the conversations lie: less than the 72 hours after which they are too old.
func spread(amount int) time.Duration {
	return max(time.Hour, min(50*time.Hour, time.Duration(amount/1000)*time.Hour))
}

// soak sends so many conversations through a program and a ledger of its own, until no pass has anything left
// to do.
func soak(t *testing.T, program string, amount int) result {
	t.Helper()
	over := spread(amount)
	perHour := int(math.Ceil(float64(amount) / over.Hours()))
	options := sandbox.Options{Seed: *soakSeed, PerHour: perHour, Busy: over + 30*time.Minute}
	stand, err := measure.Serve(options)
	if err != nil {
		t.Fatal(err)
	}
	defer stand.Close()
	settled := time.Now().Add(-settle)
	job := &measure.Job{
		Program: program, Dir: t.TempDir(), Stand: stand, PerMinute: *soakPace, Concurrency: *soakFlight,
		Start: settled.Add(-over).Truncate(time.Second),
	}
	if err := job.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := result{}
	for open := true; open && r.passes < 5; r.passes++ {
		pass, cost, err := job.Run(t.Context(), "--quiet")
		if err != nil {
			t.Fatal(err)
		}
		if r.passes == 0 {
			r.found = pass.Found
		}
		r.cost, open = r.cost.Plus(cost), pass.Open()
		t.Logf("%d found, %d accepted, in %s", pass.Found, pass.Accepted, cost.Wall.Round(time.Second))
	}
	r.called = stand.Calls()
	r.verdict = measure.Know(stand.Sandbox, job.Start, settled).Judge(stand.Requests())
	if r.ledger, err = job.LedgerSize(); err != nil {
		t.Fatal(err)
	}
	v := r.verdict
	if v.Lost > 0 || v.Doubled > 0 || v.Unwanted > 0 {
		t.Errorf("of %d: %d lost, %d doubled, %d unwanted", v.Due, v.Lost, v.Doubled, v.Unwanted)
	}
	if v.Due < amount*3/5 || v.Accepted < v.Due*9/10 {
		t.Errorf("%d of %d were due, %d accepted: the test shows little", v.Due, amount, v.Accepted)
	}
	if calls := r.calls(); calls > 0.05 {
		t.Errorf("%.4f calls to Kustomer for each of %d, at most 0.05 are allowed", calls, r.found)
	}
	return r
}

// table shows soaks side by side.
func table(all ...result) string {
	var text bytes.Buffer
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(name string, value func(result) string) {
		cells := []string{name}
		for _, r := range all {
			cells = append(cells, value(r))
		}
		fmt.Fprintln(w, strings.Join(cells, "\t")+"\t")
	}
	row("", func(r result) string { return r.name })
	row("conversations", func(r result) string { return fmt.Sprint(r.found) })
	row("to be asked about", func(r result) string { return fmt.Sprint(r.verdict.Due) })
	row("lost", func(r result) string { return fmt.Sprint(r.verdict.Lost) })
	row("doubled", func(r result) string { return fmt.Sprint(r.verdict.Doubled) })
	row("calls to Kustomer a conversation", func(r result) string { return fmt.Sprintf("%.4f", r.calls()) })
	row("answered with 429", func(r result) string { return fmt.Sprint(r.called.Limited) })
	row("CPU a conversation", func(r result) string { return fmt.Sprintf("%.0f µs", r.cpu()*1e6) })
	row("peak resident", func(r result) string { return fmt.Sprintf("%.0f MiB", mib(r.cost.Peak)) })
	row("ledger", func(r result) string { return fmt.Sprintf("%.1f MB", float64(r.ledger)/1e6) })
	row("ledger a conversation", func(r result) string {
		return fmt.Sprintf("%.0f B", float64(r.ledger)/float64(r.found))
	})
	row("wall", func(r result) string { return r.cost.Wall.Round(time.Second).String() })
	_ = w.Flush()
	return text.String()
}
