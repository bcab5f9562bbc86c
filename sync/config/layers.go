package config

import (
	"cmp"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

const (
	// DefaultsFile holds, in a folder of tenants, the keys that hold for all of them. It may be missing.
	DefaultsFile = "_defaults.toml"
	// tenantsDir holds one file for each tenant.
	tenantsDir = "tenants"
	// ledgersDir holds the ledgers of tenants that say nothing else.
	ledgersDir = "ledger"

	// inheritRules is a key of a tenant's file, above the first section: false leaves the rules of all out.
	inheritRules = "inherit_rules"

	// placeholder stands for the name of the tenant in paths, and in where a secret is kept.
	placeholder = "{tenant}"
)

// setRulesAside takes out of the draft what is known of the rules of all tenants, so that a file of its own
// counts from one.
func setRulesAside(k *checker) (aside map[string]origin) {
	aside = map[string]origin{}
	for key, at := range k.origins {
		if key == "rule" || ruleNumber.MatchString(key) {
			aside[key] = at
			delete(k.origins, key)
		}
	}
	return aside
}

// putRulesBefore lets rules come before those that the draft has, with where they stand.
func putRulesBefore(cfg *Config, k *checker, rules []Rule, at map[string]origin) {
	n := len(rules)
	if n == 0 {
		return
	}
	own := setRulesAside(k)
	for key, place := range own {
		k.origins[countedOn(key, n)] = place
	}
	faulty := maps.Clone(k.faulty)
	for key := range faulty {
		if f := ruleNumber.FindString(key); f != "" && own[f].file != "" {
			delete(k.faulty, key)
			k.faulty[countedOn(key, n)] = true
		}
	}
	maps.Copy(k.origins, at)
	cfg.Rules, k.before = slices.Concat(rules, cfg.Rules), n
}

// nameTenant gives a tenant what follows from its name: the ledger, where the files say nothing else, and the
// name in paths and in where secrets are kept.
func nameTenant(cfg *Config, k *checker, dir, name string) {
	if _, given := k.origins["ledger.path"]; !given {
		cfg.Ledger.Path = filepath.Join(dir, ledgersDir, name+".db")
		if full, err := filepath.Abs(cfg.Ledger.Path); err == nil {
			cfg.Ledger.Path = full
		}
	}
	cfg.Ledger.Name = cmp.Or(cfg.Ledger.Name, name)
	for _, key := range slices.Concat(pathKeys, pointers()) {
		isPath := slices.Contains(pathKeys, key)
		switch v := field(cfg, key); value := v.Interface().(type) {
		case string:
			if at, given := k.origins[key]; given && strange(value, isPath) {
				k.faultAt(at, key, "holds a brace: "+placeholder+" alone is replaced, by the name of the tenant")
			}
			if k.origins[key] != (origin{}) {
				v.SetString(strings.ReplaceAll(value, placeholder, name))
			}
		case []string:
			for i, each := range value {
				if strange(each, false) {
					k.faultAt(k.origins[key], key, "holds another name in braces: "+placeholder+" alone is replaced, "+
						"by the name of the tenant")
					break
				}
				v.Index(i).SetString(strings.ReplaceAll(each, placeholder, name))
			}
		}
	}
}

// strange reports whether a text has braces that are not those of the tenant. In an argument of a command
// others may be meant, unless there is a name in them.
func strange(text string, anywhere bool) bool {
	text = strings.ReplaceAll(text, placeholder, "")
	return namedBraces.MatchString(text) || anywhere && strings.ContainsAny(text, "{}")
}

var namedBraces = regexp.MustCompile(`\{[A-Za-z_]+\}`)

// refusePlaceholders refuses the name of a tenant where there is none: a ledger of that very name would be
// another one than the tenant's.
func refusePlaceholders(cfg *Config, k *checker) {
	for _, key := range slices.Concat(pathKeys, pointers()) {
		texts, _ := field(cfg, key).Interface().([]string)
		if text, ok := field(cfg, key).Interface().(string); ok {
			texts = []string{text}
		}
		if slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, placeholder) }) {
			k.fault(key, "has %s in it, which is replaced in a folder of tenants alone: give --config-dir and "+
				"--tenant in place of --config", placeholder)
		}
	}
}
