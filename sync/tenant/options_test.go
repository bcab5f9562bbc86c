package tenant

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"acsync/sync/config"
	"acsync/sync/decide"
	"acsync/sync/kustomer"
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

// examples are those of the configuration, and what the README shows of one.
func examples(t *testing.T) []string {
	t.Helper()
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
	return pieces
}

func loadExample(t *testing.T, piece string) config.Config {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(path, []byte(piece), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := Load(config.Source{Path: path})
	if err != nil {
		t.Errorf("%s\n%v", piece, err)
	}
	return cfg
}

// TestExamplesCompile loads each example of the configuration and of the README by itself, its expressions included.
func TestExamplesCompile(t *testing.T) {
	for _, piece := range examples(t) {
		loadExample(t, piece)
	}
}

// TestExamplesOfLanguagesFallBack holds that each example for the language ends in English where the customer's is no code.
func TestExamplesOfLanguagesFallBack(t *testing.T) {
	found := 0
	for _, piece := range examples(t) {
		cfg := loadExample(t, piece)
		if cfg.Mapping.Language == "" {
			continue
		}
		found++
		for customers, want := range map[string]string{
			"": "en", "English": "en", "en_US": "en-US", "null": "en", "German (Germany)": "en", "xx-Klingon": "en", "12": "en",
			"fil": "en", " \u200b": "en", "de": "de", "deu": "de", "fr_CA": "fr-CA", "zh-Hant-TW": "zh-TW", "\u200ees-ES": "es-ES",
		} {
			decision := Policy(cfg).Decide(decide.Candidate{
				Conversation: kustomer.Conversation{ID: "c1", CustomerID: "u1", Status: "done", Channels: []string{"chat"}, LastDone: &kustomer.Done{}},
				Agent:        &kustomer.User{Email: kustomer.Text{Value: "alex@example.org"}},
				Customer:     &kustomer.Customer{ID: "u1", DefaultLang: customers, Emails: []kustomer.Email{{Address: kustomer.Text{Value: "jane@example.com"}}}},
			})
			if got := decision.Request.Language; got != want || !decision.Send() {
				t.Errorf("%q by %s: got %q (%s), want %q", customers, cfg.Mapping.Language, got, decision.Skip, want)
			}
		}
	}
	if found < 2 {
		t.Errorf("%d examples for the language", found)
	}
}
