package tenant

import (
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"acsync/sync/agentconnect"
	"acsync/sync/config"
	"acsync/sync/httpx"
	"acsync/sync/kustomer"
)

// dataPerMinute is Agent Connect's documented limit for reading its data, by key.
const dataPerMinute = 100

// clock is how a time is written that is waited for.
const clock = time.TimeOnly + " UTC"

// Clients are the two services of a tenant, each call paced by the limits that it falls under.
type Clients struct {
	Kustomer     *kustomer.Client
	AgentConnect *agentconnect.Client // nil: its key is not set

	all, searches  *httpx.Pacer // Kustomer's
	requests, data *httpx.Pacer // Agent Connect's
	again          atomic.Pointer[retrial]
}

// retrial is the failed call that was last put off.
type retrial struct {
	at      time.Time
	because error
}

// Connect makes the clients, which name themselves by agent and log what they try again. It does not call
// yet. Without Agent Connect's API key there is no client for that.
func Connect(cfg config.Config, agent string, log *slog.Logger) (*Clients, error) {
	k, a := cfg.Kustomer, cfg.AgentConnect
	pacer := func(name string, perMinute int, reserve float64) *httpx.Pacer {
		return httpx.NewPacer(httpx.PacerOptions{Name: name, PerMinute: float64(perMinute), Reserve: reserve})
	}
	c := &Clients{
		all:      pacer("Kustomer", k.RequestsPerMinute, k.Reserve),
		searches: pacer("Kustomer's search", k.SearchesPerMinute, 0),
		requests: pacer("Agent Connect", a.RequestsPerMinute, 0),
		data:     pacer("Agent Connect's data", dataPerMinute, 0),
	}
	var err error
	c.Kustomer, err = kustomer.New(kustomer.Options{
		BaseURL: cfg.KustomerURL(), APIKey: k.APIKey.Reveal(), Timeout: time.Duration(k.Timeout),
		All: c.all, Search: c.searches, UserAgent: agent, Notify: c.tryingAgain(log),
	})
	if err != nil || !a.APIKey.IsSet() {
		return c, err
	}
	c.AgentConnect, err = agentconnect.New(agentconnect.Options{
		BaseURL: cfg.AgentConnectURL(), APIKey: a.APIKey.Reveal(), APISecret: a.APISecret.Reveal(),
		Timeout: time.Duration(a.Timeout), Data: c.data, Requests: c.requests, UserAgent: agent,
	})
	return c, err
}

// tryingAgain logs a failed call that is made again, and when: a pause of the whole service is longer than
// its own.
func (c *Clients) tryingAgain(log *slog.Logger) func(error, time.Duration) {
	return func(err error, wait time.Duration) {
		at := time.Now().Add(wait)
		for _, pacer := range []*httpx.Pacer{c.all, c.searches} {
			if until, _ := pacer.Paused(); until.After(at) {
				at = until
			}
		}
		c.again.Store(&retrial{at, err})
		log.Warn("trying again", "at", at.UTC().Format(clock), "because", err)
	}
}

// Calls counts what was sent to the services.
type Calls struct{ Kustomer, KustomerSearch, AgentConnect, AgentConnectData int }

// Calls counts what was sent so far.
func (c *Clients) Calls() Calls {
	return Calls{c.all.Count(), c.searches.Count(), c.requests.Count(), c.data.Count()}
}

// service is a pacer under the names that people read.
type service struct {
	name, owner string
	pacer       *httpx.Pacer
}

func (c *Clients) services() (requests, data, all, searches service) {
	return service{"Agent Connect", "Agent Connect", c.requests},
		service{"Agent Connect's data", "Agent Connect", c.data},
		service{"Kustomer", "Kustomer", c.all},
		service{"Kustomer's search", "Kustomer", c.searches}
}

// WaitingFor says what keeps a pass from going on: a service that has told it to wait, or that failed and is
// asked again. Empty when nothing does. It is written to a file, so nothing that a server said is in it: that
// can name people.
func (c *Clients) WaitingFor(now time.Time) string {
	requests, data, all, searches := c.services()
	for _, s := range []service{requests, data, all, searches} {
		if until, why := s.pacer.Paused(); until.After(now) {
			return fmt.Sprintf("%s, until %s: %s", s.name, until.UTC().Format(clock), why)
		}
	}
	again := c.again.Load()
	if again == nil || !again.at.After(now) {
		return ""
	}
	why := "the call failed"
	if api, ok := errors.AsType[*httpx.Error](again.because); ok {
		why = api.Brief()
	}
	return fmt.Sprintf("Kustomer, to be asked again at %s: %s", again.at.UTC().Format(clock), why)
}

// Waiting says what the pass waits for at this moment, in a few words; empty while it is at work. A service
// that asked to wait comes first, then whose pace holds things up.
func (c *Clients) Waiting() string {
	requests, data, all, searches := c.services()
	for _, s := range []service{requests, all, searches, data} {
		if until, _ := s.pacer.Paused(); !until.IsZero() {
			return fmt.Sprintf("%s asked to wait until %s", s.owner, until.UTC().Format(clock))
		}
	}
	for _, s := range []service{requests, searches, all, data} {
		if waiting, rate := s.pacer.Waiting(); waiting {
			return fmt.Sprintf("paced by %s, %d/min", s.name, rate)
		}
	}
	return ""
}
