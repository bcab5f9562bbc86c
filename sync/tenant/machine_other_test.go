//go:build !windows

package tenant

import (
	"os"
	"path/filepath"
	"testing"
)

func TestFirstID(t *testing.T) {
	const id = "3d1219c7c4c5404aaa1f6d2a48adfda4"
	dir := t.TempDir()
	for name, text := range map[string]string{"empty": "", "early": "uninitialized\n", "short": "3d12\n", "good": id + "\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path := func(name string) string { return filepath.Join(dir, name) }
	if got := firstID(path("missing"), path("empty"), path("early"), path("short"), path("good")); got != id {
		t.Errorf("got %q", got)
	}
	if got := firstID(path("missing"), dir, path("early")); got != "" {
		t.Errorf("got %q of none", got)
	}
}
