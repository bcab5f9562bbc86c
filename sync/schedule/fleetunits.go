package schedule

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// unitFleet is a fleet as systemd carries it out.
type unitFleet struct{ Fleet }

func (u unitFleet) files() (files []File, err error) {
	add := func(name, template string) {
		text := ""
		if err == nil {
			text, err = render(template+".tmpl", u)
			files = append(files, File{name, text})
		}
	}
	switch u.Shape {
	case Workers:
		add(u.Name+"-work.service", "fleet-work.service")
	case Together:
		add(u.Name+".service", "fleet.service")
		add(u.Name+".timer", "fleet.timer")
		add(u.Name+"-failed.service", "fleet-failed.service")
	default:
		add(u.Name+"@.service", "fleet.service")
		add(u.Name+"@.timer", "fleet.timer")
		add(u.Name+"-failed@.service", "fleet-failed.service")
		_, own := u.split()
		for i, m := range u.Members {
			if len(own[i]) > 0 {
				files = append(files, File{u.Name + "@" + m.Name + ".service.d/tenant.conf", u.dropIn(m, own[i])})
			}
		}
	}
	return files, err
}

func (u unitFleet) dropIn(m Member, lines []string) string {
	return "# acsync: what holds for the tenant " + m.Name + ", and not for all of " + u.Name +
		"@.service.\n\n[Service]\n" + strings.Join(lines, "\n") + "\n"
}

// Apart reports whether each tenant has a service of its own.
func (u unitFleet) Apart() bool { return u.Shape == Apart }

// At is what stands before the suffix of a unit that each tenant has an instance of.
func (u unitFleet) At() string {
	if u.Shape == Apart {
		return u.Name + "@"
	}
	return u.Name
}

// Instance is a unit's name for its own instance, with the name of the tenant filled in by systemd.
func (u unitFleet) Instance() string {
	if u.Shape == Apart {
		return "@%i"
	}
	return ""
}

// Spread is in how many seconds the passes of all begin one after the other. It is less than a period: one
// that began only after the next was due would take the place of that.
func (u unitFleet) Spread() int {
	return int(min(time.Duration(u.Every), time.Hour) * 2 / 3 / time.Second)
}

// Lines are those that say what a service may read and write.
func (u unitFleet) Lines() []string {
	if u.Shape == Apart {
		common, _ := u.split()
		return common
	}
	var all []string
	for _, m := range u.Members {
		all = append(all, u.lines(m)...)
	}
	return distinct(all)
}

// Credentials are those of the lines by which systemd hands keys over, and Paths those that let a pass write.
func (u unitFleet) Credentials() []string { return beginning("LoadCredential=", u.Lines()) }

// Paths are the others.
func (u unitFleet) Paths() []string { return beginning("ReadWritePaths=", u.Lines()) }

func beginning(with string, lines []string) []string {
	return slices.DeleteFunc(lines, func(line string) bool { return !strings.HasPrefix(line, with) })
}

// HandsOver reports whether systemd hands any key over.
func (u unitFleet) HandsOver() bool { return len(u.held(AsCredential)) > 0 || u.Address.File != "" }

// MayWriteAnywhere reports whether the passes of any tenant write to this machine.
func (u unitFleet) MayWriteAnywhere() bool {
	return slices.ContainsFunc(u.Members, func(m Member) bool { return len(m.Writes)+len(m.MayWrite) > 0 })
}

// lines are those of one tenant.
func (u unitFleet) lines(m Member) (lines []string) {
	for _, k := range m.Keys {
		if k.Kept == AsCredential {
			lines = append(lines, "LoadCredential="+unitWord(k.Name+":"+k.File))
		}
	}
	for _, dir := range m.Writes {
		lines = append(lines, "ReadWritePaths="+unitWord(dir))
	}
	for _, dir := range m.MayWrite {
		lines = append(lines, "ReadWritePaths=-"+unitWord(dir))
	}
	return distinct(lines)
}

// split says what holds for all tenants, with %i for the name of each, and what besides for one alone.
func (u unitFleet) split() (common []string, own [][]string) {
	own = make([][]string, len(u.Members))
	for i, m := range u.Members {
		own[i] = u.lines(m)
	}
	for _, line := range slices.Clone(own[0]) {
		for _, pattern := range []string{u.pattern(line, u.Members[0].Name), line} {
			of := func(i int) string { return strings.ReplaceAll(pattern, "%i", u.Members[i].Name) }
			holds := true
			for i := range u.Members {
				holds = holds && slices.Contains(own[i], of(i))
			}
			if !holds {
				continue
			}
			common = append(common, pattern)
			for i := range u.Members {
				own[i] = slices.DeleteFunc(own[i], func(each string) bool { return each == of(i) })
			}
			break
		}
	}
	return common, own
}

// pattern puts %i in the place of a name, but for where it belongs to the folder.
func (u unitFleet) pattern(line, name string) string {
	const folder = "\x00"
	line = strings.ReplaceAll(line, u.Dir+"/", folder)
	word := regexp.MustCompile(`(^|[^a-z0-9])` + regexp.QuoteMeta(name) + `($|[^a-z0-9])`)
	// Twice: the end of one may be the beginning of the next.
	for range 2 {
		line = word.ReplaceAllString(line, "${1}%i${2}")
	}
	return strings.ReplaceAll(line, folder, u.Dir+"/")
}

// within reports whether anything that passes need lies below one of some directories.
func (u unitFleet) within(dirs ...string) bool {
	of := units{Job{Program: u.Program, Config: u.Dir, Settings: u.Settings}}
	for _, m := range u.Members {
		of.Writes, of.MayWrite = append(of.Writes, m.Writes...), append(of.MayWrite, m.MayWrite...)
		for _, k := range m.Keys {
			if k.Kept == InFile || k.Kept == ByCommand {
				of.MayWrite = append(of.MayWrite, k.Name)
			}
		}
	}
	return of.within(dirs...)
}

// InHomes reports whether passes need anything from the homes of users.
func (u unitFleet) InHomes() bool { return u.within(homes...) }

// InTemporary reports whether they need anything from the directories for temporary files.
func (u unitFleet) InTemporary() bool { return u.within(temporary...) }

// MadeUp reports whether systemd makes up a user.
func (u unitFleet) MadeUp() bool { return u.NoUser && !u.InTemporary() }

// Fine are the exit codes besides 0 that are no failure of a unit.
func (u unitFleet) Fine() []int {
	if u.InDatabase() {
		return units{Job{}}.Fine()
	}
	return units{Job{Ledger: u.Dir}}.Fine()
}

func distinct(list []string) (kept []string) {
	for _, each := range list {
		if !slices.Contains(kept, each) {
			kept = append(kept, each)
		}
	}
	return kept
}
