package config

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

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

// ruleName is how a rule may be named: reports show the name, the ledger holds it, and it is put behind
// "rule:".
var ruleName = regexp.MustCompile(`^[\p{L}\p{N}]([\p{L}\p{N} ._-]*[\p{L}\p{N}])?$`)

// check checks a rule, and its name against the rules above it.
func (r Rule) check(k *checker, key string, above []Rule) {
	switch {
	case blank(r.Name):
		k.faultRelated(key+".name", []string{key}, "must not be empty: reports name the rule that decided")
	case utf8.RuneCountInString(r.Name) > maxRuleName || !ruleName.MatchString(r.Name):
		k.fault(key+".name", "must be at most %d letters, digits, spaces, dots, hyphens and underscores, "+
			"and begin and end with a letter or digit", maxRuleName)
	case strings.HasPrefix(r.Name, "mapping."), strings.HasPrefix(r.Name, "recovery."):
		k.fault(key+".name", `must not begin with "mapping." or "recovery.", `+
			"by which reports name the expressions of those sections")
	case slices.ContainsFunc(above, func(other Rule) bool { return other.Name == r.Name }):
		k.fault(key+".name", "is the name of a rule above; reports could not tell them apart")
	}
	if blank(r.When) {
		k.faultRelated(
			key+".when", []string{key}, "must not be empty: write true for a rule that always holds")
	}
	if r.Action != "" {
		k.oneOf(key+".action", r.Action, "skip", "flag", "send")
	}
	if r.Delay != nil {
		k.duration(key+".delay", *r.Delay, 0, 30*day)
	}
	k.properties(key+".set.custom_properties", r.Set.CustomProperties)
	if r.Action == "" && r.Delay == nil && r.Set.empty() {
		k.faultRelated(key, []string{key + ".action"},
			"does nothing: give it an action, a delay or something to set")
	}
}

func (s RuleSet) empty() bool {
	return s.Channel+s.Tags+s.Brand+s.Language+s.Country+s.EmployeeCustomID == "" &&
		len(s.CustomProperties) == 0
}
