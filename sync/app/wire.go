package app

import (
	"log/slog"
	"sync/atomic"
	"time"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/agentconnect"
	"acsync/sync/config"
	"acsync/sync/decide"
	"acsync/sync/deliver"
	"acsync/sync/explain"
	"acsync/sync/httpx"
	"acsync/sync/kustomer"
	"acsync/sync/report"
)

// clients are the two services of a tenant, each call paced by the limits that it falls under.
type clients struct {
	kustomer *kustomer.Client
	connect  *agentconnect.Client // nil: its key is not set

	all, searches, requests, data *httpx.Pacer
	again                         atomic.Pointer[retrial] // the failed call that was last put off
}

// dataPerMinute is Agent Connect's documented limit for reading its data, by key.
const dataPerMinute = 100

// connect makes the clients; it does not call yet. Without Agent Connect's API key there is none for that.
func connect(cfg config.Config, log *slog.Logger) (*clients, error) {
	c := &clients{
		all: httpx.NewPacer(httpx.PacerOptions{
			Name: "Kustomer", PerMinute: float64(cfg.Kustomer.RequestsPerMinute), Reserve: cfg.Kustomer.Reserve,
		}),
		searches: httpx.NewPacer(httpx.PacerOptions{Name: "Kustomer's search", PerMinute: float64(cfg.Kustomer.SearchesPerMinute)}),
		requests: httpx.NewPacer(httpx.PacerOptions{Name: "Agent Connect", PerMinute: float64(cfg.AgentConnect.RequestsPerMinute)}),
	}
	c.data = httpx.NewPacer(httpx.PacerOptions{Name: "Agent Connect's data", PerMinute: dataPerMinute})
	agent := "acsync/" + version()
	var err error
	c.kustomer, err = kustomer.New(kustomer.Options{
		BaseURL: cfg.KustomerURL(), APIKey: cfg.Kustomer.APIKey.Reveal(), Timeout: time.Duration(cfg.Kustomer.Timeout),
		All: c.all, Search: c.searches, UserAgent: agent,
		Notify: c.tryingAgain(log),
	})
	if err != nil {
		return nil, err
	}
	if !cfg.AgentConnect.APIKey.IsSet() {
		return c, nil
	}
	c.connect, err = agentconnect.New(agentconnect.Options{
		BaseURL: cfg.AgentConnectURL(), APIKey: cfg.AgentConnect.APIKey.Reveal(), Timeout: time.Duration(cfg.AgentConnect.Timeout),
		APISecret: cfg.AgentConnect.APISecret.Reveal(), Data: c.data,
		Requests: c.requests, UserAgent: agent,
	})
	return c, err
}

// tryingAgain logs a failed call that is made again, and when: a pause of the whole service is longer than its own.
func (c *clients) tryingAgain(log *slog.Logger) func(error, time.Duration) {
	return func(err error, wait time.Duration) {
		at := time.Now().Add(wait)
		for _, pacer := range []*httpx.Pacer{c.all, c.searches} {
			if until, _ := pacer.Paused(); until.After(at) {
				at = until
			}
		}
		c.again.Store(&retrial{at, err})
		log.Warn("trying again", "at", at.UTC().Format(time.TimeOnly+" UTC"), "because", err)
	}
}

// calls counts what was sent to the services so far.
func (c *clients) calls() report.Calls {
	return report.Calls{Kustomer: c.all.Count(), KustomerSearch: c.searches.Count(), AgentConnect: c.requests.Count(), AgentConnectData: c.data.Count()}
}

// policy is the part of the configuration that decisions depend on. Its expressions were checked by load.
func policy(cfg config.Config) decide.Policy {
	e, _ := compiled(cfg)
	return decide.Policy{
		AppURL:              cfg.KustomerAppURL(),
		MaxAge:              time.Duration(cfg.Sync.MaxAge),
		Delay:               time.Duration(cfg.Sync.Delay),
		Closer:              cfg.Sync.Agent == config.AgentCloser,
		VerifiedEmail:       cfg.Sync.Email == config.EmailVerified,
		FlagDoNotSend:       cfg.Filters.DoNotSend == config.DoNotSendFlag,
		DoNotSendAttributes: cfg.Filters.DoNotSendAttributes,
		SkipImported:        cfg.Filters.SkipImported,
		SkipSpam:            cfg.Filters.SkipSpam,
		SkipMachineAgents:   cfg.Filters.SkipMachineAgents,
		Channels:            cfg.Mapping.Channels,
		DefaultChannel:      cfg.Mapping.DefaultChannel,
		Mapping:             e.mapping,
		Rules:               e.rules,
		Recovery:            e.recovery,
	}
}

// options are the settings of the engine.
func options(cfg config.Config) surveysync.Options {
	return surveysync.Options{
		Policy:      policy(cfg),
		Limits:      deliver.Limits{Requests: cfg.Sync.MaxPerRun, ErrorRate: cfg.Sync.MaxErrorRate},
		SurveyPer:   store.Identity(cfg.Sync.SurveyPer),
		Settle:      time.Duration(cfg.Sync.Settle),
		Overlap:     time.Duration(cfg.Sync.Overlap),
		Recheck:     time.Duration(cfg.Sync.RecheckAfter),
		Retain:      time.Duration(cfg.Ledger.Retain),
		VerifyAfter: time.Duration(cfg.AgentConnect.VerifyAfter),
		Concurrency: cfg.AgentConnect.Concurrency,
		Stamp:       cfg.AgentConnect.Stamp,
		Verdict:     verdict,
	}
}

// explainOptions are what of them bears on what would happen to a conversation.
func explainOptions(cfg config.Config) explain.Options {
	o := options(cfg)
	return explain.Options{Policy: o.Policy, SurveyPer: o.SurveyPer, Overlap: o.Overlap, Settle: o.Settle}
}
