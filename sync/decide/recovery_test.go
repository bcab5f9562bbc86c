package decide

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
)

func TestCompileRecovery(t *testing.T) {
	for when, want := range map[string]string{
		`"recovery" in tags`:                "",
		`conversation.done_count > 1`:       "",
		``:                                  "",
		`"recovery" in tag`:                 "there is no",
		`tags`:                              "must be true or false",
		`customer.domain == "acme.example"`: "must not look at the customer",
	} {
		t.Run(when, func(t *testing.T) {
			got, problems := CompileRecovery(when)
			switch {
			case want == "" && (len(problems) > 0 || (got == nil) != (when == "")):
				t.Errorf("got %v, %v", got, problems)
			case want != "" && (len(problems) != 1 || problems[0].Section != "recovery" || !strings.Contains(problems[0].Message, want)):
				t.Errorf("got %v, want %q", problems, want)
			}
		})
	}
}

// TestFollowUp says of whom a follow-up is asked about, and who is asked as usual instead.
func TestFollowUp(t *testing.T) {
	holds, fails := `"late-delivery" in tags`, `custom.a.b == 1`
	accepted := store.Record{State: store.Accepted}
	for name, test := range map[string]struct {
		when  string
		ask   bool
		first store.Record
		waits bool
		want  string // what is decided: of recoveries behind "recovery"
	}{
		"asked before":                           {holds, true, accepted, false, "recovery"},
		"asked before, where others are skipped": {holds, false, accepted, false, "recovery"},
		"never asked":                            {holds, true, store.Record{}, false, "ordinary"},
		"never asked, to be skipped":             {holds, false, store.Record{}, false, "no_first_request"},
		"skipped before":                         {holds, true, store.Record{State: store.Skipped}, false, "ordinary"},
		"the condition does not hold":            {`"vip" in tags`, true, store.Record{}, false, "ordinary"},
		"nor does it of who was asked":           {`"vip" in tags`, true, accepted, false, "ordinary"},
		"no condition":                           {"", true, store.Record{}, false, "ordinary"},
		"the condition fails":                    {fails, true, accepted, false, "rule_error:recovery.when"},
		"the condition fails, and never asked":   {fails, true, store.Record{}, false, "ordinary"},
		"the same, to be skipped":                {fails, false, store.Record{}, false, "rule_error:recovery.when"},
		"waits":                                  {holds, true, accepted, true, "recovery"},
		"waits, and holds no more":               {`"vip" in tags`, true, accepted, true, "no_recovery"},
		// Its first request was forgotten: as a recovery it went out under a key of its own.
		"waits, and nobody knows of a first": {holds, true, store.Record{}, true, "no_first_request"},
		"waits, and recoveries are off":      {"", true, accepted, true, "no_recovery"},
	} {
		t.Run(name, func(t *testing.T) {
			policy, candidate := testPolicy(), plain()
			var problems []ExpressionError
			if policy.Recovery, problems = CompileRecovery(test.when); len(problems) > 0 {
				t.Fatal(problems)
			}
			policy.AskWithoutFirst = test.ask
			candidate.FollowUp = policy.FollowUp(candidate, test.first, test.waits)
			decision, steps := policy.Trace(candidate)
			got := string(decision.Skip)
			switch {
			case decision.Request.Recovery:
				got += "recovery"
			case decision.Send():
				got += "ordinary"
			}
			if got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
			if test.want == "ordinary" {
				if diff := cmp.Diff(decision.Request, plainRequest()); diff != "" {
					t.Errorf("got -, want +\n%s", diff)
				}
			}
			for _, step := range steps {
				if step.Reason == decision.Skip && step.Result != StepDecided {
					t.Errorf("%s: %s", step.Reason, step.Result)
				}
			}
		})
	}
}
