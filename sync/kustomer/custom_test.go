package kustomer

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestCustomNumbers holds that a number keeps its digits, and is a plain one where those are all there.
func TestCustomNumbers(t *testing.T) {
	long := strings.Repeat("1", 400)
	for text, want := range map[string]any{
		"7": 7.0, "17.50": 17.5, "-0.1": -0.1, "1e6": 1e6, "0": 0.0, "1.10": 1.1, "17.299999999999997": 17.299999999999997,
		"9007199254740992": float64(1 << 53), "9007199254740994": 9007199254740994.0, "1e21": 1e21, "123456789012345680000": 123456789012345680000.0,
		"9007199254740993":       json.Number("9007199254740993"),
		"-9007199254740993":      json.Number("-9007199254740993"),
		"18446744073709551615":   json.Number("18446744073709551615"),
		"9400111899223197428490": json.Number("9400111899223197428490"),
		"9007199254740993.0":     json.Number("9007199254740993.0"),
		"0.12345678901234567891": json.Number("0.12345678901234567891"),
		"9007199254740993e1":     json.Number("9007199254740993e1"),
		`"9007199254740993"`:     "9007199254740993",
		"1e-400":                 0.0,
		"1e400":                  Unreadable{}, "-1e999999999": Unreadable{}, long: Unreadable{},
		"0." + strings.Repeat("3", maxDigits):   1.0 / 3,
		`[1, 9007199254740993, "a"]`:            []any{1.0, json.Number("9007199254740993"), "a"},
		`{"a": [{"b": 9007199254740993}]}`:      map[string]any{"a": []any{map[string]any{"b": json.Number("9007199254740993")}}},
		`{"a": [{"b": 1e400}]}`:                 Unreadable{},
		`[9007199254740993, [[1e400]], "deep"]`: Unreadable{},
	} {
		got := conversation(t, `{"custom":{"n":`+text+`,"after":true}}`).Custom
		if diff := cmp.Diff(got, map[string]any{"n": want, "after": true}); diff != "" {
			t.Errorf("%s: got -, want +\n%s", shorten(text), diff)
		}
	}
}

func shorten(text string) string { return text[:min(len(text), 40)] }
