package config

import "time"

// Default returns the configuration of an empty file. It is valid, and lacks only what [Config.Ready] names:
// whose conversations to read, and the keys.
func Default() Config {
	return Config{
		Kustomer: Kustomer{
			RequestsPerMinute: 300,
			SearchesPerMinute: 60,
			Reserve:           0.1,
			Timeout:           Duration(30 * time.Second),
		},
		AgentConnect: AgentConnect{
			RequestsPerMinute: 100,
			Concurrency:       8,
			Timeout:           Duration(30 * time.Second),
			VerifyAfter:       Duration(5 * time.Minute),
			Stamp:             true,
		},
		Sync: Sync{
			Settle:       Duration(3 * time.Minute),
			Overlap:      Duration(30 * time.Minute),
			MaxAge:       Duration(72 * time.Hour),
			MaxPerRun:    5000,
			MaxErrorRate: 0.25,
			SurveyPer:    SurveyPerConversation,
			RecheckAfter: Duration(10 * time.Minute),
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
		Ledger: Ledger{Path: "acsync.db", Retain: 400 * day},
	}
}
