package main

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// building is a command that builds the program, wherever it is told to anybody.
var building = regexp.MustCompile("go build [^`\n]*-o acsync ")

// TestStripped looks at every way of building the program that people are told of, and at the recipe of a release:
// none carries what a debugger alone reads, a quarter of its size, nor the paths of the machine.
func TestStripped(t *testing.T) {
	r, _ := release(t)
	for _, b := range r.Builds {
		if !slices.Contains(b.Flags, "-trimpath") || strings.Join(b.Ldflags, " ") != "-s -w" {
			t.Errorf("the build %s has the flags %q and %q", b.ID, b.Flags, b.Ldflags)
		}
	}
	told := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && strings.HasPrefix(entry.Name(), ".") && path != ".":
			return filepath.SkipDir
		case entry.IsDir(), strings.HasSuffix(path, "_test.go"):
			return nil
		case !strings.HasSuffix(path, ".md") && !strings.HasSuffix(path, ".go") && !strings.Contains(entry.Name(), "ockerfile"):
			return nil
		}
		for _, command := range building.FindAllString(string(read(t, path)), -1) {
			told[filepath.ToSlash(path)] = true
			if !strings.Contains(command, `-trimpath -ldflags "-s -w"`) {
				t.Errorf("%s has people build an unstripped program: %s", path, command)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"README.md", "sync/manual/start.md", "sync/manual/packages.md", "sync/app/schedulejob.go"} {
		if !told[path] {
			t.Errorf("%s does not say how the program is built: nothing was looked at", path)
		}
	}
}
