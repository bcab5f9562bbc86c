package main

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const adult = `package adult

// Of tells who may come in.
func Of(age int, member bool) (bool, error) {
	if age < 18 && !member {
		return false, nil
	}
	visits += 1
	return true, nil
}

var visits int
`

const adultTest = `package adult

import "testing"

func TestOf(t *testing.T) {
	for _, tt := range []struct{ age int; member, want bool }{CASES} {
		if got, err := Of(tt.age, tt.member); got != tt.want || err != nil {
			t.Error(tt, got, err)
		}
	}
}
`

// TestMutants lets live what the tests of a small package do not look at, and nothing else.
func TestMutants(t *testing.T) {
	for cases, want := range map[string][]string{
		"{17, false, false}, {17, true, true}, {20, false, true}": {
			"adult.go: Of <=: age < 18", "adult.go: Of left out: visits += 1",
		},
		"{17, false, false}, {17, true, true}, {18, false, true}": {"adult.go: Of left out: visits += 1"},
		"": {
			"adult.go: Of opposite: age < 18", "adult.go: Of ||: age < 18 && !member", "adult.go: Of opposite: member",
			"adult.go: Of zero: return true, nil", "adult.go: Of <=: age < 18", "adult.go: Of left out: visits += 1",
		},
	} {
		t.Chdir(t.TempDir())
		for name, text := range map[string]string{
			"go.mod": "module adult\n\ngo 1.24\n", "adult.go": adult, "adult_test.go": strings.Replace(adultTest, "CASES", cases, 1),
		} {
			if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		got := map[string]bool{}
		o := options{skip: regexp.MustCompile("^$"), atOnce: 2}
		err := judgeAll(t.Context(), ".", []string{"adult.go"}, o, func(m mutant) {
			got[m.name()] = true
			if m.unreached != (cases == "") {
				t.Errorf("with %s: unreached %t: %s", cases, m.unreached, m.name())
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range want {
			if !got[name] {
				t.Errorf("with %s: killed: %s", cases, name)
			}
		}
		if len(got) != len(want) {
			t.Errorf("with %s: %d live, want %d: %v", cases, len(got), len(want), got)
		}
	}
}

// TestSwitchesFit writes whole files of this program anew: they still are Go, with the same lines.
func TestSwitchesFit(t *testing.T) {
	files, err := filepath.Glob("../*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out, mutants, last, err := mutate(file, src, 7, nil)
		if err != nil {
			t.Fatal(err)
		}
		if last != 7+len(mutants) || strings.Count(string(out), "\n") != strings.Count(string(src), "\n") {
			t.Errorf("%s: %d mutants, the last is %d", file, len(mutants), last)
		}
		if _, err := parser.ParseFile(token.NewFileSet(), file, out, 0); err != nil {
			t.Error(err)
		}
	}
}

// TestExplanations has names on lines of their own, and all else below them.
func TestExplanations(t *testing.T) {
	got := explanations("# why\n\na.go: F left out: g()\n  because\nb.go: G <=: a < b\n")
	if len(got) != 2 || !got["a.go: F left out: g()"] || !got["b.go: G <=: a < b"] {
		t.Errorf("got %v", got)
	}
}
