package check

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"time"

	"acsync/sync/agentconnect"
	"acsync/sync/config"
	"acsync/sync/exit"
	"acsync/sync/httpx"
)

// AgentConnect is what the probes ask of Agent Connect. Neither call creates anything.
type AgentConnect interface {
	Glance(ctx context.Context, since time.Time, most int) (agentconnect.Glance, error)
	Employees(ctx context.Context) iter.Seq2[agentconnect.Employee, error]
}

const (
	dataRows    = 100  // that the look at the data asks for
	mostProfile = 2500 // profiles that are read, in five pages
)

// connectSide makes the probes of Agent Connect.
type connectSide struct {
	client   AgentConnect // nil: no call can be made
	settings config.Config
	lacks    []config.Fault
	now      func() time.Time

	unread string // why the data were not read; empty: they were
	glance agentconnect.Glance
}

func (a *connectSide) probes() []Probe {
	const group = "Agent Connect"
	about := after(group, func() string { return a.unread })
	return []Probe{
		{group, "keys", a.keys},
		{group, "test key", a.testKey},
		about("clock", func(context.Context) Result { return clockResult("Agent Connect", a.glance.At, a.now()) }),
		about("data", a.data),
	}
}

// keys proves the key and the secret, as far as a read can: none that is known goes with the key alone.
func (a *connectSide) keys(ctx context.Context) Result {
	a.unread = "its data were not read"
	switch {
	case len(a.lacks) > 0 || a.client == nil:
		return lacking(a.lacks)
	case !a.settings.AgentConnect.APISecret.IsSet():
		a.unread = "its data cannot be read without the API secret"
		return look("set agent_connect.api_secret_file: with the secret, reading the data proves both",
			"the key is set, and only the first real request can prove it: Agent Connect answers no read "+
				"without the API secret")
	}
	glance, err := a.client.Glance(ctx, a.now().Add(-day), dataRows)
	if err != nil {
		return a.refused(err)
	}
	a.unread, a.glance = "", glance
	return ok("the key and the secret are taken by %s", a.settings.AgentConnectURL())
}

// refused tells a key that is wrong from a secret that is, as far as that can be told: it cannot.
func (a *connectSide) refused(err error) Result {
	r := failure(err)
	if api, isCall := errors.AsType[*httpx.Error](err); isCall && api.Kind == httpx.Credentials {
		r.Text += " (which of the two is wrong is not told)"
	}
	return r
}

// testKey says what is known of which key is which. The data may show requests of both (unknown), and no call
// names a key's kind.
func (a *connectSide) testKey(context.Context) Result {
	settings := a.settings.AgentConnect
	const untold = "which of the two a key is no call tells: compare with Settings > Integrations in Agent " +
		"Connect"
	switch {
	case !settings.APIKey.IsSet():
		return notRun("agent_connect.api_key is not set")
	case settings.TestAPIKey.IsSet() && settings.TestAPIKey.Equal(settings.APIKey):
		return failed(exit.Usage, "compare both with Settings > Integrations in Agent Connect",
			"agent_connect.test_api_key is the same key as agent_connect.api_key")
	case settings.TestAPIKey.IsSet():
		return ok("set, and not the same key; %s", untold)
	}
	return ok("none: there are no rehearsals; %s", untold)
}

// data sees whether the data have the shape that settles what is in doubt.
func (a *connectSide) data(context.Context) Result {
	rows := a.glance.Rows
	if len(rows) == 0 {
		return ok("they are a list, and empty for the last 24 hours: its rows cannot be looked at")
	}
	since := a.now().Add(-day - time.Hour)
	var timeless, nameless, early, unknown int
	for _, row := range rows {
		switch {
		case row.CreatedAt.IsZero():
			timeless++
		case row.CreatedAt.Before(since):
			early++
		}
		if row.ExtInteractionID == "" {
			nameless++
		}
		if row.Status != "" && row.Delivery() == agentconnect.UnknownDelivery {
			unknown++
		}
	}
	sorted := slices.IsSortedFunc(rows,
		func(x, y agentconnect.Interaction) int { return int(x.Sequence - y.Sequence) })
	var odd []string
	for problem, holds := range map[string]bool{
		"they are not sorted by sequence id":                             !sorted,
		"more rows came than were asked for (limit)":                     len(rows) > a.glance.Most,
		"rows have no time of creation (request_created_at)":             timeless > 0,
		"rows are older than was asked for (created_at_gte)":             early > 0,
		"no row names its conversation (ext_interaction_id)":             nameless == len(rows),
		"rows have a status of no known words (request_delivery_status)": unknown > 0,
	} {
		if holds {
			odd = append(odd, problem)
		}
	}
	if len(odd) > 0 {
		slices.Sort(odd)
		return look("please report it: what is in doubt is settled by these rows",
			"of %d rows of the last 24 hours: %s", len(rows), strings.Join(odd, "; "))
	}
	return ok("%d rows of the last 24 hours have the shape that is expected", len(rows))
}
