package app

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestOutput holds that a file is its owner's alone also in the place of one that everybody could read, and that a file
// which cannot be put in its place leaves nothing behind.
func TestOutput(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "plan.json")
	if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	write := func(path, text string) error {
		file, err := newOutput(flagOut, path)
		if err == nil {
			err = file.write([]byte(text))
		}
		return err
	}
	if err := write(path, "new"); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "new" || info.Mode().Perm() != 0o600 && runtime.GOOS != "windows" {
		t.Errorf("got %q with %v, %v", text, info.Mode(), err)
	}
	if err := write(dir, "new"); err == nil {
		t.Error("a directory was replaced")
	}
	if err := os.Mkdir(filepath.Join(dir, "taken"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := write(filepath.Join(dir, "taken"), "new"); err == nil {
		t.Error("a directory was replaced")
	}
	link := filepath.Join(dir, "taken", "latest.json")
	if err := os.Symlink(path, link); err == nil { // Windows may not allow it
		if err := write(link, "newer"); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if still, _ := os.Readlink(link); err != nil || string(text) != "newer" && runtime.GOOS != "windows" || still != path {
			t.Errorf("the link leads to %q, and there is %q, %v", still, text, err)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 2 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestOutputRendersWhole: what cannot be rendered to its end leaves what was there, and nothing beside it.
func TestOutputRendersWhole(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "audit.csv")
	file, err := newOutput(flagReport, path)
	if err == nil {
		err = file.write([]byte("old"))
	}
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken off")
	failed := file.stream(func(w io.Writer) error {
		_, err := io.WriteString(w, strings.Repeat("new ", 10_000))
		return errors.Join(err, broken)
	})
	text, err := os.ReadFile(path)
	left, _ := os.ReadDir(dir)
	if !errors.Is(failed, broken) || string(text) != "old" || len(left) != 1 {
		t.Errorf("%v, and there is %.20q, %v, among %d files", failed, text, err, len(left))
	}
}
