package config

import (
	"maps"
	"slices"
)

// Values of the keys that take one of a few words.
const (
	SurveyPerConversation = "conversation" // sync.survey_per: one survey request for a conversation, ever
	SurveyPerResolution   = "resolution"   // sync.survey_per: one for each time it is marked done

	AgentAssigned = "assigned" // sync.agent: the user assigned when the conversation was marked done
	AgentCloser   = "closer"   // sync.agent: the user who marked it done

	EmailFirst    = "first"    // sync.email: the customer's first address
	EmailVerified = "verified" // sync.email: the first verified address, else the first

	DoNotSendSkip = "skip" // filters.do_not_send: no survey request
	DoNotSendFlag = "flag" // filters.do_not_send: a survey request that is counted and not mailed
)

// Config is one tenant: one Kustomer organisation and one Agent Connect account. The toml tags are the keys of the
// file; config.example.toml explains each of them.
type Config struct {
	Kustomer     Kustomer     `toml:"kustomer"`
	AgentConnect AgentConnect `toml:"agent_connect"`
	Sync         Sync         `toml:"sync"`
	Filters      Filters      `toml:"filters"`
	Recovery     Recovery     `toml:"recovery"`
	Mapping      Mapping      `toml:"mapping"`
	Rules        []Rule       `toml:"rule"`
	Ledger       Ledger       `toml:"ledger"`
}

// Kustomer is the section about the API that is read.
type Kustomer struct {
	Org               string   `toml:"org"`                 // the "acme" of acme.kustomerapp.com
	BaseURL           string   `toml:"base_url"`            // replaces the host; see [Config.KustomerURL]
	APIKey            Secret   `toml:"api_key"`             // filled from whichever source it came
	APIKeyFile        string   `toml:"api_key_file"`        // path
	RequestsPerMinute int      `toml:"requests_per_minute"` // all requests, searches included
	SearchesPerMinute int      `toml:"searches_per_minute"`
	Reserve           float64  `toml:"reserve"` // share of the organisation's remaining budget left to others, [0, 1)
	Timeout           Duration `toml:"timeout"` // of one request
}

// AgentConnect is the section about the API that is written to.
type AgentConnect struct {
	Subdomain         string   `toml:"subdomain"` // the "acme" of acme.stellaconnect.net; may be empty
	BaseURL           string   `toml:"base_url"`  // replaces the host; see [Config.AgentConnectURL]
	APIKey            Secret   `toml:"api_key"`   // filled from whichever source it came
	APIKeyFile        string   `toml:"api_key_file"`
	APISecret         Secret   `toml:"api_secret"` // signs the reading of data; optional
	APISecretFile     string   `toml:"api_secret_file"`
	RequestsPerMinute int      `toml:"requests_per_minute"`
	Concurrency       int      `toml:"concurrency"` // requests in flight at once
	Timeout           Duration `toml:"timeout"`     // of one request
	VerifyAfter       Duration `toml:"verify_after"`
	Stamp             bool     `toml:"stamp"` // write custom_properties.acsync_intent
}

// Sync is the section about when and how much.
type Sync struct {
	Settle       Duration `toml:"settle"`         // how long a resolution rests before its window is read
	Overlap      Duration `toml:"overlap"`        // how far a pass reads back behind the checkpoint
	MaxAge       Duration `toml:"max_age"`        // older resolutions are skipped as stale
	MaxPerRun    int      `toml:"max_per_run"`    // survey requests a pass may create
	MaxErrorRate float64  `toml:"max_error_rate"` // share of rejected requests that stops a pass, [0, 1]
	SurveyPer    string   `toml:"survey_per"`     // SurveyPerConversation or SurveyPerResolution
	Delay        Duration `toml:"delay"`
	RecheckAfter Duration `toml:"recheck_after"` // age of a search answer above which it is read again before sending
	Agent        string   `toml:"agent"`         // AgentAssigned or AgentCloser
	Email        string   `toml:"email"`         // EmailFirst or EmailVerified
	Timezone     string   `toml:"timezone"`      // IANA name, "UTC" or "Local"; see [Config.Location]
}

// Filters is the section about what is not sent.
type Filters struct {
	DoNotSend            string   `toml:"do_not_send"` // DoNotSendSkip or DoNotSendFlag
	DoNotSendAttributes  []string `toml:"do_not_send_attributes"`
	SkipImported         bool     `toml:"skip_imported"`
	SkipSpam             bool     `toml:"skip_spam"`
	SkipMachineAgents    bool     `toml:"skip_machine_agents"`
	RequireActiveProfile bool     `toml:"require_active_profile"`
}

// Mapping is the section about the fields of a survey request.
type Mapping struct {
	Channels         map[string]string `toml:"channels"`        // Kustomer's channel to Agent Connect's
	DefaultChannel   string            `toml:"default_channel"` // for conversations without a channel
	Brand            string            `toml:"brand"`           // expression, like the ones below
	Language         string            `toml:"language"`
	Country          string            `toml:"country"`
	EmployeeCustomID string            `toml:"employee_custom_id"`
	CustomProperties map[string]string `toml:"custom_properties"` // name to expression
}

// Recovery is the section about the service recoveries.
type Recovery struct {
	When string `toml:"when"` // expression that is true or false; empty: there are none
}

// Rule is one [[rule]]: a condition and what follows from it.
type Rule struct {
	Name   string    `toml:"name"`
	When   string    `toml:"when"`   // expression that is true or false
	Action string    `toml:"action"` // "skip", "flag" or "send"; empty leaves the decision as it is
	Delay  *Duration `toml:"delay"`  // in place of [Sync].Delay; nil leaves that
	Set    RuleSet   `toml:"set"`
}

// RuleSet holds the expressions with which a rule replaces those of [Mapping].
type RuleSet struct {
	Channel          string            `toml:"channel"` // Agent Connect's name
	Tags             string            `toml:"tags"`    // added to the conversation's own
	Brand            string            `toml:"brand"`
	Language         string            `toml:"language"`
	Country          string            `toml:"country"`
	EmployeeCustomID string            `toml:"employee_custom_id"`
	CustomProperties map[string]string `toml:"custom_properties"`
}

// Ledger is the section about the file that remembers.
type Ledger struct {
	Path         string   `toml:"path"`
	Retain       Duration `toml:"retain"`        // how long dispositions are kept; 0 = for ever
	AllowNetwork bool     `toml:"allow_network"` // a ledger on a network file system is taken
}

// clone returns a copy that shares no map and no slice with c, except inside rules.
func (c Config) clone() Config {
	c.Filters.DoNotSendAttributes = slices.Clone(c.Filters.DoNotSendAttributes)
	c.Mapping.Channels = maps.Clone(c.Mapping.Channels)
	c.Mapping.CustomProperties = maps.Clone(c.Mapping.CustomProperties)
	c.Rules = slices.Clone(c.Rules)
	return c
}
