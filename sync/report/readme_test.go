package report

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestReadmeShows compares the screens that the README shows with the golden ones; -update writes them anew.
func TestReadmeShows(t *testing.T) {
	path := filepath.Join("..", "..", "README.md")
	text, err := os.ReadFile(path)
	must(t, err)
	shown := string(text)
	for command, file := range map[string]string{"status": "status-80.txt", "passes": "history-week-80.txt", "report": "range-week-80.txt", "agents": "agents-week-80.txt"} {
		screen, err := os.ReadFile(filepath.Join("testdata", file))
		must(t, err)
		begin := "```text\n$ acsync " + command + "\n"
		head, rest, _ := strings.Cut(shown, begin)
		got, tail, found := strings.Cut(rest, "\n```")
		want := strings.TrimRight(string(screen), "\n")
		switch {
		case !found:
			t.Errorf("the README has no screen of acsync %s", command)
		case *update:
			shown = head + begin + want + "\n```" + tail
		case got != want:
			t.Errorf("the README shows something else of acsync %s than %s; go test ./sync/report -update writes it anew", command, file)
		}
	}
	if *update {
		must(t, os.WriteFile(path, []byte(shown), 0o644))
	}
}
