package config

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// undecisive are sections and keys that change when, how fast, and how much at once a pass works, or where, and never what it
// decides about a conversation. The accounts are for [Config.Accounts] to tell apart.
var undecisive = []string{
	"kustomer.base_url", "kustomer.requests_per_minute", "kustomer.searches_per_minute", "kustomer.reserve", "kustomer.timeout",
	"agent_connect.base_url", "agent_connect.requests_per_minute", "agent_connect.concurrency", "agent_connect.timeout",
	"agent_connect.verify_after", "sync.settle", "sync.overlap", "sync.max_per_run", "sync.max_error_rate", "sync.recheck_after",
	"sync.timezone", "ledger.retain", "ledger.allow_network",
}

// Decisions tells configurations apart that decide otherwise: the same one means that every key on which decisions and survey
// requests depend has the same value. It holds no secret.
func (c Config) Decisions() string {
	sum := sha256.New()
	for _, each := range c.Show() {
		if !slices.ContainsFunc(undecisive, func(key string) bool { return each.Key == key || strings.HasPrefix(each.Key, key+".") }) {
			fmt.Fprintf(sum, "%q=%q\n", each.Key, each.Value)
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}
