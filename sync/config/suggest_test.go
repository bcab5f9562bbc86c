package config

import "testing"

// TestSuggest asks for what was probably meant, and for nothing that is only short like it.
func TestSuggest(t *testing.T) {
	known := []string{"init", "rules", "run", "max", "dry-run", "max-duration", "ledger"}
	for name, want := range map[string]string{
		"rnu": "run", "ru": "rules", "dry": "dry-run", "max-d": "max-duration", "legder": "ledger", "leger": "ledger",
		"bad": "", "xyz": "", "x": "", "": "", "inti": "init", "nothing-like-it": "",
	} {
		if want != "" {
			want = "; did you mean " + want + "?"
		}
		if got := Suggest(name, known); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}
