package config

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	maxRules        = 100
	maxRuleName     = 40  // characters; reports show it in a column
	maxPropertyName = 100 // characters; what Agent Connect takes is unknown

	// stampProperty is the custom property that bears the intent's id.
	stampProperty = "acsync_intent"
)

// ruleName is what the name of a rule looks like: it is shown in reports, written to the ledger and put behind "rule:".
var ruleName = regexp.MustCompile(`^[\p{L}\p{N}]([\p{L}\p{N} ._-]*[\p{L}\p{N}])?$`)

func (k *checker) checkRule(key string, rule Rule, before []Rule) {
	switch {
	case blank(rule.Name):
		k.faultRelated(key+".name", []string{key}, "must not be empty: reports name the rule that decided")
	case utf8.RuneCountInString(rule.Name) > maxRuleName || !ruleName.MatchString(rule.Name):
		k.fault(key+".name", "must be at most %d letters, digits, spaces, dots, hyphens and underscores, and begin and end with a letter or digit",
			maxRuleName)
	case strings.HasPrefix(rule.Name, "mapping."), strings.HasPrefix(rule.Name, "recovery."):
		k.fault(key+".name", `must not begin with "mapping." or "recovery.", by which reports name the expressions of those sections`)
	case slices.ContainsFunc(before, func(r Rule) bool { return r.Name == rule.Name }):
		k.fault(key+".name", "is the name of a rule above; reports could not tell them apart")
	}
	if blank(rule.When) {
		k.faultRelated(key+".when", []string{key}, "must not be empty: write true for a rule that always holds")
	}
	if rule.Action != "" {
		k.oneOf(key+".action", rule.Action, "skip", "flag", "send")
	}
	if rule.Delay != nil {
		k.duration(key+".delay", *rule.Delay, 0, 30*24*time.Hour)
	}
	k.checkProperties(key+".set.custom_properties", rule.Set.CustomProperties)
	if rule.Action == "" && rule.Delay == nil && rule.Set.empty() {
		k.faultRelated(key, []string{key + ".action"}, "does nothing: give it an action, a delay or something to set")
	}
}

// empty tells whether nothing is set.
func (s RuleSet) empty() bool {
	return s.Channel+s.Tags+s.Brand+s.Language+s.Country+s.EmployeeCustomID == "" && len(s.CustomProperties) == 0
}

// checkProperties checks the names of custom properties; their expressions are for [Source].Check.
func (k *checker) checkProperties(key string, properties map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		related := []string{key}
		switch full := join(key, name); {
		case blank(name):
			k.faultRelated(full, related, "must not have an empty name")
		case name == stampProperty:
			k.faultRelated(full, related, "is written by acsync itself; see agent_connect.stamp")
		case utf8.RuneCountInString(name) > maxPropertyName || strings.ContainsFunc(name, unicode.IsControl):
			k.faultRelated(full, related, "must have a name of at most %d characters, without control characters", maxPropertyName)
		case blank(properties[name]):
			k.faultRelated(full, related, "must not be empty: give it an expression, or leave the property out")
		}
	}
}
