package app

import (
	"io"
	"strings"
	"testing"
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
