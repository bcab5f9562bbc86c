package report

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFoldName(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"short", "  no_agent", "  no_agent"},
		{"at the width", "  rule:123456789012345", "  rule:123456789012345"},
		{"behind a dot", "  rule_error:mapping.brand", "  rule_error:mapping.\n    brand"},
		{"without an end of a word", "  rulesABCDEFGHIJKLMNOPQRSTUVWXYZ", "  rulesABCDEFGHIJKLMNOP\n    QRSTUVWXYZ"},
		{"twice", "  rule:a name of many words that never ends", "  rule:a name of many \n    words that never \n    ends"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, foldName(test.text, nameWidth)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
