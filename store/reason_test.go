package store

import (
	"strings"
	"testing"
)

func TestShortReason(t *testing.T) {
	for name, c := range map[string]struct{ give, want string }{
		"short":              {"rule:internal tests", "rule:internal tests"},
		"long":               {strings.Repeat("x", 300), strings.Repeat("x", MaxReason)},
		"long, not in ASCII": {"x" + strings.Repeat("ü", 100), "x" + strings.Repeat("ü", 63)},
		"not UTF-8":          {"a\xffb", "a?b"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := ShortReason(c.give); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
