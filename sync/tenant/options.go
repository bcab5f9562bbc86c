package tenant

import (
	"slices"
	"time"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/config"
	"acsync/sync/decide"
	"acsync/sync/deliver"
	"acsync/sync/exit"
	"acsync/sync/explain"
)

// Load reads a configuration, its expressions included.
func Load(source config.Source) (config.Config, error) {
	source.Check = func(cfg config.Config) (problems []config.Problem) {
		_, wrong := compile(cfg)
		for _, e := range wrong {
			problems = append(problems, config.Problem(e))
		}
		return problems
	}
	return config.Load(source)
}

// Policy is the part of a configuration that decisions depend on. Load has checked its expressions.
func Policy(cfg config.Config) decide.Policy {
	policy, _ := compile(cfg)
	return policy
}

func compile(cfg config.Config) (p decide.Policy, wrong []decide.ExpressionError) {
	p = decide.Policy{
		AppURL:              cfg.KustomerAppURL(),
		MaxAge:              time.Duration(cfg.Sync.MaxAge),
		Delay:               time.Duration(cfg.Sync.Delay),
		Closer:              cfg.Sync.Agent == config.AgentCloser,
		VerifiedEmail:       cfg.Sync.Email == config.EmailVerified,
		FlagDoNotSend:       cfg.Filters.DoNotSend == config.DoNotSendFlag,
		DoNotSendAttributes: cfg.Filters.DoNotSendAttributes,
		SkipImported:        cfg.Filters.SkipImported,
		SkipSpam:            cfg.Filters.SkipSpam,
		SkipMachineAgents:   cfg.Filters.SkipMachineAgents,
		Channels:            cfg.Mapping.Channels,
		DefaultChannel:      cfg.Mapping.DefaultChannel,
	}
	m := cfg.Mapping
	var inMapping, inRules, inRecovery []decide.ExpressionError
	p.Mapping, inMapping = decide.CompileMapping(decide.FieldTexts{
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
	p.Rules, inRules = decide.CompileRules(texts)
	p.Recovery, inRecovery = decide.CompileRecovery(cfg.Recovery.When)
	return p, slices.Concat(inMapping, inRules, inRecovery)
}

// Options are the settings of the engine.
func Options(cfg config.Config) surveysync.Options {
	return surveysync.Options{
		Policy:      Policy(cfg),
		Limits:      deliver.Limits{Requests: cfg.Sync.MaxPerRun, ErrorRate: cfg.Sync.MaxErrorRate},
		SurveyPer:   store.Identity(cfg.Sync.SurveyPer),
		Settle:      time.Duration(cfg.Sync.Settle),
		Overlap:     time.Duration(cfg.Sync.Overlap),
		Recheck:     time.Duration(cfg.Sync.RecheckAfter),
		Retain:      time.Duration(cfg.Ledger.Retain),
		VerifyAfter: time.Duration(cfg.AgentConnect.VerifyAfter),
		Concurrency: cfg.AgentConnect.Concurrency,
		Stamp:       cfg.AgentConnect.Stamp,
		ExitCode:    ExitCode,
	}
}

// ExplainOptions are those of the settings that bear on what would happen to a conversation.
func ExplainOptions(cfg config.Config) explain.Options {
	o := Options(cfg)
	return explain.Options{Policy: o.Policy, SurveyPer: o.SurveyPer, Overlap: o.Overlap, Settle: o.Settle}
}

// ExitCode is the exit code of a pass: what ended it, else what it left behind.
func ExitCode(r surveysync.Result, err error) int {
	code := exit.Done
	switch {
	case r.Refused:
		code = exit.Credentials
	case err != nil:
		code, _ = exit.Of(err)
	case r.Fuse != "":
		code = exit.Fuse
	case r.Counts[store.Rejected]+r.Counts[store.InDoubt]+r.Unseen+r.Reasons.Parked() > 0:
		code = exit.NeedsHand
	case r.Down != "" || r.Counts[store.Retry] > 0:
		code = exit.Temporary
	}
	return int(code)
}
