package app

import (
	"time"

	"acsync/sync/config"
	"acsync/sync/decide"
)

// load reads a configuration, its expressions included.
func load(source config.Source) (config.Config, error) {
	source.Check = func(cfg config.Config) []config.Problem {
		_, wrong := compiled(cfg)
		var problems []config.Problem
		for _, each := range wrong {
			problems = append(problems, config.Problem{Rule: each.Rule, Section: each.Section, Path: each.Path, At: each.At, Message: each.Message})
		}
		return problems
	}
	return config.Load(source)
}

// expressions are those of a configuration.
type expressions struct {
	mapping  decide.Fields
	rules    decide.Rules
	recovery *decide.Recovery
}

// compiled is the expressions of a configuration, and what is wrong with them.
func compiled(cfg config.Config) (e expressions, wrong []decide.ExpressionError) {
	m := cfg.Mapping
	e.mapping, wrong = decide.CompileMapping(decide.FieldTexts{
		Brand: m.Brand, Language: m.Language, Country: m.Country, EmployeeCustomID: m.EmployeeCustomID,
		CustomProperties: m.CustomProperties,
	})
	texts := make([]decide.RuleText, len(cfg.Rules))
	for i, rule := range cfg.Rules {
		texts[i] = decide.RuleText{
			Name: rule.Name, When: rule.When, Action: rule.Action, Delay: (*time.Duration)(rule.Delay),
			Set: decide.FieldTexts(rule.Set),
		}
	}
	var problems []decide.ExpressionError
	e.rules, problems = decide.CompileRules(texts)
	wrong = append(wrong, problems...)
	e.recovery, problems = decide.CompileRecovery(cfg.Recovery.When)
	return e, append(wrong, problems...)
}
