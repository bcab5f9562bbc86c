package app

import (
	"os"
	"path/filepath"
	"testing"
)

// TestCalledBy holds that a schedule calls a program by the link that it was called by.
func TestCalledBy(t *testing.T) {
	dir := t.TempDir()
	real, other := filepath.Join(dir, "acsync-1.2"), filepath.Join(dir, "other")
	for _, path := range []string{real, other} {
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	link := filepath.Join(dir, "acsync")
	if err := os.Symlink(real, link); err != nil {
		t.Skip(err)
	}
	t.Setenv("PATH", dir)
	t.Chdir(dir)
	for name, want := range map[string]string{
		"acsync": link, link: link, "./acsync": link, real: real, "other": real, "nosuch": real, "": real,
	} {
		if got := calledBy(name, real); got != want {
			t.Errorf("called by %q: got %s, want %s", name, got, want)
		}
	}
}
