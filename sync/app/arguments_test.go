package app

import (
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFlagsFirst(t *testing.T) {
	app := program(&commandLine{stdout: io.Discard, stderr: io.Discard})
	for line, want := range map[string]string{
		"apply plan.json --dry-run":               "apply --dry-run plan.json",
		"apply --max 5 plan.json --dry-run":       "apply --max 5 --dry-run plan.json",
		"apply plan.json --max 5 --report=a.html": "apply --max 5 --report=a.html plan.json",
		"apply plan.json -max 5":                  "apply -max 5 plan.json",
		"apply plan.json --max=5 more":            "apply --max=5 plan.json more",
		"apply a.json b.json --report":            "apply --report", // which is refused
		"apply -- plan.json --dry-run":            "apply -- plan.json --dry-run",
		"apply plan.json -- --dry-run":            "apply -- plan.json --dry-run",
		"apply - --dry-run":                       "apply --dry-run -",
		"plan show plan.json --json":              "plan show --json plan.json",
		"ledger restore a.db --if-locked skip":    "ledger restore --if-locked skip a.db",
		"run now --dry-run false":                 "run --dry-run now false",
		"explain --help 1":                        "explain --help 1",
		"explain 1 --nosuch 2":                    "explain --nosuch 1 2",
		// What is no command, or stands in front of one, is for cli to refuse.
		"rnu now --dry-run":    "rnu now --dry-run",
		"--dry-run run":        "--dry-run run",
		"ledger chekc --json":  "ledger chekc --json",
		"ledger --json backup": "ledger --json backup",
		"":                     "",
	} {
		got := flagsFirst(app.Commands, append([]string{"acsync"}, strings.Fields(line)...))
		if joined := strings.Join(got[1:], " "); joined != want {
			t.Errorf("%s: got %s, want %s", line, joined, want)
		}
	}
}

func TestCandidates(t *testing.T) {
	app := program(&commandLine{stdout: io.Discard, stderr: io.Discard})
	for line, want := range map[string]string{
		"re":                            "rehearse report resolve retry",
		"help re":                       "rehearse report resolve retry recovery reasons restore",
		"help top":                      "topics",
		"help led":                      "ledger",
		"help ledger ch":                "check",
		"__":                            "",
		"nosuch ":                       "",
		"ledger c":                      "check compact convert",
		"ledger check nosuch --ac":      "--accept-restored --accept-key --accept-move --accept-tenant",
		"run --re":                      "--report --reveal",
		"run --report a.html --re":      "--report --reveal", // it can be repeated
		"run --reveal --re":             "--report",
		"run --log-format ":             "text json",
		"run --log-format=":             "",
		"run --log-format = j":          "json",
		"run --if-locked w":             "wait=10m",
		"run --config ":                 "", // a file, for the shell
		"apply ":                        "",
		"apply plan.json --kn":          "--knock",
		"apply plan.json --dry-run --d": "",
		"completion ":                   "bash zsh fish powershell",
		"schedule c":                    "cron",
		`completion ""`:                 "bash zsh fish powershell",
	} {
		words := strings.Split(line, " ")
		var got []string
		for _, each := range candidates(app.Commands, words) {
			got = append(got, each.word)
		}
		if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s: %s", line, diff)
		}
	}
	for _, each := range candidates(app.Commands, []string{"run", "--"}) {
		if each.about == "" || strings.ContainsAny(each.about, "\t\n`") {
			t.Errorf("%s is explained by %q", each.word, each.about)
		}
	}
}
