package app

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/urfave/cli/v2"

	"acsync/sync/config"
	"acsync/sync/schedule"
	"acsync/sync/tenant"
)

// plainName reports whether a name is one that units, objects of Kubernetes and shells all take as it is.
func plainName(name string) bool {
	const letters, others = "abcdefghijklmnopqrstuvwxyz", "0123456789-"
	return name != "" && len(name) <= 32 && strings.Contains(letters, name[:1]) &&
		strings.Trim(name, letters+others) == "" && !strings.HasSuffix(name, "-")
}

func notPlain(name string) error {
	return usagef("--%s %q: choose at most 32 lower-case letters, digits and hyphens, with a letter first", flagName,
		name)
}

// scheduledJob is what is to be scheduled.
func scheduledJob(s *session) (j schedule.Job, err error) {
	cfg := s.tenant.Config
	j = schedule.Job{
		Name: s.c.String(flagName), Image: s.c.String(flagImage), Drain: time.Duration(cfg.Sync.Drain),
		MaxAge: time.Duration(cfg.Sync.MaxAge), Tenant: s.tenant.Name, Metrics: cfg.Paths()[metricsKey],
	}
	if !plainName(j.Name) {
		return j, notPlain(j.Name)
	}
	if j.Every, err = readEvery(s.c, cfg); err != nil {
		return j, err
	}
	if j.Program, err = programPath(s.program); err != nil {
		return j, err
	}
	if j.Config, err = filepath.Abs(s.c.String(flagConfig)); err != nil {
		return j, err
	}
	if !cfg.Ledger.NamesDatabase() {
		if j.Ledger, err = filepath.Abs(cfg.Ledger.Path); err != nil {
			return j, err
		}
		j.Writes = append(j.Writes, filepath.Dir(j.Ledger))
	}
	for _, file := range s.c.StringSlice(flagReport) {
		path, err := filepath.Abs(file)
		if err != nil {
			return j, err
		}
		j.Reports = append(j.Reports, path)
		j.Writes = append(j.Writes, filepath.Dir(path))
	}
	j.Writes = unique(j.Writes)
	home := whoPasses(s, &j)
	j.Keys = scheduledKeys(s, j.Config)
	// The second witness lies in the home of the user who makes the passes, who may be another one.
	passes := *s.tenant
	if home != "" {
		passes.Env = append(slices.Clone(s.env), "HOME="+home)
	}
	j.Settings = scheduledSettings(s, passes.Env)
	j.MayWrite = mayWrite(&passes, j.Metrics, j.Writes)
	withoutUser(cfg, &j)
	j.Again = scheduleAgain(s)
	return j, checkPlaces(j)
}

// checkPlaces refuses what no line of a file can hold.
func checkPlaces(j schedule.Job) error {
	texts := slices.Concat([]string{j.Program, j.Config, j.Ledger}, j.Writes, j.MayWrite, j.Reports)
	for _, key := range j.Keys {
		texts = append(texts, key.File)
	}
	for _, v := range j.Settings {
		texts = append(texts, v.Value)
	}
	for _, text := range texts {
		if strings.ContainsFunc(text, unicode.IsControl) {
			return usagef("%q has a line break or another control character, which no schedule can hold", text)
		}
	}
	return nil
}

// unique keeps the first of each.
func unique(list []string) (kept []string) {
	for _, each := range list {
		if !slices.Contains(kept, each) {
			kept = append(kept, each)
		}
	}
	return kept
}

// scheduleAgain are the flags that write the same files again.
func scheduleAgain(s *session) string {
	again := ""
	for _, flag := range []string{flagEvery, flagName, flagImage} {
		if s.c.IsSet(flag) {
			again += " --" + flag + " " + schedule.ShellWord(s.c.String(flag))
		}
	}
	for _, flag := range []string{flagAll, flagWorkers} {
		if s.c.Bool(flag) {
			again += " --" + flag
		}
	}
	for _, file := range s.c.StringSlice(flagReport) {
		again += " --" + flagReport + " " + schedule.ShellWord(file)
	}
	return again
}

func readEvery(c *cli.Context, cfg config.Config) (schedule.Every, error) {
	var pause config.Duration
	if err := pause.UnmarshalText([]byte(c.String(flagEvery))); err != nil {
		return 0, usagef("--%s %q: give a duration such as 30m", flagEvery, c.String(flagEvery))
	}
	every, err := schedule.ParseEvery(time.Duration(pause))
	switch {
	case err != nil:
		return 0, usagef("--%s %s: %v", flagEvery, c.String(flagEvery), err)
	case pause >= cfg.Sync.MaxAge:
		return 0, usagef("--%s %s: conversations are stale after sync.max_age (%s), before a pass would see them",
			flagEvery, c.String(flagEvery), cfg.Sync.MaxAge)
	}
	return every, nil
}

// programPath is where this program lies.
func programPath(name string) (string, error) {
	real, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find this program: %w", err)
	}
	// go run removes what it has built.
	if strings.Contains(real, string(filepath.Separator)+"go-build") {
		return "", usagef("a schedule needs a program that stays: build it " +
			`(CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o acsync .), and call that`)
	}
	return calledBy(name, real), nil
}

// calledBy is the path of a program by the name that it was called by, where that leads to it: a link stays
// when a newer version takes its place.
func calledBy(name, real string) string {
	called, err := exec.LookPath(name)
	if err == nil {
		called, err = filepath.Abs(called)
	}
	if err != nil {
		return real
	}
	one, err := os.Stat(called)
	other, unread := os.Stat(real)
	if err != nil || unread != nil || !os.SameFile(one, other) {
		return real
	}
	return called
}

// mayWrite are the directories that passes write to, and do without where they are not there: that others are
// told keeps no pass from its work, and neither does a backup that cannot be made. Writes are those that they
// need.
func mayWrite(passes *tenant.Tenant, metrics string, writes []string) []string {
	var optional []string
	if ledger := passes.Config.Ledger; !ledger.NamesDatabase() {
		optional = append(optional, passes.WitnessDir(), ledger.BackupDir)
	}
	if metrics != "" {
		optional = append(optional, filepath.Dir(metrics))
	}
	return slices.DeleteFunc(unique(optional), func(dir string) bool {
		return dir == "" || slices.Contains(writes, dir)
	})
}

// scheduledKeys are the files of the keys that a pass needs, or uses when they are there. One that stands in
// the configuration itself needs none, nor does one that a program tells.
func scheduledKeys(s *session, configFile string) (keys []schedule.Key) {
	cfg, variables := s.tenant.Config, config.Variables()
	for _, key := range config.Secrets() {
		kept, fromEnv := cfg.Kept(key), s.origins[key] == variables[key]
		required := key == "kustomer.api_key" || key == "agent_connect.api_key"
		inPlace := kept.Kind == config.KeptInFile || kept.Kind == config.KeptAsCredential ||
			kept.Kind == config.KeptInVariable
		switch {
		// No pass uses the test key; but whoever reads a configuration that says where it is kept reads it, too.
		case key == "agent_connect.test_api_key" && !inPlace, kept.Kind == config.KeptInline && !fromEnv,
			kept.Kind == config.KeptByCommand, kept.Kind == config.KeptNowhere && !required:
			continue
		}
		name := strings.ReplaceAll(key, ".", "_")
		k := schedule.Key{Name: name, Variable: variables[key+"_file"]}
		switch kept.Kind {
		case config.KeptInFile:
			k.File = kept.Name
			k.Configured = s.origins[key+"_file"] != k.Variable
		case config.KeptAsCredential:
			k.Credential, k.File = kept.Name, filepath.Join(filepath.Dir(configFile), "keys", kept.Name)
		default:
			k.File = filepath.Join(filepath.Dir(configFile), "keys", name)
		}
		_, err := os.Stat(k.File)
		k.Missing = err != nil
		keys = append(keys, k)
	}
	return keys
}

// surroundings are variables that count for a pass and are no keys of the configuration.
var surroundings = []schedule.Variable{
	{Name: "HTTPS_PROXY"},
	{Name: "https_proxy"},
	{Name: "NO_PROXY"},
	{Name: "no_proxy"},
	{Name: "TZ"},
	{Name: "SSL_CERT_FILE", Path: true},
	{Name: "SSL_CERT_DIR", Path: true},
}

// databaseSurroundings are those that count for the connection to a database (documented, libpq).
var databaseSurroundings = []schedule.Variable{
	{Name: "PGHOST"},
	{Name: "PGPORT"},
	{Name: "PGUSER"},
	{Name: "PGSSLMODE"},
	{Name: "PGPASSFILE", Path: true},
	{Name: "PGSSLROOTCERT", Path: true},
	{Name: "PGSSLCERT", Path: true},
	{Name: "PGSSLKEY", Path: true},
}

// scheduledSettings are the variables that this process has, and a schedule has not. Nothing that holds a
// password is among them.
func scheduledSettings(s *session, env []string) (settings []schedule.Variable) {
	take := func(v schedule.Variable) {
		v.Value, _ = config.Variable(env, v.Name)
		switch {
		case v.Value == "":
		case strings.HasSuffix(strings.ToUpper(v.Name), "PROXY") && strings.Contains(v.Value, "@"):
			s.terminal.logger(s.stderr).Warn(v.Name + " holds a password, which is not written into the files: " +
				"give it to the schedule yourself")
		default:
			settings = append(settings, v)
		}
	}
	for key, variable := range config.Variables() {
		secret := slices.Contains(config.Secrets(), strings.TrimSuffix(key, "_file"))
		from := s.origins[key]
		if from == variable && !secret {
			take(schedule.Variable{Name: from, Path: slices.Contains(placeKeys, key)})
		}
	}
	slices.SortFunc(settings, func(a, b schedule.Variable) int { return cmp.Compare(a.Name, b.Name) })
	for _, v := range surroundings {
		take(v)
	}
	if s.tenant.Config.Ledger.NamesDatabase() {
		for _, v := range databaseSurroundings {
			take(v)
		}
		if password, _ := config.Variable(env, "PGPASSWORD"); password != "" {
			s.terminal.logger(s.stderr).Warn("PGPASSWORD is not written into the files: write the address of the " +
				"database with its password into a file, and name that in ledger.url_file")
		}
		return settings
	}
	// Where the second witness is kept follows from one of these.
	if s.tenant.Config.Ledger.Witness == config.WitnessAuto {
		home := schedule.Variable{Name: "XDG_STATE_HOME", Path: true}
		if base, _ := config.Variable(env, home.Name); !filepath.IsAbs(base) {
			home.Name = "HOME"
		}
		take(home)
	}
	return settings
}

// placeKeys name places of this machine, which the files for containers replace by their own.
var placeKeys = []string{
	"ledger.path", "ledger.witness", "ledger.machine", "ledger.backup_dir", metricsKey,
}

// metricsKey names the file with the metrics of a pass.
const metricsKey = "notify.prometheus_textfile"
