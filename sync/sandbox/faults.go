package sandbox

import (
	"math"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Faults are what goes wrong. The zero value is a well-behaved pair of services.
type Faults struct {
	Kustomer     ServiceFaults
	AgentConnect ServiceFaults

	IndexLag       time.Duration // searches see a change so much later
	IndexLagJitter time.Duration // and by up to so much more, another amount for each change
	Reopen         float64       // share of conversations reopened just after a search returned them
	Reclose        float64       // share of conversations resolved again just after a search returned them
	JoinDrop       float64       // share of customers that searches never return although they are there
}

// ServiceFaults are those of one service. Shares lie between 0 and 1 and are drawn from the seed; a request meets one of
// them at most. Delays come on top.
type ServiceFaults struct {
	Hook   func(*http.Request) Fault // asked first; it may read the body. A zero Fault leaves the request to the rest
	Script []Fault                   // then one for each request, in order
	Only   string                    // limits Script and the shares to endpoints that begin so, such as "POST /v1/requests"

	Latency      time.Duration // median of each answer's delay
	LatencySigma float64       // of its logarithm; 0 is the same delay always

	ServerError  float64 // 503, and the request was not processed
	LateError    float64 // 500, though the request was processed
	Throttled    float64 // 429 below the limit
	Broken       float64 // the connection breaks before the request is processed
	LostAnswer   float64 // the connection breaks after the request was processed: accepted, and nobody knows
	CutOff       float64 // the answer ends in the middle
	HTML         float64 // a gateway's page, and the request was not processed
	SlowBody     float64 // the answer trickles in over SlowBodyTime
	SlowBodyTime time.Duration

	LimitHeader LimitHeader // what a 429 tells
}

// Fault is what happens to one request.
type Fault struct {
	Delay     time.Duration // before the answer; the request takes effect after it, unless Processed
	Processed bool          // the request takes effect before the fault
	Status    int           // of an answer in place of the real one; 0 keeps the real one
	Header    http.Header   // added to the answer
	Body      string        // of an answer in place of the real one; empty is an error in the service's shape
	Break     bool          // the connection breaks instead of an answer
	Cut       bool          // the real answer ends in its middle
	Slow      time.Duration
}

func (f Fault) none() bool {
	return f.Delay == 0 && !f.Processed && f.Status == 0 && f.Header == nil && f.Body == "" && !f.Break && !f.Cut && f.Slow == 0
}

// replaces tells whether the real answer is not to be seen.
func (f Fault) replaces() bool { return f.Break || f.Status != 0 }

const htmlPage = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><center><h1>502 Bad Gateway</h1></center></body>\r\n</html>\r\n"

// chaos draws the faults of one service.
type chaos struct {
	ServiceFaults
	mu     sync.Mutex
	random *rand.Rand
	script []Fault
}

func newChaos(f ServiceFaults, s seed, name string) *chaos {
	return &chaos{ServiceFaults: f, random: rand.New(rand.NewPCG(uint64(s), s.hashText(name))), script: f.Script}
}

// fault is what happens to the next request.
func (c *chaos) fault(endpoint string, r *http.Request) Fault {
	var f Fault
	if c.Hook != nil {
		f = c.Hook(r)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.none() && strings.HasPrefix(endpoint, c.Only) {
		f = c.draw()
	}
	f.Delay += c.delay()
	return f
}

func (c *chaos) draw() Fault {
	if len(c.script) > 0 {
		f := c.script[0]
		c.script = c.script[1:]
		return f
	}
	x := c.random.Float64()
	for _, each := range []struct {
		share float64
		fault Fault
	}{
		{c.ServerError, Fault{Status: http.StatusServiceUnavailable}},
		{c.LateError, Fault{Status: http.StatusInternalServerError, Processed: true}},
		{c.Throttled, Fault{Status: http.StatusTooManyRequests}},
		{c.Broken, Fault{Break: true}},
		{c.LostAnswer, Fault{Break: true, Processed: true}},
		{c.CutOff, Fault{Cut: true}},
		{c.HTML, Fault{Status: http.StatusBadGateway, Body: htmlPage, Header: http.Header{"Content-Type": {"text/html"}}}},
		{c.SlowBody, Fault{Slow: c.SlowBodyTime}},
	} {
		if x < each.share {
			return each.fault
		}
		x -= each.share
	}
	return Fault{}
}

// delay is log-normal around Latency.
func (c *chaos) delay() time.Duration {
	if c.Latency <= 0 || c.LatencySigma == 0 {
		return max(0, c.Latency)
	}
	return time.Duration(float64(c.Latency) * math.Exp(c.LatencySigma*c.random.NormFloat64()))
}
