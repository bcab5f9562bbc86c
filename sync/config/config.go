package config

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // containers and Windows often come without a time zone database

	"acsync/sync/httpx"
)

// Config is one tenant: one Kustomer organisation and one Agent Connect account. The toml tags are the keys
// of the file; config.example.toml explains each of them.
type Config struct {
	Kustomer     Kustomer     `toml:"kustomer"`
	AgentConnect AgentConnect `toml:"agent_connect"`
	Sync         Sync         `toml:"sync"`
	Filters      Filters      `toml:"filters"`
	Recovery     Recovery     `toml:"recovery"`
	Mapping      Mapping      `toml:"mapping"`
	Rules        []Rule       `toml:"rule"`
	Ledger       Ledger       `toml:"ledger"`
	Notify       Notify       `toml:"notify"`
}

// clone returns a copy that shares no map and no slice with c, except inside rules.
func (c Config) clone() Config {
	c.Filters.DoNotSendAttributes = slices.Clone(c.Filters.DoNotSendAttributes)
	c.Mapping.Channels = maps.Clone(c.Mapping.Channels)
	c.Mapping.CustomProperties = maps.Clone(c.Mapping.CustomProperties)
	c.Rules = slices.Clone(c.Rules)
	return c
}

// KustomerURL returns the root of Kustomer's API without a slash at its end: kustomer.base_url, else
// https://<org>.api.kustomerapp.com, which routes to the organisation's region (documented). Empty when
// neither is set.
func (c Config) KustomerURL() string {
	if c.Kustomer.BaseURL == "" && c.Kustomer.Org == "" {
		return ""
	}
	return cmp.Or(strings.TrimRight(c.Kustomer.BaseURL, "/"), "https://"+c.Kustomer.Org+"."+kustomerAPI)
}

// KustomerAppURL returns the root of Kustomer's web application, https://<org>.kustomerapp.com, for links to
// conversations. Empty when kustomer.org is not set: there is no page to link to then.
func (c Config) KustomerAppURL() string {
	if c.Kustomer.Org == "" {
		return ""
	}
	return "https://" + c.Kustomer.Org + "." + kustomerApp
}

// AgentConnectURL returns the root of Agent Connect's API without a slash at its end: agent_connect.base_url,
// else https://<subdomain>.api.stellaconnect.net, else the host that all accounts share (both documented).
func (c Config) AgentConnectURL() string {
	host := strings.TrimPrefix(c.AgentConnect.Subdomain+"."+agentConnectAPI, ".")
	return cmp.Or(strings.TrimRight(c.AgentConnect.BaseURL, "/"), "https://"+host)
}

// Location returns the time zone of dates given without one (sync.timezone). [Load] has checked that it is
// known; UTC stands in for any other.
func (c Config) Location() *time.Location {
	location, err := time.LoadLocation(c.Sync.Timezone)
	if err != nil {
		return time.UTC
	}
	return location
}

// Paths are the files and directories that the configuration names, by key; empty where it names none. The
// file of a secret has the key of that and "_file".
func (c Config) Paths() map[string]string {
	paths := map[string]string{}
	for _, key := range pathKeys {
		paths[key] = field(&c, key).String()
	}
	return paths
}

// Secret is the value of one of [Secrets].
func (c Config) Secret(key string) Secret { return field(&c, key).Interface().(Secret) }

// Kept says where one of [Secrets] is kept, also where it was left there.
func (c Config) Kept(secret string) Kept {
	for _, key := range sourcesOf(secret)[1:] {
		kind := strings.TrimPrefix(key, secret)
		switch value := field(&c, key).Interface().(type) {
		case string:
			if value != "" {
				return Kept{kind, value}
			}
		case []string:
			if len(value) > 0 {
				return Kept{kind, value[0]}
			}
		}
	}
	if c.Secret(secret).IsSet() {
		return Kept{Kind: KeptInline}
	}
	return Kept{}
}

// Accounts names the two accounts that a configuration is about, without any secret, so that a ledger can
// tell whether it is theirs: the hosts that are called, with their paths. Stand-ins and proxies on this
// machine get another port each time, so that there the organisation counts instead. Empty as long as no
// organisation is configured.
func (c Config) Accounts() string {
	if c.KustomerURL() == "" {
		return ""
	}
	const here = "on this machine"
	return "Kustomer " +
		account(c.KustomerURL(), cmp.Or(c.Kustomer.Org, "without an organisation")+" "+here) +
		", Agent Connect " + account(c.AgentConnectURL(), here)
}

// account is the host of an API and its path, in one spelling, or local on this machine.
func account(rawURL, local string) string {
	u, err := url.Parse(rawURL)
	if err != nil || httpx.Loopback(rawURL) {
		return local
	}
	host := strings.ToLower(u.Hostname())
	if port := u.Port(); port != "" && port != "443" {
		host += ":" + port
	}
	return host + strings.TrimRight(u.EscapedPath(), "/")
}

// Show lists what a pass is told to do, in the order of the file. An address that a rule names stands in it
// as it is.
func (c Config) Show() []Shown {
	usual, list := flatten(reflect.ValueOf(Default()), ""), flatten(reflect.ValueOf(c), "")
	for i, each := range list {
		list[i].Default = slices.Contains(usual, each)
	}
	return list
}

// Digest tells configurations apart by what [Config.Show] lists.
func (c Config) Digest() string { return digest(c.Show())[:12] }

// Decisions tells configurations apart that decide otherwise: the same one means that every key on which
// decisions and survey requests depend has the same value. It holds no secret.
func (c Config) Decisions() string {
	never := func(s Shown) bool { return slices.Contains(undecisive, s.Key) }
	return digest(slices.DeleteFunc(c.Show(), never))
}

// LedgerName is the name of the ledger in its database: ledger.name, else the organisation.
func (c Config) LedgerName() string { return cmp.Or(c.Ledger.Name, c.Kustomer.Org) }

// check notes every value that cannot work. What is merely missing is for [Config.Ready] to say.
func (c Config) check(k *checker) {
	c.Kustomer.check(k)
	c.AgentConnect.check(k)
	c.Sync.check(k)
	c.Filters.check(k)
	c.Recovery.check(k, c.Sync.SurveyPer)
	c.Mapping.check(k)
	if len(c.Rules) > maxRules {
		k.fault("rule", "has %d entries; at most %d are taken", len(c.Rules), maxRules)
	}
	for i, rule := range c.Rules[:min(len(c.Rules), maxRules)] {
		rule.check(k, ruleKey("rule", i+1), c.Rules[:i])
	}
	c.Ledger.check(k)
	c.Notify.check(k)
	c.checkTimes(k)
}

// checkTimes checks the times against each other.
func (c Config) checkTimes(k *checker) {
	s := c.Sync
	if s.Settle == 0 && s.Overlap == 0 {
		k.faultOf([]string{"sync.overlap", "sync.settle"},
			"must not be 0 when sync.settle is 0 as well: what the search shows late would never be seen")
	}
	if reach := s.Settle + s.Overlap; s.MaxAge < reach {
		k.faultOf([]string{"sync.max_age", "sync.overlap", "sync.settle"},
			"must be at least sync.settle + sync.overlap (%s), is %s: what is found late would be too old "+
				"to send", reach, s.MaxAge)
	}
	// A sum with max_age could overflow, hence the difference.
	if least := 3 * c.AgentConnect.Timeout; c.Ledger.InDatabase() && c.Ledger.Lease < least {
		k.faultOf([]string{"ledger.lease", "agent_connect.timeout"},
			"must be at least three times agent_connect.timeout (%s), is %s: another pass would take the ledger "+
				"while a request is under way", least, c.Ledger.Lease)
	}
	if least := c.Ledger.Retain - s.Overlap; c.Ledger.Retain > 0 && least < s.MaxAge {
		k.faultOf([]string{"ledger.retain", "sync.max_age", "sync.overlap"},
			"must be at least sync.max_age + sync.overlap, is %s: what is forgotten too early would be sent "+
				"twice", c.Ledger.Retain)
	}
}

// Warnings are what works, and hardly as it was meant.
func (c Config) Warnings() (warnings []string) {
	short := func(what string, delay Duration) {
		if delay > 0 && delay < c.Sync.Settle {
			warnings = append(warnings, fmt.Sprintf("%s (%s) delays nothing: no conversation is read before "+
				"sync.settle (%s) is over", what, delay, c.Sync.Settle))
		}
	}
	short("sync.delay", c.Sync.Delay)
	for i, rule := range c.Rules {
		if rule.Delay != nil {
			short(ruleKey("rule", i+1)+".delay of "+strconv.Quote(rule.Name), *rule.Delay)
		}
	}
	return warnings
}

// Ready returns what a pass needs and the configuration lacks, as [Faults], or nil: whose conversations to
// read, the keys of both services, and the secret where a setting depends on it. Nor does a pass go with a
// test key that is the production key as well: nothing tells which of the two it is, and with the one it
// would ask nobody whom it notes as asked, with the other rehearsals would ask customers.
func (c Config) Ready() error {
	k := newChecker()
	c.checkReady(&k, c.AgentConnect.APIKey, secrets[1])
	return k.faults.orNil()
}

// Rehearsal returns the configuration of a rehearsal: the test key stands in the place of the production key,
// and the ledger is [Ledger.Rehearsal]. What a rehearsal needs and c lacks is its error, as [Faults]. Agent
// Connect tells the two keys apart by nothing but themselves, so that the production key is refused where c
// has it; profiles are read with that.
func (c Config) Rehearsal() (Config, error) {
	k := newChecker()
	c.checkReady(&k, c.AgentConnect.TestAPIKey, testKey)
	if key := secrets[1]; c.Filters.RequireActiveProfile && !c.AgentConnect.APIKey.IsSet() {
		k.fault("filters.require_active_profile", "lists the profiles with the production key, also for a "+
			"rehearsal: "+howToSet, variableName(key), fileKey(key))
	}
	c.AgentConnect.APIKey, c.AgentConnect.TestAPIKey = c.AgentConnect.TestAPIKey, Secret{}
	c.Ledger.Path = c.Ledger.Rehearsal()
	return c, k.faults.orNil()
}

const howToSet = "set the environment variable %s, or name a file that holds it in %s"

// checkReady notes what a pass lacks that sends with a key, which is that of the configuration key named.
func (c Config) checkReady(k *checker, sends Secret, named string) {
	if c.KustomerURL() == "" {
		k.fault("kustomer.org", `is not set: write the "acme" of acme.kustomerapp.com in the file, or set %s`,
			variableName("kustomer.org"))
	}
	if key := secrets[0]; !c.Kustomer.APIKey.IsSet() {
		k.fault(key, "is not set: "+howToSet, variableName(key), fileKey(key))
	}
	where := ""
	if named == testKey {
		where = ", which Agent Connect shows beside the production key (Settings > Integrations) as soon " +
			"as an API test email address is set there"
	}
	switch a := c.AgentConnect; {
	case !sends.IsSet():
		k.fault(named, "is not set: "+howToSet+where, variableName(named), fileKey(named))
	case a.TestAPIKey.IsSet() && a.TestAPIKey.Equal(a.APIKey):
		k.fault(testKey, "is the same key as %s, so that one of the two is wrong: with the test key every "+
			"survey goes to the test address, with the production key to its customer. Agent Connect shows "+
			"both under Settings > Integrations", secrets[1])
	}
	if key := secrets[2]; c.Filters.RequireActiveProfile && !c.AgentConnect.APISecret.IsSet() {
		k.fault("filters.require_active_profile",
			"needs the API secret, with which the profiles are listed: "+howToSet, variableName(key),
			fileKey(key))
	}
}

// Shown is a key with its value, for reports.
type Shown struct {
	Key     string // such as "sync.settle", "mapping.channels.voice", "rule[1].when"
	Value   string
	Default bool // as in an empty file
}

// undecisive are keys that change when, how fast, and how much at once a pass works, or where,
// and never what it decides about a conversation. The accounts are for [Config.Accounts] to tell apart.
var undecisive = []string{
	"kustomer.base_url", "kustomer.search_by", "kustomer.requests_per_minute",
	"kustomer.searches_per_minute", "kustomer.reserve",
	"kustomer.timeout", "agent_connect.base_url", "agent_connect.requests_per_minute",
	"agent_connect.concurrency", "agent_connect.timeout", "agent_connect.verify_after", "sync.settle",
	"sync.overlap", "sync.reread", "sync.max_per_run", "sync.max_error_rate", "sync.recheck_after",
	"sync.drain", "sync.timezone",
	"ledger.retain", "ledger.machine", "ledger.allow_network", "ledger.backup_keep",
	"ledger.name", "ledger.lease", "ledger.takeover_quarantine", "ledger.allow_async_standby",
	"notify.sandbox",
}

func digest(list []Shown) string {
	sum := sha256.New()
	for _, each := range list {
		fmt.Fprintf(sum, "%q=%q\n", each.Key, each.Value)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// flatten lists the keys below a value.
func flatten(v reflect.Value, key string) []Shown {
	if slices.Contains(pathKeys, key) || slices.Contains(pointers(), key) || v.Type() == reflect.TypeFor[Secret]() {
		return nil
	}
	var list []Shown
	switch {
	case isTable(v.Type()):
		for field, value := range v.Fields() {
			list = append(list, flatten(value, join(key, field.Tag.Get("toml")))...)
		}
	case isTables(v.Type()):
		for i := range v.Len() {
			list = append(list, flatten(v.Index(i), ruleKey(key, i+1))...)
		}
	case v.Kind() == reflect.Map:
		texts := v.Interface().(map[string]string)
		for _, name := range slices.Sorted(maps.Keys(texts)) {
			list = append(list, Shown{Key: join(key, name), Value: texts[name]})
		}
	case v.Kind() == reflect.Slice:
		list = append(list, Shown{Key: key, Value: strings.Join(v.Interface().([]string), ", ")})
	case v.Kind() == reflect.Pointer && v.IsNil():
		list = append(list, Shown{Key: key})
	default:
		list = append(list, Shown{Key: key, Value: fmt.Sprint(v.Interface())})
	}
	return list
}
