package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestProblemsOfExpressionsArePlaced holds that a character of an expression is found in the file, wherever that can be.
func TestProblemsOfExpressionsArePlaced(t *testing.T) {
	at := func(rule, at int, path ...string) Problem {
		return Problem{Rule: rule, Path: path, At: at, Message: "odd"}
	}
	for name, test := range map[string]struct {
		text    string
		env     string
		problem Problem
		want    string
	}{
		"literal text":     {"[mapping]\nbrand = 'ä b'\n", "", at(0, 3, "brand"), "config.toml:2:12: mapping.brand: odd"},
		"basic text":       {"[mapping]\n  brand = \"a b\"\n", "", at(0, 3, "brand"), "config.toml:2:14: mapping.brand: odd"},
		"escaped text":     {"[mapping]\nbrand = \"\\\"a\\\" b\"\n", "", at(0, 5, "brand"), "config.toml:2:1: mapping.brand: at character 5: odd"},
		"all of it":        {"[mapping]\nbrand = 'a b'\n", "", at(0, 0, "brand"), "config.toml:2:1: mapping.brand: odd"},
		"several lines":    {"[[rule]]\nname = 'x'\naction = 'skip'\nwhen = '''\na and\n  b'''\n", "", at(1, 9, "when"), "config.toml:4:1: rule[1].when: at character 9: odd"},
		"inline table":     {"[[rule]]\nname = 'x'\nwhen = 'true'\nset = { brand = 'a', custom_properties = { \"p q\" = 'b c' } }\n", "", at(1, 3, "set", "custom_properties", "p q"), `config.toml:4:1: rule[1].set.custom_properties."p q": at character 3: odd`},
		"from environment": {"", "ACSYNC_MAPPING_BRAND=a b", at(0, 3, "brand"), "ACSYNC_MAPPING_BRAND: mapping.brand: at character 3: odd"},
		"entry of a table from the environment": {
			"", "ACSYNC_MAPPING_CUSTOM_PROPERTIES=p=a b", at(0, 3, "custom_properties", "p"),
			"ACSYNC_MAPPING_CUSTOM_PROPERTIES: mapping.custom_properties.p: at character 3: odd",
		},
		"over the file": {"[mapping]\nbrand = 'x y'\n", "ACSYNC_MAPPING_BRAND=a b", at(0, 3, "brand"), "ACSYNC_MAPPING_BRAND: mapping.brand: at character 3: odd"},
	} {
		t.Run(name, func(t *testing.T) {
			source := Source{Path: write(t, test.text), Env: []string{test.env}, Check: func(Config) []Problem { return []Problem{test.problem} }}
			_, got := loadSource(t, source)
			if diff := cmp.Diff(got, []string{test.want}); diff != "" {
				t.Errorf("got -, want +\n%s", diff)
			}
		})
	}
}

func TestTooManyRules(t *testing.T) {
	_, got := load(t, strings.Repeat("[[rule]]\n", maxRules+1))
	if len(got) == 0 || got[0] != "config.toml:1:3: rule: has 101 entries; at most 100 are taken" {
		t.Errorf("got %v", got)
	}
}

// TestOneFaultForAnExpression holds that an expression that is missing is not checked as well.
func TestOneFaultForAnExpression(t *testing.T) {
	_, got := loadSource(t, Source{
		Path:  write(t, "[[rule]]\nname = 'x'\naction = 'skip'\n"),
		Check: func(Config) []Problem { return []Problem{{Rule: 1, Path: []string{"when"}, Message: "odd"}} },
	})
	want := []string{"config.toml:1:3: rule[1].when: must not be empty: write true for a rule that always holds"}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("got -, want +\n%s", diff)
	}
}
