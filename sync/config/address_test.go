package config

import "testing"

func TestAccounts(t *testing.T) {
	for name, c := range map[string]struct {
		config Config
		want   string
	}{
		"nothing yet": {Config{}, ""},
		"an organisation": {
			Config{Kustomer: Kustomer{Org: "acme"}},
			"Kustomer acme.api.kustomerapp.com, Agent Connect api.stellaconnect.net",
		},
		"a subdomain": {
			Config{Kustomer: Kustomer{Org: "acme"}, AgentConnect: AgentConnect{Subdomain: "acme-eu"}},
			"Kustomer acme.api.kustomerapp.com, Agent Connect acme-eu.api.stellaconnect.net",
		},
		"the same addresses, spelled out": {
			Config{
				Kustomer:     Kustomer{BaseURL: "https://ACME.api.kustomerapp.com:443/"},
				AgentConnect: AgentConnect{BaseURL: "https://api.stellaconnect.net"},
			},
			"Kustomer acme.api.kustomerapp.com, Agent Connect api.stellaconnect.net",
		},
		"proxies": {
			Config{
				Kustomer:     Kustomer{Org: "acme", BaseURL: "https://proxy.example:8443/kustomer"},
				AgentConnect: AgentConnect{BaseURL: "https://proxy.example:8443/connect/"},
			},
			"Kustomer proxy.example:8443/kustomer, Agent Connect proxy.example:8443/connect",
		},
		"stand-ins, whatever their ports": {
			Config{
				Kustomer:     Kustomer{Org: "sandbox", BaseURL: "http://127.0.0.1:41234"},
				AgentConnect: AgentConnect{BaseURL: "http://[::1]:41235"},
			},
			"Kustomer sandbox on this machine, Agent Connect on this machine",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.config.Accounts(); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
