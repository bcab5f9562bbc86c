//go:build unix

package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"acsync/store"
	"acsync/store/postgres"
	"acsync/sync/sandbox"
)

// tried is one organisation of a trial, with its stand-ins.
type tried struct {
	name  string
	stand *sandbox.Sandbox
	start time.Time
	ended []store.Run // the passes that came to their end, in their order

	mu      sync.Mutex
	arrived []uint64 // the numbers of the stamps, as they came in
}

func newTried(t *testing.T, tr *trial, name string, seed uint64, perHour int) *tried {
	t.Helper()
	// A few conversations are enough for the first pass: all others come while things happen.
	ahead := trialBehind + time.Duration(6*3600/perHour+3)*time.Second
	o := &tried{name: name, start: time.Now().UTC().Truncate(time.Second).Add(-ahead)}
	random := rand.New(rand.NewPCG(seed, 8))
	o.stand = standInOf(t, sandbox.Options{
		Seed: seed + 1, PerHour: perHour, Busy: ahead,
		Faults: sandbox.Faults{AgentConnect: sandbox.ServiceFaults{Hook: func(r *http.Request) sandbox.Fault {
			return o.arrive(r, random)
		}}},
	})
	tr.write(t, "tenants/"+name+".toml", fmt.Sprintf("[kustomer]\norg = %q\nbase_url = %q\n[agent_connect]\nbase_url = %q\n",
		name, o.stand.KustomerURL(), o.stand.AgentConnectURL()))
	tr.write(t, "secrets/"+name+".kustomer", o.stand.KustomerKey())
	tr.write(t, "secrets/"+name+".connect", o.stand.AgentConnectKey())
	tr.write(t, "secrets/"+name+".secret", o.stand.AgentConnectSecret())
	// Its first pass binds the ledger to the key: a request without an answer before that would stay in doubt for good.
	for _, args := range [][]string{{"init", "--start", o.start.Format(time.RFC3339)}, {"run", "--max", "1", "--json"}} {
		c := tr.command(append(args, "--tenant", name)...)
		out, err := c.CombinedOutput()
		if code := c.ProcessState.ExitCode(); err != nil && code != 3 {
			t.Fatalf("%v: exit code %d\n%s", args, code, out)
		}
	}
	return o
}

// arrive notes the number of a survey request, and lets it take effect now or a while later.
func (o *tried) arrive(r *http.Request, random *rand.Rand) sandbox.Fault {
	if r.Method != http.MethodPost {
		return sandbox.Fault{}
	}
	text, err := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(text))
	var request struct {
		Properties struct {
			Stamp string `json:"acsync_intent"`
		} `json:"custom_properties"`
	}
	if err == nil {
		err = json.Unmarshal(text, &request)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, number, ok := strings.Cut(request.Properties.Stamp, "-"); ok && err == nil {
		n, _ := strconv.ParseUint(number, 16, 64)
		o.arrived = append(o.arrived, n)
	}
	return sandbox.Fault{
		Processed: random.IntN(2) == 0, Delay: time.Duration(float64(trialDelay) * math.Exp(random.NormFloat64()/2)),
	}
}

// runs are its passes, the newest first.
func (o *tried) runs(t *testing.T, db *postgres.Database) []store.Run {
	t.Helper()
	l, err := db.Open(t.Context(), o.name, postgres.Options{ReadOnly: true})
	if err != nil {
		return nil // the database has crashed a moment ago
	}
	defer l.Close()
	runs, err := l.Runs(0)
	if err != nil {
		return nil
	}
	return runs
}

// compare holds each conversation below the checkpoint against what was received.
func (o *tried) compare(t *testing.T, ledger seen, checkpoint time.Time, sum *trialSum) {
	t.Helper()
	defer ledger.Close()
	if err := ledger.Check(t.Context()); err != nil {
		t.Errorf("%s: %v", o.name, err)
	}
	doubts, err := ledger.Waiting(0, store.InDoubt)
	if err != nil || len(doubts) > 0 {
		t.Errorf("%s: %d are in doubt: %v (%v)", o.name, len(doubts), doubts, err)
	}
	accepted := map[string]int{}
	for _, request := range o.stand.Requests() {
		sum.requests++
		if request.Accepted() {
			accepted[request.ExtInteractionID]++
		}
	}
	sum.distinct += len(accepted)
	for id, times := range accepted {
		if times > 1 {
			sum.doubled++
			t.Errorf("%s: %s was accepted %d times", o.name, id, times)
		}
	}
	for _, c := range o.stand.Conversations(o.start, checkpoint) {
		if c.Expect != sandbox.Send {
			continue
		}
		sum.asked++
		key := store.Key{Conversation: c.ID}
		known, err := ledger.Lookup([]store.Key{key})
		if err != nil {
			t.Fatal(err)
		}
		if known[key].Reason == "verified" || known[key].Attempts > 1 {
			sum.settled++
		}
		switch state, times := known[key].State, accepted[c.ID]; {
		case state == store.Accepted && times > 0, state == store.Rejected && times == 0:
		default:
			sum.lost++
			t.Errorf("%s: %s (%s) of %s, below the checkpoint %s, is %s in the ledger (%+v), and was accepted %d times",
				o.name, c.ID, c.Kind, c.Resolved, checkpoint, state, known[key], times)
		}
	}
}

// turns looks whether its passes were made one after the other, and whether a number was given twice.
func (o *tried) turns(t *testing.T, runs []store.Run, sum *trialSum) {
	t.Helper()
	slices.SortFunc(runs, func(a, b store.Run) int { return a.Started.Compare(b.Started) })
	for i, r := range runs {
		if i > 0 && r.Started.Before(runs[i-1].Ended) {
			sum.atOnce++
			t.Errorf("%s: a pass began at %s, before that of %s had ended at %s", o.name, r.Started, runs[i-1].Started,
				runs[i-1].Ended)
		}
		if !sound(r) {
			sum.killed++
			continue
		}
		sum.passes++
		if n := len(o.ended); n > 0 {
			sum.pauses = append(sum.pauses, r.Started.Sub(o.ended[n-1].Ended))
		}
		o.ended = append(o.ended, r)
	}
	highest, given := uint64(0), map[uint64]bool{}
	for _, n := range o.arrived {
		if given[n] {
			t.Errorf("%s: the number %d came twice", o.name, n)
		}
		given[n] = true
		if n < highest {
			sum.disorder = max(sum.disorder, int(highest-n))
		}
		highest = max(highest, n)
	}
}

// passed reports whether a pass that came to its end began in a time.
func (o *tried) passed(from, to time.Time) bool {
	return slices.ContainsFunc(o.ended, func(r store.Run) bool { return !r.Started.Before(from) && r.Started.Before(to) })
}
