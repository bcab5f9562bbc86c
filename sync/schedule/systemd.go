package schedule

import (
	"slices"
	"strings"

	"acsync/sync/exit"
)

// The directories that a service sees only where it needs something from them.
var (
	homes     = []string{"/home", "/root", "/run/user"}
	temporary = []string{"/tmp", "/var/tmp"}
)

// units is a job as systemd carries it out.
type units struct{ Job }

// within reports whether anything that a pass needs lies below one of some directories.
func (u units) within(dirs ...string) bool {
	needed := slices.Concat([]string{u.Program, u.Config, u.Ledger}, u.Writes, u.MayWrite)
	for _, v := range u.Settings {
		needed = append(needed, v.Value)
	}
	return slices.ContainsFunc(needed, func(path string) bool {
		return slices.ContainsFunc(dirs, func(dir string) bool {
			return path == dir || strings.HasPrefix(path, dir+"/")
		})
	})
}

// InHomes reports whether a pass needs anything from the homes of users.
func (u units) InHomes() bool { return u.within(homes...) }

// InTemporary reports whether it needs anything from the directories for temporary files.
func (u units) InTemporary() bool { return u.within(temporary...) }

// MadeUp reports whether systemd makes up a user for each pass. Such a one never sees the directories for
// temporary files.
func (u units) MadeUp() bool { return u.NoUser && !u.InTemporary() }

// Fine are the exit codes besides 0 that are no failure of a unit: somebody has to look when there is time,
// another machine is at work, or the unit was stopped.
func (u units) Fine() []int {
	if u.InDatabase() {
		return []int{int(exit.NeedsHand), int(exit.Locked), int(exit.Terminated)}
	}
	return []int{int(exit.NeedsHand), int(exit.Terminated)}
}

// unitWord is one word of a setting of systemd: percent signs are doubled, since they begin what systemd
// fills in.
func unitWord(text string) string {
	text = strings.ReplaceAll(text, "%", "%%")
	if !strings.ContainsAny(text, " \t\"'\\;") {
		return text
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

// execWord is unitWord for an argument of a command, where systemd fills in variables as well.
func execWord(text string) string { return unitWord(strings.ReplaceAll(text, "$", "$$")) }
