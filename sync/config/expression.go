package config

import "cmp"

// Problem is what a check of the expressions found. What expressions mean is for the caller to know; this
// package knows where they stand.
type Problem struct {
	Rule    int      // of Config.Rules, from 1; 0 for a section
	Section string   // "recovery"; empty for the section mapping
	Path    []string // the keys below: "when", "brand", or "set", "custom_properties" and a name
	At      int      // the character of the expression, from 1; 0 for all of it
	Message string
}

// key is the key of the expression.
func (p Problem) key() string {
	key := cmp.Or(p.Section, "mapping")
	if p.Rule > 0 {
		key = ruleKey("rule", p.Rule)
	}
	for _, name := range p.Path {
		key = join(key, name)
	}
	return key
}
