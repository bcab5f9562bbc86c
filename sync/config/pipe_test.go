//go:build unix

package config

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestPipe names a pipe that nobody writes to, as a configuration and as the file of a secret: opening it would wait for
// ever.
func TestPipe(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip(err)
	}
	for name, source := range map[string]Source{
		"configuration": {Path: pipe},
		"secret":        {Path: write(t, "kustomer.api_key_file = \""+filepath.ToSlash(pipe)+"\"")},
	} {
		if _, err := Load(source); err == nil || !strings.Contains(err.Error(), "no regular file") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
