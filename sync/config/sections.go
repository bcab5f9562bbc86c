package config

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
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

	WithoutFirstAsk  = "ask"  // recovery.without_first: an ordinary survey request
	WithoutFirstSkip = "skip" // recovery.without_first: none, and somebody has to look

	SearchDone    = "done_at"    // kustomer.search_by: when conversations were marked done
	SearchUpdated = "updated_at" // kustomer.search_by: when they were changed; it finds the same

	WitnessAuto = "auto" // ledger.witness: in the user's state directory, if there is one
	WitnessOff  = "off"  // ledger.witness: none
)

// Kustomer is the section about the API that is read.
type Kustomer struct {
	Org               string   `toml:"org"`                 // the "acme" of acme.kustomerapp.com
	BaseURL           string   `toml:"base_url"`            // replaces the host; see [Config.KustomerURL]
	APIKey            Secret   `toml:"api_key"`             // filled from whichever source it came
	APIKeyFile        string   `toml:"api_key_file"`        // path
	APIKeyEnv         string   `toml:"api_key_env"`         // name of a variable
	APIKeyCommand     []string `toml:"api_key_command"`     // program and arguments
	APIKeyCredential  string   `toml:"api_key_credential"`  // name in $CREDENTIALS_DIRECTORY
	SearchBy          string   `toml:"search_by"`           // done_at or updated_at
	RequestsPerMinute int      `toml:"requests_per_minute"` // all requests, searches included
	SearchesPerMinute int      `toml:"searches_per_minute"`
	// share of the remaining budget that is left to others, [0, 1)
	Reserve float64  `toml:"reserve"`
	Timeout Duration `toml:"timeout"` // of one request
}

func (c Kustomer) check(k *checker) {
	k.label("kustomer.org", c.Org, kustomerApp)
	k.baseURL("kustomer.base_url", c.BaseURL)
	k.secret("kustomer.api_key", c.APIKey)
	k.oneOf("kustomer.search_by", c.SearchBy, SearchDone, SearchUpdated)
	k.count("kustomer.requests_per_minute", c.RequestsPerMinute, 100_000)
	k.count("kustomer.searches_per_minute", c.SearchesPerMinute, 100_000)
	// So written, NaN is a fault too.
	if !(c.Reserve >= 0 && c.Reserve < 1) {
		k.fault("kustomer.reserve", "must be at least 0 and less than 1, is %v", c.Reserve)
	}
	k.duration("kustomer.timeout", c.Timeout, Duration(time.Second), Duration(10*time.Minute))
}

// AgentConnect is the section about the API that is written to.
type AgentConnect struct {
	Subdomain            string   `toml:"subdomain"` // the "acme" of acme.stellaconnect.net; may be empty
	BaseURL              string   `toml:"base_url"`  // replaces the host; see [Config.AgentConnectURL]
	APIKey               Secret   `toml:"api_key"`   // filled from whichever source it came
	APIKeyFile           string   `toml:"api_key_file"`
	APIKeyEnv            string   `toml:"api_key_env"`        // name of a variable
	APIKeyCommand        []string `toml:"api_key_command"`    // program and arguments
	APIKeyCredential     string   `toml:"api_key_credential"` // name in $CREDENTIALS_DIRECTORY
	APISecret            Secret   `toml:"api_secret"`         // signs the reading of data; optional
	APISecretFile        string   `toml:"api_secret_file"`
	APISecretEnv         string   `toml:"api_secret_env"`        // name of a variable
	APISecretCommand     []string `toml:"api_secret_command"`    // program and arguments
	APISecretCredential  string   `toml:"api_secret_credential"` // name in $CREDENTIALS_DIRECTORY
	TestAPIKey           Secret   `toml:"test_api_key"`          // of rehearsals; optional, see [Config.Rehearsal]
	TestAPIKeyFile       string   `toml:"test_api_key_file"`
	TestAPIKeyEnv        string   `toml:"test_api_key_env"`        // name of a variable
	TestAPIKeyCommand    []string `toml:"test_api_key_command"`    // program and arguments
	TestAPIKeyCredential string   `toml:"test_api_key_credential"` // name in $CREDENTIALS_DIRECTORY
	RequestsPerMinute    int      `toml:"requests_per_minute"`
	Concurrency          int      `toml:"concurrency"` // requests in flight at once
	Timeout              Duration `toml:"timeout"`     // of one request
	VerifyAfter          Duration `toml:"verify_after"`
	Stamp                bool     `toml:"stamp"` // write custom_properties.acsync_intent
}

func (c AgentConnect) check(k *checker) {
	k.label("agent_connect.subdomain", c.Subdomain, agentConnectWeb)
	k.baseURL("agent_connect.base_url", c.BaseURL)
	k.secret("agent_connect.api_key", c.APIKey)
	k.secret("agent_connect.api_secret", c.APISecret)
	k.secret(testKey, c.TestAPIKey)
	k.count("agent_connect.requests_per_minute", c.RequestsPerMinute, 100_000)
	k.count("agent_connect.concurrency", c.Concurrency, 256)
	k.duration("agent_connect.timeout", c.Timeout, Duration(time.Second), Duration(10*time.Minute))
	k.duration("agent_connect.verify_after", c.VerifyAfter, 0, day)
}

// Sync is the section about when and how much.
type Sync struct {
	Settle       Duration `toml:"settle"`         // how long a resolution rests before its window is read
	Overlap      Duration `toml:"overlap"`        // how far a pass reads back behind the checkpoint
	Reread       Duration `toml:"reread"`         // how far a pass reads back once a day; 0 = never
	MaxAge       Duration `toml:"max_age"`        // older resolutions are skipped as stale
	MaxPerRun    int      `toml:"max_per_run"`    // survey requests a pass may create
	MaxErrorRate float64  `toml:"max_error_rate"` // share of rejected requests that stops a pass, [0, 1]
	SurveyPer    string   `toml:"survey_per"`     // SurveyPerConversation or SurveyPerResolution
	Delay        Duration `toml:"delay"`
	RecheckAfter Duration `toml:"recheck_after"` // age of a search answer that is read again before sending
	Drain        Duration `toml:"drain"`         // how long what is in flight may last behind a signal
	Agent        string   `toml:"agent"`         // AgentAssigned or AgentCloser
	Email        string   `toml:"email"`         // EmailFirst or EmailVerified
	Timezone     string   `toml:"timezone"`      // IANA name, "UTC" or "Local"; see [Config.Location]
}

func (c Sync) check(k *checker) {
	k.duration("sync.settle", c.Settle, 0, day)
	k.duration("sync.overlap", c.Overlap, 0, 30*day)
	k.duration("sync.reread", c.Reread, 0, 30*day)
	if c.MaxAge <= 0 {
		k.fault("sync.max_age", "must be more than 0, is %s", c.MaxAge)
	}
	if c.MaxPerRun <= 0 {
		k.fault("sync.max_per_run", "must be at least 1, is %d; --dry-run is the way to send nothing",
			c.MaxPerRun)
	}
	if !(c.MaxErrorRate >= 0 && c.MaxErrorRate <= 1) {
		k.fault("sync.max_error_rate", "must be between 0 and 1, is %v", c.MaxErrorRate)
	}
	k.oneOf("sync.survey_per", c.SurveyPer, SurveyPerConversation, SurveyPerResolution)
	k.duration("sync.delay", c.Delay, 0, 30*day)
	k.duration("sync.recheck_after", c.RecheckAfter, 0, day)
	k.duration("sync.drain", c.Drain, Duration(time.Second), Duration(10*time.Minute))
	k.oneOf("sync.agent", c.Agent, AgentAssigned, AgentCloser)
	k.oneOf("sync.email", c.Email, EmailFirst, EmailVerified)
	if _, err := time.LoadLocation(c.Timezone); err != nil || c.Timezone == "" {
		k.fault("sync.timezone",
			`must be "Local", "UTC" or a name such as "Europe/Berlin", is %s`, shorten(c.Timezone))
	}
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

func (c Filters) check(k *checker) {
	k.oneOf("filters.do_not_send", c.DoNotSend, DoNotSendSkip, DoNotSendFlag)
	if slices.ContainsFunc(c.DoNotSendAttributes, blank) {
		k.fault("filters.do_not_send_attributes",
			"must not hold an empty name; write [] to look at no attribute")
	}
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

func (c Mapping) check(k *checker) {
	for _, name := range slices.Sorted(maps.Keys(c.Channels)) {
		switch key := join("mapping.channels", name); {
		case blank(name):
			k.fault(key, "must not have an empty name")
		case blank(c.Channels[name]):
			k.fault(key, "must not be empty: name the channel as it is set up in Agent Connect")
		}
	}
	if c.DefaultChannel != "" && blank(c.DefaultChannel) {
		k.fault("mapping.default_channel", `must name a channel, or be "" for none`)
	}
	k.properties("mapping.custom_properties", c.CustomProperties)
}

// Recovery is the section about the service recoveries.
type Recovery struct {
	When         string `toml:"when"`          // expression that is true or false; empty: there are none
	WithoutFirst string `toml:"without_first"` // WithoutFirstAsk or WithoutFirstSkip
}

func (c Recovery) check(k *checker, per string) {
	k.oneOf("recovery.without_first", c.WithoutFirst, WithoutFirstAsk, WithoutFirstSkip)
	// The expression is for [Source].Check.
	switch {
	case c.When != "" && blank(c.When):
		k.fault("recovery.when", `must be an expression, or "" for none`)
	case c.When != "" && per == SurveyPerResolution:
		k.fault("recovery.when", `cannot go with sync.survey_per = "resolution": `+
			"Agent Connect finds the first request by the conversation's id, and there would be several")
	}
}

// Notify is the section about who is told of a pass.
type Notify struct {
	HealthcheckURL     Secret `toml:"healthcheck_url"` // whoever knows it can report for the job
	HealthcheckURLFile string `toml:"healthcheck_url_file"`
	WebhookURL         Secret `toml:"webhook_url"` // whoever knows it can write into the channel
	WebhookURLFile     string `toml:"webhook_url_file"`
	PrometheusTextfile string `toml:"prometheus_textfile"` // path; empty: none is written
	Sandbox            bool   `toml:"sandbox"`             // passes of --sandbox notify as well
}

func (c Notify) check(k *checker) {
	k.secretURL("notify.healthcheck_url", c.HealthcheckURL)
	k.secretURL("notify.webhook_url", c.WebhookURL)
	if c.PrometheusTextfile != "" && filepath.Ext(c.PrometheusTextfile) != ".prom" {
		k.fault("notify.prometheus_textfile", "must end with .prom: node_exporter reads no other files")
	}
}

const (
	maxRules    = 100
	maxRuleName = 40 // characters; reports show it in a column
)

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

// ruleName is how a rule may be named: reports and the ledger hold the name, behind "rule:". It is made when
// there is a rule: all the letters of Unicode take a while, which every command would spend.
var ruleName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[\p{L}\p{N}]([\p{L}\p{N} ._-]*[\p{L}\p{N}])?$`)
})

// check checks a rule, and its name against the rules above it.
func (r Rule) check(k *checker, key string, above []Rule) {
	// What could not be read may be what it was to do.
	broken := slices.ContainsFunc(k.faults, func(f Fault) bool { return strings.HasPrefix(f.Key, key+".") })
	switch {
	case blank(r.Name):
		k.fault(key+".name", "must not be empty: reports name the rule that decided")
	case utf8.RuneCountInString(r.Name) > maxRuleName || !ruleName().MatchString(r.Name):
		k.fault(key+".name", "must be at most %d letters, digits, spaces, dots, hyphens and underscores, "+
			"and begin and end with a letter or digit", maxRuleName)
	case strings.HasPrefix(r.Name, "mapping."), strings.HasPrefix(r.Name, "recovery."):
		k.fault(key+".name", `must not begin with "mapping." or "recovery.", `+
			"by which reports name the expressions of those sections")
	case slices.ContainsFunc(above, func(other Rule) bool { return other.Name == r.Name }):
		k.fault(key+".name", "is the name of a rule above; reports could not tell them apart")
	}
	if blank(r.When) {
		k.fault(key+".when", "must not be empty: write true for a rule that always holds")
	}
	if r.Action != "" {
		k.oneOf(key+".action", r.Action, "skip", "flag", "send")
	}
	if r.Delay != nil {
		k.duration(key+".delay", *r.Delay, 0, 30*day)
	}
	k.properties(key+".set.custom_properties", r.Set.CustomProperties)
	if r.Action == "" && r.Delay == nil && r.Set.empty() && !broken {
		k.faultOf([]string{key, key + ".action"},
			"does nothing: give it an action, a delay or something to set")
	}
}

func (s RuleSet) empty() bool {
	return s.Channel+s.Tags+s.Brand+s.Language+s.Country+s.EmployeeCustomID == "" &&
		len(s.CustomProperties) == 0
}

// Default returns the configuration of an empty file. It is valid, and lacks only what [Config.Ready] names:
// whose conversations to read, and the keys.
func Default() Config {
	return Config{
		Kustomer: Kustomer{
			APIKeyCommand:     []string{},
			SearchBy:          SearchDone,
			RequestsPerMinute: 300,
			SearchesPerMinute: 60,
			Reserve:           0.1,
			Timeout:           Duration(30 * time.Second),
		},
		AgentConnect: AgentConnect{
			APIKeyCommand: []string{}, APISecretCommand: []string{}, TestAPIKeyCommand: []string{},
			RequestsPerMinute: 100,
			Concurrency:       8,
			Timeout:           Duration(30 * time.Second),
			VerifyAfter:       Duration(5 * time.Minute),
			Stamp:             true,
		},
		Sync: Sync{
			Settle:       Duration(3 * time.Minute),
			Overlap:      Duration(30 * time.Minute),
			Reread:       2 * day,
			MaxAge:       Duration(72 * time.Hour),
			MaxPerRun:    5000,
			MaxErrorRate: 0.25,
			SurveyPer:    SurveyPerConversation,
			RecheckAfter: Duration(10 * time.Minute),
			Drain:        Duration(25 * time.Second),
			Agent:        AgentAssigned,
			Email:        EmailFirst,
			Timezone:     "Local",
		},
		Filters: Filters{
			DoNotSend: DoNotSendSkip,
			// The vendor's workflow reads the first; Kustomer derives the second from the field that the
			// vendor's guide tells to create (both documented).
			DoNotSendAttributes: []string{
				"doNotSendStellaConnectRequestBool",
				"doNotSendAgentConnectRequestBool",
			},
			SkipImported:      true,
			SkipSpam:          true,
			SkipMachineAgents: true,
		},
		Mapping: Mapping{
			Channels:         map[string]string{"voice": "phone"},
			CustomProperties: map[string]string{},
		},
		Recovery: Recovery{WithoutFirst: WithoutFirstAsk},
		Ledger: Ledger{
			Path: "acsync.db", Retain: 400 * day, Witness: WitnessAuto, BackupKeep: 7,
			Lease: Duration(90 * time.Second), TakeoverQuarantine: Duration(time.Hour),
		},
	}
}
