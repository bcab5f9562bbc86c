package exit

import "testing"

// TestWorst holds that every code has its place, and that what asks for a person is not hidden by what does not.
func TestWorst(t *testing.T) {
	for _, code := range All() {
		if Worst(Done, code) != code {
			t.Errorf("%d is hidden by 0", code)
		}
	}
	for _, c := range []struct {
		codes []Code
		want  Code
	}{
		{nil, Done},
		{[]Code{NeedsHand, Temporary, Done}, Temporary},
		{[]Code{Credentials, Temporary, Usage}, Credentials},
		{[]Code{Failed, Fuse}, Failed},
		{[]Code{LedgerDamaged, Credentials}, LedgerDamaged},
		{[]Code{Code(99), NeedsHand}, Code(99)},
	} {
		if got := Worst(c.codes...); got != c.want {
			t.Errorf("%v: got %d, want %d", c.codes, got, c.want)
		}
	}
}
