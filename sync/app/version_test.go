package app

import (
	"encoding/json"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
)

// TestVersion shows a program that was built in a clone, in one with changes, and without any.
func TestVersion(t *testing.T) {
	const commit = "a80758c32c38ebd186c00ade5c70808adc2b4cca"
	clone := func(modified string) *debug.BuildInfo {
		return &debug.BuildInfo{Settings: []debug.BuildSetting{
			{Key: "vcs", Value: "git"},
			{Key: "vcs.revision", Value: commit},
			{Key: "vcs.time", Value: "2026-11-29T23:09:30Z"},
			{Key: "vcs.modified", Value: modified},
		}}
	}
	built := "built by   " + runtime.Version() + " for " + runtime.GOOS + "/" + runtime.GOARCH + "\n"
	for _, test := range []struct {
		name        string
		info        *debug.BuildInfo
		short, text string
		json        []string
	}{
		{
			"in a clone", clone("false"), release + " (a80758c32c38)",
			"commit     " + commit + "\ncommitted  2026-11-29T23:09:30Z\n",
			[]string{`"commit":"` + commit + `"`, `"committed":"2026-11-29T23:09:30.000Z"`, `"modified":false`},
		},
		{
			"with changes", clone("true"), release + " (a80758c32c38, modified)",
			"commit     " + commit + ", and changes that are not in it\ncommitted  2026-11-29T23:09:30Z\n",
			[]string{`"modified":true`},
		},
		{
			"without one", &debug.BuildInfo{}, release,
			"commit     not known: built outside a clone of its repository, by go run, or with -buildvcs=false\n",
			[]string{`"commit":""`, `"committed":""`, `"modified":false`},
		},
		{
			"without anything", nil, release,
			"commit     not known: built outside a clone of its repository, by go run, or with -buildvcs=false\n", nil,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := sourceOf(test.info)
			if got.String() != test.short {
				t.Errorf("in a line: got %q, want %q", got, test.short)
			}
			if want := "acsync " + release + "\n" + test.text + built; got.text() != want {
				t.Errorf("got:\n%s\nwant:\n%s", got.text(), want)
			}
			object, err := json.Marshal(got)
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range append(test.json, `"schema":"acsync.version/1"`, `"version":"`+release+`"`) {
				if !strings.Contains(string(object), want) {
					t.Errorf("there is no %s in %s", want, object)
				}
			}
		})
	}
}

// TestRelease holds that a commit that is tagged as a release has its version in the source.
func TestRelease(t *testing.T) {
	out, err := exec.Command("git", "tag", "--points-at", "HEAD", "--list", "v[0-9]*").Output()
	if err != nil {
		t.Skip("this is no clone of the repository")
	}
	for tag := range strings.FieldsSeq(string(out)) {
		if tag != "v"+release {
			t.Errorf("the commit is tagged %s, and its source says %s: the constant release is to be raised first",
				tag, release)
		}
	}
}
