package doc

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWrap(t *testing.T) {
	const width = 23
	tests := []struct {
		name, text string
		want       []string
	}{
		{"nothing", "", []string{""}},
		{"short", "  no_agent", []string{"  no_agent"}},
		{"at the width", "  rule:123456789012345", []string{"  rule:123456789012345"}},
		{"behind a dot", "  rule_error:mapping.brand", []string{"  rule_error:mapping.", "brand"}},
		{"without an end of a word", "  rulesABCDEFGHIJKLMNOPQRSTUVWXYZ", []string{"  rulesABCDEFGHIJKLMNOP", "QRSTUVWXYZ"}},
		{"of many words", "  rule:a name of many words that never ends", []string{"  rule:a name of many", "words that never ends"}},
		{"blanks between words", "a  b  c", []string{"a  b  c"}},
		{"wide letters", "日本語日本語日本語日本語", []string{"日本語日本語日本語日本", "語"}},
		{"a column that holds no letter", "日", []string{"日"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, wrap(test.text, width)); diff != "" {
				t.Error(diff)
			}
		})
	}
	if got := wrap("日本", 1); len(got) != 2 {
		t.Errorf("%q", got)
	}
}
