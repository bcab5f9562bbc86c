package sync

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/decide/expr"
	"acsync/sync/dryrun"
)

// ruled is the default policy with rules.
func ruled(t *testing.T, rules ...decide.RuleText) decide.Policy {
	t.Helper()
	policy := testPolicy()
	compiled, problems := decide.CompileRules(rules)
	if problems != nil {
		t.Fatal(problems)
	}
	policy.Rules = compiled
	return policy
}

const always = "true"

// TestRuleErrorIsRejectedAndDecidedAnew follows a conversation on which an expression fails, until that is mended.
func TestRuleErrorIsRejectedAndDecidedAnew(t *testing.T) {
	b := newBench(t, 3)
	b.conversations[1].Custom = map[string]any{"a": map[string]any{"b": true}}
	b.engine.Options.Policy = ruled(t, decide.RuleText{Name: "odd", When: "custom.a.b", Action: decide.ActionSkip})
	first := b.mustRun(t)
	if first.Counts[store.Rejected] != 2 || first.Reasons[store.Rejected]["rule_error:odd"] != 2 || first.Reasons[store.Skipped]["rule:odd"] != 1 {
		t.Errorf("first pass: %+v", first)
	}
	if got := b.state(t, 0); got.State != store.Rejected || got.Reason != "rule_error:odd" || got.Attempts != 0 {
		t.Errorf("the ledger has %+v", got)
	}
	if got := b.rows()[b.conversations[0].ID].Message; got != (expr.RunError{At: 10, Missing: true}).Error() {
		t.Errorf("the row says %q", got)
	}
	b.engine.Options.Overlap = 24 * time.Hour
	if again := b.mustRun(t); again.Counts[store.Rejected] != 2 || len(b.got) != 0 {
		t.Errorf("not mended: %+v", again)
	}
	b.engine.Options.Policy = ruled(t, decide.RuleText{Name: "odd", When: "custom.a?.b", Action: decide.ActionSkip})
	if mended := b.mustRun(t); mended.Counts[store.Accepted] != 2 || len(b.got) != 2 {
		t.Errorf("mended: %+v", mended)
	}
	b.engine.Options.Policy = ruled(t, decide.RuleText{Name: "odd", When: "custom.a.b", Action: decide.ActionSkip})
	if last := b.mustRun(t); last.Reasons[store.Skipped][decide.AlreadySent] != 2 || len(b.got) != 2 {
		t.Errorf("broken again, after they were sent: %+v", last)
	}
}

// TestDryRunShowsRuleErrors holds a dry run to the decisions of the pass after it.
func TestDryRunShowsRuleErrors(t *testing.T) {
	b := newBench(t, 4)
	b.conversations[1].Custom = map[string]any{"a": map[string]any{}}
	b.engine.Options.Policy = ruled(t, decide.RuleText{Name: "odd", When: "custom.a.b", Action: decide.ActionSkip}, decide.RuleText{Name: "flagged", When: always, Action: decide.ActionFlag})
	dry := *b.engine
	dry.Ledger, dry.Sender, dry.Options.DryRun = &dryrun.Ledger{ReadLedger: b.ledger}, dryrun.Sender{}, true
	planned, err := dry.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	live := b.mustRun(t)
	if diff := cmp.Diff(planned.Reasons, live.Reasons); diff != "" || planned.Planned != live.Counts[store.Accepted] || planned.Planned != 1 {
		t.Errorf("dry %d, live %d\n%s", planned.Planned, live.Counts[store.Accepted], diff)
	}
}

// TestRulesCostNoCustomer holds that a skip that needs no look at the customer costs no call for one, and that one which
// does is not made without.
func TestRulesCostNoCustomer(t *testing.T) {
	calls := func(rules ...decide.RuleText) int {
		b := newBench(t, 10)
		b.engine.Options.Policy = ruled(t, rules...)
		if result := b.mustRun(t); result.Counts[store.Skipped] != 10 {
			t.Errorf("%+v", result)
		}
		return b.calls["search customers"] + b.calls["customer"]
	}
	blind := decide.RuleText{Name: "blind", When: `"late-delivery" in tags`, Action: decide.ActionSkip}
	looking := decide.RuleText{Name: "looking", When: `customer.domain == "example.com"`, Action: decide.ActionSkip}
	if got := calls(blind, looking); got != 0 {
		t.Errorf("%d calls for customers that no rule has to know", got)
	}
	if got := calls(looking, blind); got == 0 || got > 3 {
		t.Errorf("%d calls for customers", got)
	}
}

// TestRulesSeeWhatIsReadAgain holds that a conversation that waits is judged as it is when its turn comes.
func TestRulesSeeWhatIsReadAgain(t *testing.T) {
	b := newBench(t, 1)
	if err := b.ledger.Commit(store.Batch{Entries: []store.Entry{{
		Key:    decide.KeyOf(b.conversations[0]),
		Record: store.Record{State: store.Scheduled, Due: testNow.Add(-time.Minute), At: testNow, Resolution: b.conversations[0].LastDone.At},
	}}}); err != nil {
		t.Fatal(err)
	}
	b.engine.Options.Policy = ruled(t, decide.RuleText{Name: "late", When: `"late-delivery" in tags`, Action: decide.ActionSkip})
	if result := b.mustRun(t); result.Reasons[store.Skipped]["rule:late"] != 1 || len(b.got) != 0 {
		t.Errorf("%+v", result)
	}
}
