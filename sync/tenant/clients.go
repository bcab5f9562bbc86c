package tenant

import (
	"cmp"
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

// briefTries let a connection that was cut, or a clock that differs, be no failure.
const briefTries = 2

// clock is how a time is written that is waited for.
const clock = time.TimeOnly + " UTC"

// Clients are the two services of a tenant, each call paced by the limits that it falls under.
type Clients struct {
	Kustomer     *kustomer.Client
	AgentConnect *agentconnect.Client // nil: its key is not set
	// lists the profiles: AgentConnect, but of a rehearsal with the production key, which has the secret
	Profiles *agentconnect.Client

	all, searches, requests, data service
	again                         atomic.Pointer[retrial]
	dial                          httpx.Dial // nil: the network
}

// service is what a limit holds for, under the names that people read.
type service struct {
	name, owner string
	*httpx.Pacer
}

// retrial is the failed call that was last put off.
type retrial struct {
	owner   string
	at      time.Time
	because error
}

// brief is why, without anything that a server has said.
func (r retrial) brief() string {
	if api, ok := errors.AsType[*httpx.Error](r.because); ok {
		return api.Brief()
	}
	return "the call failed"
}

// Wait is what a pass waits for at a moment, for a line on a terminal, and the same where there is little
// room. The zero Wait is for nothing.
type Wait struct{ Text, Brief string }

// Connect makes the clients, which name themselves by agent and log what they try again. It does not call
// yet. Without Agent Connect's API key there is no client for that.
func Connect(cfg config.Config, agent string, log *slog.Logger) (*Clients, error) {
	return connect(cfg, agent, log, 0, nil)
}

// ConnectBriefly makes the clients of who wants to see how the services answer now: a call that fails is
// tried once more, and not for minutes. With an error there is the client that could be made, if any.
func ConnectBriefly(cfg config.Config, agent string, log *slog.Logger) (*Clients, error) {
	return connect(cfg, agent, log, briefTries, nil)
}

// connect makes the clients; 0 tries are as many as each client makes by itself.
func connect(
	cfg config.Config, agent string, log *slog.Logger, tries int, dial httpx.Dial,
) (*Clients, error) {
	k, a := cfg.Kustomer, cfg.AgentConnect
	paced := func(class, owner, part string, perMinute int, reserve float64) service {
		return service{owner + part, owner, httpx.NewPacer(httpx.PacerOptions{
			Name: owner + part, Class: class, PerMinute: float64(perMinute), Reserve: reserve,
		})}
	}
	c := &Clients{
		dial:     dial,
		all:      paced("kustomer", "Kustomer", "", k.RequestsPerMinute, k.Reserve),
		searches: paced("kustomer_search", "Kustomer", "'s search", k.SearchesPerMinute, 0),
		requests: paced("agent_connect", "Agent Connect", "", a.RequestsPerMinute, 0),
		data:     paced("agent_connect_data", "Agent Connect", "'s data", dataPerMinute, 0),
	}
	if unused := httpx.UnusedProxy(cfg.KustomerURL(), cfg.AgentConnectURL()); unused != "" {
		log.Warn(unused)
	}
	var err error
	c.Kustomer, err = kustomer.New(kustomer.Options{
		BaseURL: cfg.KustomerURL(), APIKey: k.APIKey.Reveal(), Timeout: time.Duration(k.Timeout),
		All: c.all.Pacer, Search: c.searches.Pacer, UserAgent: agent, Tries: tries,
		Notify: c.tryingAgain(log, c.all, c.searches),
		Log:    log, ByUpdate: k.SearchBy == config.SearchUpdated, Dial: dial,
	})
	if !a.APIKey.IsSet() {
		return c, err
	}
	var other error
	c.AgentConnect, other = c.agentConnect(cfg, agent, log, tries)
	c.Profiles = c.AgentConnect
	return c, cmp.Or(err, other)
}

func (c *Clients) agentConnect(
	cfg config.Config, agent string, log *slog.Logger, tries int,
) (*agentconnect.Client, error) {
	a := cfg.AgentConnect
	return agentconnect.New(agentconnect.Options{
		BaseURL: cfg.AgentConnectURL(), APIKey: a.APIKey.Reveal(), APISecret: a.APISecret.Reveal(),
		Timeout: time.Duration(a.Timeout), Data: c.data.Pacer, Requests: c.requests.Pacer,
		UserAgent: agent, DataTries: tries, Log: log, Notify: c.tryingAgain(log, c.data), Dial: c.dial,
	})
}

// tryingAgain logs a failed call that is made again, and when: a pause of the service may be the longer one.
func (c *Clients) tryingAgain(log *slog.Logger, of ...service) func(error, time.Duration) {
	return func(err error, wait time.Duration) {
		at := time.Now().Add(wait)
		for _, s := range of {
			if until, _ := s.Paused(); until.After(at) {
				at = until
			}
		}
		c.again.Store(&retrial{of[0].owner, at, err})
		log.Warn("trying again", "at", at.UTC().Format(clock), "because", err)
	}
}

// Calls counts what was sent to the services.
type Calls struct{ Kustomer, KustomerSearch, AgentConnect, AgentConnectData int }

// Calls counts what was sent so far.
func (c *Clients) Calls() Calls {
	return Calls{c.all.Count(), c.searches.Count(), c.requests.Count(), c.data.Count()}
}

// Limited counts how often the services answered that there were too many calls (429).
func (c *Clients) Limited() Calls {
	return Calls{c.all.Limited(), c.searches.Limited(), c.requests.Limited(), c.data.Limited()}
}

// WaitingFor says what keeps a pass from going on: a service that has told it to wait, or that failed and is
// asked again. Empty when nothing does. It is written to a file, so nothing that a server said is in it: that
// can name people.
func (c *Clients) WaitingFor(now time.Time) string {
	for _, s := range []service{c.requests, c.data, c.all, c.searches} {
		if until, why := s.Paused(); until.After(now) {
			return fmt.Sprintf("%s, until %s: %s", s.name, until.UTC().Format(clock), why)
		}
	}
	again := c.again.Load()
	if again == nil || !again.at.After(now) {
		return ""
	}
	return fmt.Sprintf("%s, to be asked again at %s: %s", again.owner, again.at.UTC().Format(clock),
		again.brief())
}

// Waiting says what the pass waits for at this moment, and how long yet. A service that asked to wait comes
// first, then one that failed, then whose pace holds things up.
func (c *Clients) Waiting() Wait {
	now := time.Now()
	in := func(until time.Time) string { return max(until.Sub(now), time.Second).Round(time.Second).String() }
	for _, s := range []service{c.requests, c.all, c.searches, c.data} {
		if until, why := s.Paused(); !until.IsZero() {
			return Wait{
				fmt.Sprintf("pausing %s for %s: %s", in(until), s.owner, why), "pausing " + in(until),
			}
		}
	}
	if again := c.again.Load(); again != nil && again.at.After(now) {
		return Wait{
			fmt.Sprintf("%s is asked again in %s: %s", again.owner, in(again.at), again.brief()),
			"next try in " + in(again.at),
		}
	}
	for _, s := range []service{c.requests, c.searches, c.all, c.data} {
		if waiting, rate := s.Waiting(); waiting {
			return Wait{fmt.Sprintf("paced by %s, %d/min", s.name, rate), "paced by " + s.name}
		}
	}
	return Wait{}
}
