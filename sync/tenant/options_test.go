package tenant

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/config"
	"acsync/sync/decide"
	"acsync/sync/exit"
	"acsync/sync/kustomer"
	"acsync/sync/manual"
)

// examplesOf are the pieces of TOML that stand in comments: lines behind "# " that are a key or a header, of
// which a header takes the keys below it along.
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

// examples are those of the configuration, and what the manual shows of one.
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
	inExample := len(pieces)
	for _, topic := range manual.Topics() {
		for _, block := range strings.Split(topic.Text, "```toml\n")[1:] {
			piece, _, _ := strings.Cut(block, "```")
			pieces = append(pieces, piece)
		}
	}
	if len(pieces) == inExample {
		t.Error("the manual has no example")
	}
	return pieces
}

func loadExample(t *testing.T, piece string) config.Config {
	t.Helper()
	dir := t.TempDir()
	source := config.Source{Path: filepath.Join(dir, "config.toml")}
	// One for a folder of tenants, whose keys are nowhere.
	if strings.Contains(piece, "{tenant}") {
		source = config.Folder{Dir: dir}.Source("acme", config.Source{Plain: true})
		if err := os.Mkdir(filepath.Dir(source.Path), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(source.Path, []byte(piece), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := Load(source)
	if err != nil {
		t.Errorf("%s\n%v", piece, err)
	}
	return cfg
}

// TestExamplesCompile loads each example of the configuration and of the manual by itself, its expressions
// included.
func TestExamplesCompile(t *testing.T) {
	for _, piece := range examples(t) {
		loadExample(t, piece)
	}
}

// TestExamplesOfLanguagesFallBack holds that each example for the language ends in English where the
// customer's is no code.
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

// TestExitCodeOfSkippedRecoveries holds that whoever was never asked for being a recovery is no reason for
// calm, and none to hide what ended the pass.
func TestExitCodeOfSkippedRecoveries(t *testing.T) {
	skipped := func(n int, reason decide.Reason) surveysync.Result {
		return surveysync.Result{Counts: map[store.State]int{store.Skipped: n}, Reasons: surveysync.Reasons{store.Skipped: {reason: n}}}
	}
	waiting, fuse := skipped(2, decide.NoFirstRequest), skipped(2, decide.NoFirstRequest)
	waiting.Counts[store.Retry], fuse.Fuse = 1, "too many"
	for name, test := range map[string]struct {
		result surveysync.Result
		err    error
		want   exit.Code
	}{
		"nothing":              {surveysync.Result{}, nil, exit.Done},
		"skipped recoveries":   {skipped(2, decide.NoFirstRequest), nil, exit.NeedsHand},
		"other skips":          {skipped(2, decide.NoRecovery), nil, exit.Done},
		"all of them taken up": {skipped(0, decide.NoFirstRequest), nil, exit.Done},
		"and others wait":      {waiting, nil, exit.NeedsHand},
		"and a fuse blew":      {fuse, nil, exit.Fuse},
		"and the pass failed":  {skipped(2, decide.NoFirstRequest), errors.New("disk"), exit.Failed},
	} {
		if got := ExitCode(test.result, test.err); got != int(test.want) {
			t.Errorf("%s: got %d, want %d", name, got, test.want)
		}
	}
}

// TestPolicyOfRecoveries holds that the policy is told what becomes of recoveries without a first request.
func TestPolicyOfRecoveries(t *testing.T) {
	for text, want := range map[string]bool{"": true, "[recovery]\nwithout_first = 'ask'": true, "[recovery]\nwithout_first = 'skip'": false} {
		if got := Policy(loadExample(t, text)).AskWithoutFirst; got != want {
			t.Errorf("%q: got %t", text, got)
		}
	}
}
