package config

import (
	"maps"
	"slices"
	"time"
)

// Validate returns every value that cannot work, in the order of the sections, one fault for a key at most. What is merely
// missing is for [Config.Ready] to say.
func (c Config) Validate() []Fault {
	k := &checker{faulty: map[string]bool{}}
	k.checkKustomer(c.Kustomer)
	k.checkAgentConnect(c.AgentConnect)
	k.checkSync(c.Sync)
	k.checkFilters(c.Filters)
	k.checkRecovery(c)
	k.checkMapping(c.Mapping)
	if len(c.Rules) > maxRules {
		k.fault("rule", "has %d entries; at most %d are taken", len(c.Rules), maxRules)
	}
	for i, rule := range c.Rules[:min(len(c.Rules), maxRules)] {
		k.checkRule(ruleKey("rule", i+1), rule, c.Rules[:i])
	}
	k.checkLedger(c.Ledger)
	k.checkTimes(c)
	return k.faults
}

// Ready returns what a pass needs and the configuration lacks, as [Faults], or nil: whose conversations to read, the
// keys of both services, and the secret where a setting depends on it.
func (c Config) Ready() error {
	k := &checker{faulty: map[string]bool{}}
	if c.KustomerURL() == "" {
		k.fault("kustomer.org", `is not set: write the "acme" of acme.kustomerapp.com in the file, or set %s`,
			variableName("kustomer.org"))
	}
	if !c.Kustomer.APIKey.IsSet() {
		k.needKey(secrets[0])
	}
	if !c.AgentConnect.APIKey.IsSet() {
		k.needKey(secrets[1])
	}
	if c.Filters.RequireActiveProfile && !c.AgentConnect.APISecret.IsSet() {
		k.fault("filters.require_active_profile", "needs the API secret, with which the profiles are listed: set the environment variable "+
			"AGENT_CONNECT_API_SECRET, or name a file that holds it in agent_connect.api_secret_file")
	}
	return k.faults.err()
}

func (k *checker) needKey(s secretKeys) {
	k.fault(s.key, "is not set: set the environment variable %s, or name a file that holds it in %s", s.variable, s.fileKey())
}

func (k *checker) checkKustomer(c Kustomer) {
	k.label("kustomer.org", c.Org, kustomerApp)
	k.baseURL("kustomer.base_url", c.BaseURL)
	k.secret("kustomer.api_key", c.APIKey)
	k.count("kustomer.requests_per_minute", c.RequestsPerMinute, 100_000)
	k.count("kustomer.searches_per_minute", c.SearchesPerMinute, 100_000)
	if !(c.Reserve >= 0 && c.Reserve < 1) { // so written, NaN is a fault too
		k.fault("kustomer.reserve", "must be at least 0 and less than 1, is %v", c.Reserve)
	}
	k.duration("kustomer.timeout", c.Timeout, time.Second, 10*time.Minute)
}

func (k *checker) checkAgentConnect(c AgentConnect) {
	k.label("agent_connect.subdomain", c.Subdomain, agentConnectWeb)
	k.baseURL("agent_connect.base_url", c.BaseURL)
	k.secret("agent_connect.api_key", c.APIKey)
	k.secret("agent_connect.api_secret", c.APISecret)
	k.count("agent_connect.requests_per_minute", c.RequestsPerMinute, 100_000)
	k.count("agent_connect.concurrency", c.Concurrency, 256)
	k.duration("agent_connect.timeout", c.Timeout, time.Second, 10*time.Minute)
	k.duration("agent_connect.verify_after", c.VerifyAfter, 0, 24*time.Hour)
}

func (k *checker) checkSync(c Sync) {
	k.duration("sync.settle", c.Settle, 0, 24*time.Hour)
	k.duration("sync.overlap", c.Overlap, 0, 30*24*time.Hour)
	if c.MaxAge <= 0 {
		k.fault("sync.max_age", "must be more than 0, is %s", c.MaxAge)
	}
	if c.MaxPerRun <= 0 {
		k.fault("sync.max_per_run", "must be at least 1, is %d; --dry-run is the way to send nothing", c.MaxPerRun)
	}
	if !(c.MaxErrorRate >= 0 && c.MaxErrorRate <= 1) {
		k.fault("sync.max_error_rate", "must be between 0 and 1, is %v", c.MaxErrorRate)
	}
	k.oneOf("sync.survey_per", c.SurveyPer, SurveyPerConversation, SurveyPerResolution)
	k.duration("sync.delay", c.Delay, 0, 30*24*time.Hour)
	k.duration("sync.recheck_after", c.RecheckAfter, 0, 24*time.Hour)
	k.oneOf("sync.agent", c.Agent, AgentAssigned, AgentCloser)
	k.oneOf("sync.email", c.Email, EmailFirst, EmailVerified)
	if _, err := time.LoadLocation(c.Timezone); err != nil || c.Timezone == "" {
		k.fault("sync.timezone", `must be "Local", "UTC" or a name such as "Europe/Berlin", is %s`, shorten(c.Timezone))
	}
}

// checkTimes checks the times against each other.
func (k *checker) checkTimes(c Config) {
	s := c.Sync
	if s.Settle == 0 && s.Overlap == 0 {
		k.faultRelated("sync.overlap", []string{"sync.settle"},
			"must not be 0 when sync.settle is 0 as well: what the search shows late would never be seen")
	}
	if k.faulty["sync.settle"] || k.faulty["sync.overlap"] || k.faulty["sync.max_age"] {
		return
	}
	if reach := s.Settle + s.Overlap; s.MaxAge < reach {
		k.faultRelated("sync.max_age", []string{"sync.overlap", "sync.settle"},
			"must be at least sync.settle + sync.overlap (%s), is %s: what is found late would be too old to send", reach, s.MaxAge)
	}
	// max_age comes last in the comparison, since a sum with it could overflow.
	if least := c.Ledger.Retain - s.Overlap; c.Ledger.Retain > 0 && least < s.MaxAge {
		k.faultRelated("ledger.retain", []string{"sync.max_age", "sync.overlap"},
			"must be at least sync.max_age + sync.overlap, is %s: what is forgotten too early would be sent twice", c.Ledger.Retain)
	}
}

func (k *checker) checkFilters(c Filters) {
	k.oneOf("filters.do_not_send", c.DoNotSend, DoNotSendSkip, DoNotSendFlag)
	if slices.ContainsFunc(c.DoNotSendAttributes, blank) {
		k.fault("filters.do_not_send_attributes", "must not hold an empty name; write [] to look at no attribute")
	}
}

// checkRecovery checks the section against the others; its expression is for [Source].Check.
func (k *checker) checkRecovery(c Config) {
	switch {
	case c.Recovery.When == "":
	case blank(c.Recovery.When):
		k.fault("recovery.when", `must be an expression, or "" for none`)
	case c.Sync.SurveyPer == SurveyPerResolution:
		k.fault("recovery.when", `cannot go with sync.survey_per = "resolution": Agent Connect finds the first request by the conversation's id, `+
			"and there would be several")
	}
}

func (k *checker) checkMapping(c Mapping) {
	for _, name := range slices.Sorted(maps.Keys(c.Channels)) {
		switch value := c.Channels[name]; {
		case blank(name):
			k.faultRelated(join("mapping.channels", name), []string{"mapping.channels"}, "must not have an empty name")
		case blank(value):
			k.faultRelated(join("mapping.channels", name), []string{"mapping.channels"},
				"must not be empty: name the channel as it is set up in Agent Connect")
		}
	}
	if c.DefaultChannel != "" && blank(c.DefaultChannel) {
		k.fault("mapping.default_channel", `must name a channel, or be "" for none`)
	}
	k.checkProperties("mapping.custom_properties", c.CustomProperties)
}

func (k *checker) checkLedger(c Ledger) {
	if blank(c.Path) {
		k.fault("ledger.path", "must not be empty: without a ledger nothing can be sent once only")
	}
	// A conversation may be marked done again for weeks: who was asked is not to be forgotten sooner, whatever else is set.
	if c.Retain < 0 || c.Retain > 0 && c.Retain < 30*day {
		k.fault("ledger.retain", "must be at least 30d, or 0 to remember for ever, is %s: who was asked before that is forgotten", c.Retain)
	}
}
