package sandbox

import (
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Faults are what goes wrong. The zero value is a well-behaved pair of services. Shares lie between 0 and 1
// and are drawn from the seed.
type Faults struct {
	Kustomer     ServiceFaults
	AgentConnect ServiceFaults

	IndexLag       time.Duration // searches see a change so much later
	IndexLagJitter time.Duration // and by up to so much more, another amount for each change
	Reopen         float64       // share of conversations reopened just after a search returned them
	Reclose        float64       // share of conversations resolved again just after a search returned them
	JoinDrop       float64       // share of customers that searches never return although they are there
	Lost           float64       // share of conversations whose requests Agent Connect's data never show
	NoDoneTimes    bool          // searches do not know when conversations were marked done
	Broken         []string      // conversations: a search fails with 500 when its page would show one
	RowBytes       int           // by so many bytes is each conversation longer that a search shows
}

// ServiceFaults are those of one service. A request meets one at most.
type ServiceFaults struct {
	// Hook is asked first; it may read the body. It decides, unless its fault has a Delay and a Header at
	// most: these are added to what Rules say.
	Hook  func(*http.Request) Fault
	Rules []Rule // the first that is due decides
}

// Rule lets requests meet a fault.
type Rule struct {
	On    string        // what method and path contain, such as "POST /v1/requests"; empty is every request
	Wider time.Duration // only searches for more than so long a time meet it; 0 is all requests
	Share float64       // how many of these requests meet it, from 0 to 1; 0 is all of them
	Times int           // how many requests meet it, and then no more; 0 is no end
	Fault Fault         // the zero one lets the request be
}

// concerns reports whether a request is one of the rule's.
func (r *Rule) concerns(request string, body []byte) bool {
	if !strings.Contains(request, r.On) || r.Wider == 0 {
		return strings.Contains(request, r.On)
	}
	q, err := parseQuery(body)
	return err == nil && q.done.to.Sub(q.done.from) > r.Wider
}

// Fault is what happens to one request.
type Fault struct {
	Delay     time.Duration // before the answer; the request takes effect after it, unless Processed
	Processed bool          // the request takes effect before the fault
	Status    int           // of an answer in place of the real one; 0 keeps the real one
	Header    http.Header   // added to the answer; a header without values is taken out
	Body      string        // of an answer in place of the real one; empty is an error in the service's shape
	Break     bool          // the connection breaks instead of an answer
	Cut       bool          // the real answer ends in its middle
}

// decides reports whether the fault does more than delay an answer and add to its header.
func (f *Fault) decides() bool { return f.Processed || f.replaces() || f.Cut }

// replaces reports whether the real answer is not to be seen.
func (f *Fault) replaces() bool { return f.Break || f.Status != 0 }

// faults says what happens to the requests of one service.
type faults struct {
	hook func(*http.Request) Fault

	mu     sync.Mutex
	random *rand.Rand
	rules  []Rule
	met    []int // how many requests have met each rule
}

func newFaults(f ServiceFaults, s seed, service string) *faults {
	random := rand.New(rand.NewPCG(uint64(s), s.hashText(service)))
	return &faults{hook: f.Hook, random: random, rules: f.Rules, met: make([]int, len(f.Rules))}
}

// next is what happens to the next request.
func (f *faults) next(r *http.Request, body []byte) Fault {
	var hooked Fault
	if f.hook != nil {
		hooked = f.hook(r)
	}
	if hooked.decides() {
		return hooked
	}
	fault := f.rule(r.Method+" "+r.URL.Path, body)
	fault.Delay += hooked.Delay
	fault.Header = mergeHeaders(hooked.Header, fault.Header)
	return fault
}

// rule is the fault of the first rule that is due.
func (f *faults) rule(request string, body []byte) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, rule := range f.rules {
		if !rule.concerns(request, body) || rule.Times > 0 && f.met[i] >= rule.Times ||
			rule.Share > 0 && f.random.Float64() >= rule.Share {
			continue
		}
		f.met[i]++
		return rule.Fault
	}
	return Fault{}
}
