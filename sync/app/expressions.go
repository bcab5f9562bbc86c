package app

import (
	"time"

	surveysync "acsync/sync"
	"acsync/sync/config"
)

// load reads a configuration, its expressions included.
func load(source config.Source) (config.Config, error) {
	source.Check = func(cfg config.Config) []config.Problem {
		_, _, wrong := compiled(cfg)
		var problems []config.Problem
		for _, each := range wrong {
			problems = append(problems, config.Problem{Rule: each.Rule, Path: each.Path, At: each.At, Message: each.Message})
		}
		return problems
	}
	return config.Load(source)
}

// compiled is the mapping and the rules of a configuration, and what is wrong with them.
func compiled(cfg config.Config) (surveysync.Fields, surveysync.Rules, []surveysync.ExpressionError) {
	m := cfg.Mapping
	mapping, wrong := surveysync.CompileMapping(surveysync.FieldTexts{
		Brand: m.Brand, Language: m.Language, Country: m.Country, EmployeeCustomID: m.EmployeeCustomID,
		CustomProperties: m.CustomProperties,
	})
	texts := make([]surveysync.RuleText, len(cfg.Rules))
	for i, rule := range cfg.Rules {
		texts[i] = surveysync.RuleText{
			Name: rule.Name, When: rule.When, Action: rule.Action, Delay: (*time.Duration)(rule.Delay),
			Set: surveysync.FieldTexts(rule.Set),
		}
	}
	rules, problems := surveysync.CompileRules(texts)
	return mapping, rules, append(wrong, problems...)
}
