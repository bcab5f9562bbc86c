package journey

import (
	"cmp"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNoPlaceToSpill names the directory that there is no room in, and what to do about it.
func TestNoPlaceToSpill(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "gone")
	t.Setenv("TMPDIR", dir)
	tell := func(err error) bool {
		return err != nil && strings.Contains(err.Error(), dir) && strings.Contains(err.Error(), "TMPDIR")
	}
	sorted := NewSorted(cmp.Compare[string])
	sorted.length = 1
	if err := sorted.Put("a"); !tell(err) {
		t.Errorf("sorted: %v", err)
	}
	parts := Partitions[string]{room: 1}
	if err := parts.Put("a", "a"); !tell(err) {
		t.Errorf("partitions: %v", err)
	}
	if err := errors.Join(sorted.Close(), parts.Close()); err != nil {
		t.Errorf("closing what never had a file: %v", err)
	}
}

// TestSpillIsDamaged fails where what was kept cannot be read again, and gives none of the rest for all.
func TestSpillIsDamaged(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	damage := func() {
		files, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		for _, file := range files {
			if err := os.WriteFile(file, []byte("\x03\xff\xff\xff"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	tell := func(err error) bool { return err != nil && strings.Contains(err.Error(), dir) }

	sorted := NewSorted(cmp.Compare[string])
	sorted.length = 2
	for _, value := range []string{"b", "a"} {
		if err := sorted.Put(value); err != nil {
			t.Fatal(err)
		}
	}
	damage()
	if err := sorted.Each(func(string) error { return nil }); !tell(err) {
		t.Errorf("sorted: %v", err)
	}
	if err := sorted.Close(); err != nil {
		t.Error(err)
	}

	parts := Partitions[string]{room: 1}
	if err := parts.Put("a", "value"); err != nil {
		t.Fatal(err)
	}
	damage()
	if err := parts.Each(func([]string) error { return nil }); !tell(err) {
		t.Errorf("partitions: %v", err)
	}
	if err := parts.Close(); err != nil {
		t.Error(err)
	}
}

// TestPartitionsStop ends where nobody takes any more.
func TestPartitionsStop(t *testing.T) {
	var parts Partitions[string]
	for _, value := range []string{"a", "b", "c"} {
		if err := parts.Put(value, value); err != nil {
			t.Fatal(err)
		}
	}
	times, enough := 0, errors.New("enough")
	err := parts.Each(func([]string) error {
		times++
		return enough
	})
	if !errors.Is(err, enough) || times != 1 {
		t.Errorf("it was given %d times, %v", times, err)
	}
}
