package tenant

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"acsync/sync/config"
)

// examplesOf are the pieces of TOML that stand in comments: lines behind "# " that are a key or a header, of which a header
// takes the keys below it along.
func examplesOf(text string) []string {
	rule := regexp.MustCompile(`^# (\[\[rule\]\])$`)
	key := regexp.MustCompile(`^# ((?:brand|language|country|employee_custom_id|custom_properties|name|when|action|delay|set) = .*)$`)
	var pieces []string
	inRule := false
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		match := key.FindStringSubmatch(line)
		switch {
		case rule.MatchString(line):
			pieces, inRule = append(pieces, "[[rule]]\n"), true
		case match == nil:
			inRule = false
		case inRule:
			pieces[len(pieces)-1] += match[1] + "\n"
		default:
			pieces = append(pieces, "[mapping]\n"+match[1]+"\n")
		}
	}
	return pieces
}

// TestExamplesCompile loads each example of the configuration and of the README by itself, its expressions included.
func TestExamplesCompile(t *testing.T) {
	example, err := os.ReadFile("../../config.example.toml")
	if err != nil {
		t.Fatal(err)
	}
	pieces := examplesOf(string(example))
	if len(pieces) < 11 {
		t.Errorf("only %d examples were found", len(pieces))
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(readme), "```toml\n")
	for _, block := range blocks[1:] {
		piece, _, _ := strings.Cut(block, "```")
		pieces = append(pieces, piece)
	}
	if len(blocks) < 2 {
		t.Error("the README has no example")
	}
	for _, piece := range pieces {
		path := filepath.Join(t.TempDir(), "config.toml")
		if err := os.WriteFile(path, []byte(piece), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(config.Source{Path: path}); err != nil {
			t.Errorf("%s\n%v", piece, err)
		}
	}
}
