package app

import (
	"cmp"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"

	"acsync/sync/config"
	"acsync/sync/schedule"
)

// whoPasses says who makes the passes of a job, and where cron keeps their logs: whose the ledger is. Where
// that is in a database, it is whose the configuration is. His home directory is empty where it is that of
// this process.
func whoPasses(s *session, j *schedule.Job) (home string) {
	if !j.InDatabase() {
		j.User, home = ownerOf(j.Ledger, filepath.Dir(j.Ledger))
		j.Logs = filepath.Dir(j.Ledger)
		return home
	}
	j.User, home = ownerOf(j.Config)
	own, _ := config.Variable(s.env, "HOME")
	j.Logs = filepath.Join(cmp.Or(home, own, "/var/log"), ".local", "state", "acsync")
	return home
}

// withoutUser lets systemd make a user up for each pass, where nothing is written on this machine and
// whoever it is can read the configuration, or is let into the group that can. What a program tells may be
// for root alone.
func withoutUser(cfg config.Config, j *schedule.Job) {
	byCommand := slices.ContainsFunc(config.Secrets(), func(key string) bool {
		return cfg.Kept(key).Kind == config.KeptByCommand
	})
	if j.User == "root" && len(j.Writes)+len(j.MayWrite) == 0 && !byCommand {
		j.Group, j.NoUser = readers(j.Config)
	}
}

// readers is the group that can read a file of root's; empty for everybody. It reports whether anybody but
// root can.
func readers(path string) (group string, ok bool) {
	info, err := os.Stat(path)
	if err != nil {
		return "", false
	}
	open := info.Mode().Perm()&0o004 != 0
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		if at, err := os.Stat(dir); err != nil || at.Mode().Perm()&0o001 == 0 {
			open = false
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	if open {
		return "", true
	}
	_, id, known := ownersOf(path)
	if !known || id == 0 || info.Mode().Perm()&0o040 == 0 {
		return "", false
	}
	if found, err := user.LookupGroupId(strconv.FormatUint(uint64(id), 10)); err == nil {
		return found.Name, true
	}
	return strconv.FormatUint(uint64(id), 10), true
}

// ownerOf is the user whose the first of some files is that there are, and his home directory; the user of
// this process where that is not known.
func ownerOf(files ...string) (name, home string) {
	for _, path := range files {
		id, _, known := ownersOf(path)
		if !known {
			continue
		}
		// The environment says better where one's own home is.
		if int(id) == os.Geteuid() {
			break
		}
		if found, err := user.LookupId(strconv.FormatUint(uint64(id), 10)); err == nil {
			return found.Username, found.HomeDir
		}
		return strconv.FormatUint(uint64(id), 10), ""
	}
	current, err := user.Current()
	if err != nil {
		return strconv.Itoa(os.Geteuid()), ""
	}
	return current.Username, ""
}
