package main

import (
	"bytes"
	"go/parser"
	"go/token"
	"io"
	"os"
	"path/filepath"
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
		newModule(t, strings.Replace(adultTest, "CASES", cases, 1))
		got := map[string]bool{}
		o := options{atOnce: 2}
		count, err := judgeAll(t.Context(), ".", []string{"adult.go"}, o, io.Discard, io.Discard, func(m mutant) {
			got[m.name()] = true
			if m.unreached != (cases == "") {
				t.Errorf("with %s: unreached %t: %s", cases, m.unreached, m.name())
			}
		})
		if err != nil || count != 6 {
			t.Fatal(count, err)
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

// newModule makes a module with one package the working directory.
func newModule(t *testing.T, test string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"go.mod": "module adult\n\ngo 1.24\n", "adult.go": adult, "adult_test.go": test,
		"README.md": "Adults.\n", "consts/consts.go": "package consts\n\nconst Of = 18\n", "empty/.keep": "",
		"elsewhere.go": "//go:build ignore\n\npackage main\n\nfunc main() { println() }\n",
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestCommand counts each file once, however often and in whatever way it is named; has -skip leave out tests
// of -then only; and sums up.
func TestCommand(t *testing.T) {
	cases := "{17, false, false}, {17, true, true}, {18, false, true}"
	newModule(t, strings.Replace(adultTest, "CASES", cases, 1))
	absolute, err := filepath.Abs("adult.go")
	if err != nil {
		t.Fatal(err)
	}
	var out, progress bytes.Buffer
	args := []string{"-then", "", "-skip", "Of", "adult.go", "./adult.go", absolute, "."}
	code := command(t.Context(), args, &out, &progress)
	want := "adult.go: Of left out: visits += 1\t# line 8\n# . by the tests of .: 6 mutants, 5 noticed\n" +
		"6 mutants: 5 noticed, 1 lives (test it, or explain it in sync/mutate/explained.txt)\n"
	if code != 1 || out.String() != want || !strings.Contains(progress.String(), "compiling") {
		t.Errorf("ended with %d, printed %s\n%s", code, &out, &progress)
	}
}

// TestThenSkips leaves a test of -then out, which notices a change otherwise.
func TestThenSkips(t *testing.T) {
	newModule(t, strings.Replace(adultTest, "CASES", "", 1))
	judge := "package judge\n\nimport (\n\t\"adult\"\n\t\"testing\"\n)\n\n" + `func TestJudge(t *testing.T) {
	if in, _ := adult.Of(17, false); in {
		t.Error(in)
	}
}
`
	if err := os.Mkdir("judge", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("judge/judge_test.go", []byte(judge), 0o600); err != nil {
		t.Fatal(err)
	}
	for skip, want := range map[string]string{
		"": "6 mutants: 2 noticed, 4 live", "Judge": "6 mutants: 0 noticed, 6 live",
	} {
		var out, progress bytes.Buffer
		code := command(t.Context(), []string{"-then", "./judge", "-skip", skip, "adult.go"}, &out, &progress)
		if code != 1 || !strings.Contains(out.String(), want) {
			t.Errorf("-skip %q ended with %d, printed %s\n%s", skip, code, &out, &progress)
		}
	}
}

// TestThenRests does not even compile the tests of -then where nothing is left to judge.
func TestThenRests(t *testing.T) {
	looks := strings.Replace(adultTest, "CASES", "{17, false, false}, {17, true, true}, {18, false, true}", 1)
	newModule(t, strings.Replace(looks, "\t\t}\n", "\t\t}\n\t\tif before := visits; tt.want {\n"+
		"\t\t\tif Of(tt.age, tt.member); visits == before {\n\t\t\t\tt.Error(visits)\n\t\t\t}\n\t\t}\n", 1))
	var out, progress bytes.Buffer
	code := command(t.Context(), []string{"-then", "consts", "adult.go"}, &out, &progress)
	if code != 0 || !strings.HasSuffix(out.String(), "\n6 mutants: 6 noticed\n") {
		t.Errorf("ended with %d, printed %s\n%s", code, &out, &progress)
	}
	if strings.Contains(progress.String(), "consts") {
		t.Errorf("asked for nothing: %s", &progress)
	}
}

// TestArguments refuses what it cannot judge, and says which argument that is.
func TestArguments(t *testing.T) {
	newModule(t, adultTest)
	for args, want := range map[string]string{
		"":                      "name packages or files",
		"nope":                  `"nope": there is no such`,
		"./...":                 `"./...": name each folder`,
		"README.md":             `"README.md": this is no Go file`,
		"adult_test.go":         `"adult_test.go": this is a test`,
		"elsewhere.go":          `"elsewhere.go": this is not compiled`,
		"adult.go -p 1":         `"-p": flags go before`,
		"adult.go nope.go":      `"nope.go": there is no such`,
		"empty":                 `"empty": there are no Go files`,
		"consts":                `"consts": nothing in it can be changed`,
		"..":                    `"..": this is outside of the module`,
		"-skip [ adult.go":      "-skip",
		"-then nope adult.go":   `-then "nope": there is no such`,
		"-then go.mod adult.go": `-then "go.mod": name the folder`,
	} {
		var out, progress bytes.Buffer
		code := command(t.Context(), strings.Fields(args), &out, &progress)
		if code != 2 || out.Len() > 0 || !strings.Contains(progress.String(), want) {
			t.Errorf("%s: ended with %d, printed %s%s", args, code, &out, &progress)
		}
	}
	t.Chdir("empty")
	var out, progress bytes.Buffer
	code := command(t.Context(), []string{"../adult.go"}, &out, &progress)
	if code != 2 || !strings.Contains(progress.String(), "no go.mod") {
		t.Errorf("away from the root: ended with %d, printed %s%s", code, &out, &progress)
	}
}

// TestHelp explains each word that the command prints.
func TestHelp(t *testing.T) {
	var out, help bytes.Buffer
	if code := command(t.Context(), []string{"-h"}, &out, &help); code != 0 {
		t.Errorf("ended with %d", code)
	}
	for _, word := range []string{
		"  zero ", "  opposite ", "  left out ", "  without the right side ", "(no test comes by)",
		"-then", "-skip", "-p ",
	} {
		if !strings.Contains(help.String(), word) {
			t.Errorf("%q is not explained:\n%s", word, &help)
		}
	}
}

// TestClosing counts what is noticed, explained and alive.
func TestClosing(t *testing.T) {
	for want, of := range map[string][3]int{
		"89 mutants: 89 noticed":                         {89, 0, 0},
		"89 mutants: 88 noticed, 1 explained":            {89, 1, 0},
		"1 mutant: 0 noticed, 1 lives (test it,":         {1, 0, 1},
		"89 mutants: 84 noticed, 3 explained, 2 live (t": {89, 3, 2},
	} {
		if got := closing(of[0], of[1], of[2]); !strings.HasPrefix(got, want) {
			t.Errorf("got %s, want %s", got, want)
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
