package report

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestManualShows compares the screens that the manual shows with the golden ones; -update writes them anew.
func TestManualShows(t *testing.T) {
	for command, file := range map[string]string{"status": "status-80.txt", "passes": "history-week-80.txt", "report": "range-week-80.txt", "agents": "agents-week-80.txt"} {
		topic := map[string]string{"status": "monitoring", "passes": "report", "report": "report", "agents": "agents"}[command]
		path := filepath.Join("..", "manual", topic+".md")
		text, err := os.ReadFile(path)
		must(t, err)
		shown := string(text)
		screen, err := os.ReadFile(filepath.Join("testdata", file))
		must(t, err)
		begin := "```text\n$ acsync " + command + "\n"
		head, rest, _ := strings.Cut(shown, begin)
		got, tail, found := strings.Cut(rest, "\n```")
		want := strings.TrimRight(string(screen), "\n")
		switch {
		case !found:
			t.Errorf("%s has no screen of acsync %s", path, command)
		case *update:
			must(t, os.WriteFile(path, []byte(head+begin+want+"\n```"+tail), 0o644))
		case got != want:
			t.Errorf("%s shows something else than %s; go test ./sync/report -update writes it anew", path, file)
		}
	}
}
