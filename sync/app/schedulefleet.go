package app

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"acsync/sync/config"
	"acsync/sync/exit"
	"acsync/sync/schedule"
	"acsync/sync/tenant"
)

// writeFleetSchedule writes the files for the tenants of a folder.
func writeFleetSchedule(l *commandLine, c *cli.Context, kind string) (err error) {
	s := &session{commandLine: l, c: c, readOnly: true, offline: true}
	if s.terminal, err = newTerminal(l, c); err != nil {
		return err
	}
	// What stands in the files must not depend on the directory of this shell.
	dir, err := filepath.Abs(c.String(flagConfigDir))
	if err != nil {
		return err
	}
	if err := refuseForFleet(c, kind, dir); err != nil {
		return err
	}
	folder, err := tenant.OpenFolder(dir, s.source(), l.databases)
	if err != nil {
		return err
	}
	fleet, err := scheduledFleet(s, kind, folder)
	if err != nil {
		return err
	}
	files, err := schedule.FleetFiles(kind, fleet)
	if err != nil {
		return exit.Advise(usagef("%v", err), "", "organisations")
	}
	if kind == "systemd" || kind == "kubernetes" {
		for _, key := range fleet.Missing() {
			s.terminal.logger(s.stderr).Warn("a schedule does not have this key yet: write it into " + key.File +
				", for its owner alone")
		}
	}
	return giveFiles(s, kind, files)
}

// refuseForFleet refuses what is for a single configuration.
func refuseForFleet(c *cli.Context, kind, dir string) error {
	switch {
	case kind == "cron":
		return exit.Advise(usagef("the files of schedule cron are for a single configuration; nothing was written"),
			"let one job make the passes of all tenants: acsync tenants run --all --"+flagConfigDir+" "+
				shellPath(dir), "organisations")
	case c.IsSet(flagTenant):
		return usagef("the files are for all tenants of a folder: leave --%s out; nothing was written", flagTenant)
	case c.IsSet(flagConfig):
		return usagef("--%s does not go with --%s", flagConfigDir, flagConfig)
	case c.IsSet(flagReport):
		return exit.Advise(usagef("--%s is for a single configuration: the passes of all tenants would write the same "+
			"files; nothing was written", flagReport), "acsync tenants report shows all of them", "organisations")
	case c.Bool(flagAll) && c.Bool(flagWorkers):
		return usagef("--%s is one job for all, and --%s are processes that stay: choose one", flagAll, flagWorkers)
	}
	return nil
}

// scheduledFleet is what is to be scheduled for the tenants of a folder.
func scheduledFleet(s *session, kind string, folder tenant.Folder) (f schedule.Fleet, err error) {
	f = schedule.Fleet{
		Name: s.c.String(flagName), Dir: folder.Dir, Image: s.c.String(flagImage), Again: scheduleAgain(s),
	}
	if !plainName(f.Name) {
		return f, notPlain(f.Name)
	}
	for flag, shape := range map[string]schedule.Shape{flagAll: schedule.Together, flagWorkers: schedule.Workers} {
		if s.c.Bool(flag) {
			f.Shape = shape
		}
	}
	_, err = os.Stat(filepath.Join(f.Dir, config.DefaultsFile))
	f.Defaults = err == nil
	if f.Program, err = programPath(s.program); err != nil {
		return f, err
	}
	var sound []tenant.Member
	for _, m := range folder.All() {
		if m.Broken != nil {
			s.terminal.logger(s.stderr).Warn("nothing is written for the tenant " + m.Name + ": " +
				strings.ReplaceAll(m.Broken.Error(), "\n", "; "))
			continue
		}
		sound = append(sound, m)
		if f.Every, err = readEvery(s.c, m.Tenant.Config); err != nil {
			return f, err
		}
		if err := refuseVariable(m); err != nil {
			return f, err
		}
		f.Drain = max(f.Drain, time.Duration(m.Tenant.Config.Sync.Drain))
		if age := time.Duration(m.Tenant.Config.Sync.MaxAge); f.MaxAge == 0 || age < f.MaxAge {
			f.MaxAge = age
		}
	}
	home := ""
	f.User, home = ownerOf(decisive(f.Dir, sound)...)
	passes := s.env
	if home != "" {
		passes = append(slices.Clone(s.env), "HOME="+home)
	}
	for _, m := range sound {
		f.Members = append(f.Members, scheduledMember(m, f.Dir, passes, kind == "systemd"))
	}
	if kind == "systemd" {
		handOverAddress(&f)
	}
	// Nothing is written here, and no file of root's is needed, where systemd hands all keys over.
	if f.User == "root" && len(f.Members) > 0 && !slices.ContainsFunc(f.Members, needsUser) {
		f.Group, f.NoUser = readers(config.TenantFile(f.Dir, f.Members[0].Name))
	}
	f.Settings = settingsOfAll(s, sound, passes)
	return f, checkFleetPlaces(f)
}

// needsUser reports whether it matters who makes the passes of a tenant.
func needsUser(m schedule.Member) bool {
	return len(m.Writes)+len(m.MayWrite) > 0 || slices.ContainsFunc(m.Keys, func(k schedule.Held) bool {
		return k.Kept == schedule.InFile || k.Kept == schedule.ByCommand || k.Kept == schedule.Inline
	})
}

// handOverAddress lets systemd hand the address of the database over, where all tenants have it from one
// file: its variable is one that may be set for all.
func handOverAddress(f *schedule.Fleet) {
	of := func(m schedule.Member) (found schedule.Held) {
		for _, k := range m.Keys {
			if k.Key == "ledger.url" && k.Kept == schedule.InFile {
				found = k
			}
		}
		return found
	}
	if len(f.Members) == 0 || slices.ContainsFunc(f.Members, func(m schedule.Member) bool {
		return of(m).File == "" || of(m) != of(f.Members[0])
	}) {
		return
	}
	f.Address = of(f.Members[0])
	for i, m := range f.Members {
		f.Members[i].Keys = slices.DeleteFunc(m.Keys, func(k schedule.Held) bool { return k == f.Address })
	}
}

// settingsOfAll are the variables that this process has, and a schedule has not. They are the same for all
// tenants, but for what a ledger in a file and one in a database need.
func settingsOfAll(s *session, sound []tenant.Member, env []string) (settings []schedule.Variable) {
	one, seen := *s, map[bool]bool{}
	for _, m := range sound {
		database := m.Tenant.Config.Ledger.NamesDatabase()
		if seen[database] {
			continue
		}
		seen[database] = true
		one.tenant, one.origins = m.Tenant, m.Origins
		for _, v := range scheduledSettings(&one, env) {
			if !slices.Contains(settings, v) {
				settings = append(settings, v)
			}
		}
	}
	return settings
}

// refuseVariable refuses the address of a database that this shell alone knows.
func refuseVariable(m tenant.Member) error {
	variables := config.Variables()
	for _, key := range []string{"ledger.url", "ledger.url_file"} {
		if name := variables[key]; m.Origins[key] == name {
			return exit.Advise(
				usagef("%s is set in this shell, and a schedule would not have it; nothing was written", name),
				"write the address of the database into a file, and name that in ledger.url_file of "+
					config.DefaultsFile, "high-availability")
		}
	}
	return nil
}

// checkFleetPlaces refuses what no line of a file can hold.
func checkFleetPlaces(f schedule.Fleet) error {
	j := schedule.Job{Program: f.Program, Config: f.Dir, Settings: f.Settings}
	for _, m := range f.Members {
		j.Writes = append(append(j.Writes, m.Writes...), m.MayWrite...)
		for _, k := range m.Keys {
			j.Keys = append(j.Keys, schedule.Key{File: k.File}, schedule.Key{File: k.Name})
		}
	}
	return checkPlaces(j)
}

// heldKeys are the secrets of a tenant that its passes need. The test key is among them: whoever reads the
// file of the tenant reads it too.
func heldKeys(cfg config.Config, dir string) (keys []schedule.Held) {
	for _, key := range config.Secrets() {
		kept := cfg.Kept(key)
		as, known := keptAs[kept.Kind]
		// The address of a database that stands in a file has no password.
		if !known || as == schedule.Inline && key == "ledger.url" {
			continue
		}
		k := schedule.Held{Key: key, Kept: as, Name: kept.Name}
		switch as {
		case schedule.InFile:
			k.File = kept.Name
		case schedule.AsCredential:
			k.File = filepath.Join(dir, "secrets", kept.Name)
		}
		if k.File != "" {
			_, err := os.Stat(k.File)
			k.Missing = err != nil
		}
		keys = append(keys, k)
	}
	return keys
}

// decisive are the files whose owner makes the passes: a ledger, else a key, else the folder.
func decisive(dir string, sound []tenant.Member) (files []string) {
	var keys []string
	for _, m := range sound {
		if cfg := m.Tenant.Config; !cfg.Ledger.NamesDatabase() {
			files = append(files, cfg.Ledger.Path, filepath.Dir(cfg.Ledger.Path))
		}
		for _, k := range heldKeys(m.Tenant.Config, dir) {
			if k.Kept == schedule.InFile {
				keys = append(keys, k.File)
			}
		}
	}
	return append(append(files, keys...), dir)
}

// scheduledMember is one tenant as it is scheduled.
func scheduledMember(m tenant.Member, dir string, env []string, here bool) schedule.Member {
	cfg := m.Tenant.Config
	made := schedule.Member{
		Name: m.Name, Database: cfg.Ledger.NamesDatabase(), Metrics: cfg.Paths()[metricsKey],
		Keys: heldKeys(cfg, dir),
	}
	if !here {
		return made
	}
	passes := *m.Tenant
	passes.Env = env
	if !made.Database {
		made.Writes = []string{filepath.Dir(cfg.Ledger.Path)}
	}
	made.MayWrite = mayWrite(&passes, made.Metrics, made.Writes)
	return made
}

var keptAs = map[string]schedule.Keeping{
	config.KeptInFile: schedule.InFile, config.KeptAsCredential: schedule.AsCredential,
	config.KeptInVariable: schedule.InVariable, config.KeptByCommand: schedule.ByCommand,
	config.KeptInline: schedule.Inline,
}
