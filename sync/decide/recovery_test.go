package decide

import (
	"strings"
	"testing"
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
