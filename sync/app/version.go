package app

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"acsync/sync/report"
)

// release is the version of this source. Between two releases it is the next one with "-dev" behind it. It
// stands here and not in the build, so that a program knows it however it was built.
const release = "1.0.0-dev"

// source is what a program was built from, and by what. A build outside of a clone of the repository, and
// go run, know no commit.
type source struct {
	Schema    string        `json:"schema"`
	Version   string        `json:"version"`
	Commit    string        `json:"commit"`
	Committed report.Moment `json:"committed"`
	Modified  bool          `json:"modified"` // the files were not those of the commit
	Go        string        `json:"go"`
	OS        string        `json:"os"`
	Arch      string        `json:"arch"`
}

// builtFrom reads what the Go command has written into this program.
func builtFrom() source {
	info, _ := debug.ReadBuildInfo()
	return sourceOf(info)
}

// sourceOf is builtFrom for what was written into any program; nil is nothing.
func sourceOf(info *debug.BuildInfo) source {
	s := source{
		Schema: "acsync.version/1", Version: release, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH,
	}
	if info == nil {
		return s
	}
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			s.Commit = setting.Value
		case "vcs.time":
			s.Committed.Time, _ = time.Parse(time.RFC3339, setting.Value)
		case "vcs.modified":
			s.Modified = setting.Value == "true"
		}
	}
	return s
}

// String is the version and, where it is known, the commit, short enough for the middle of a line.
func (s source) String() string {
	switch {
	case s.Commit == "":
		return s.Version
	case s.Modified:
		return fmt.Sprintf("%s (%.12s, modified)", s.Version, s.Commit)
	}
	return fmt.Sprintf("%s (%.12s)", s.Version, s.Commit)
}

// text is what people see, the version alone in its first line.
func (s source) text() string {
	commit, committed := s.Commit, ""
	switch {
	case commit == "":
		commit = "not known: built outside a clone of its repository, by go run, or with -buildvcs=false"
	case s.Modified:
		commit += ", and changes that are not in it"
	}
	if !s.Committed.IsZero() {
		committed = "committed  " + s.Committed.UTC().Format(time.RFC3339) + "\n"
	}
	return fmt.Sprintf("acsync %s\ncommit     %s\n%sbuilt by   %s for %s/%s\n",
		s.Version, commit, committed, s.Go, s.OS, s.Arch)
}

// userAgent is how the program presents itself to services.
func userAgent() string { return "acsync/" + release }
