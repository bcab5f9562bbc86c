package app

import (
	"time"

	surveysync "acsync/sync"
	"acsync/sync/config"
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
	mapping  surveysync.Fields
	rules    surveysync.Rules
	recovery *surveysync.Recovery
}

// compiled is the expressions of a configuration, and what is wrong with them.
func compiled(cfg config.Config) (e expressions, wrong []surveysync.ExpressionError) {
	m := cfg.Mapping
	e.mapping, wrong = surveysync.CompileMapping(surveysync.FieldTexts{
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
	var problems []surveysync.ExpressionError
	e.rules, problems = surveysync.CompileRules(texts)
	wrong = append(wrong, problems...)
	e.recovery, problems = surveysync.CompileRecovery(cfg.Recovery.When)
	return e, append(wrong, problems...)
}
