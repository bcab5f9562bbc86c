package schedule

import (
	"path/filepath"
	"slices"
	"time"
)

// Job is what is to run, and where. Its paths are absolute.
type Job struct {
	Name    string // of units, objects and logs, such as "acsync"
	Again   string // the arguments of acsync that write these files anew, behind the kind
	Program string
	Config  string
	Ledger  string // empty: it is in a database
	Logs    string // the directory in which cron keeps logs
	User    string // whose the ledger is, or the configuration
	// NoUser: nothing is written here, so that systemd may make up a user for each pass.
	NoUser  bool
	Group   string // in which that one can read the configuration; empty: anybody can
	Image   string // of the container
	Every   Every
	Tenant  string        // a label of all figures
	Metrics string        // the file with these; empty: passes write none
	MaxAge  time.Duration // older conversations are not asked about
	Drain   time.Duration // how long a pass that is stopped may take to end what is in flight
	Keys    []Key
	// Settings are what this shell has in its environment, counts for a pass, and a schedule does not have.
	Settings []Variable
	Writes   []string // directories that a pass writes to, the ledger's first
	MayWrite []string // and those that it does without where they are not there
	Reports  []string // files of --report
}

// Key is a secret, and the file that holds it.
type Key struct {
	Name     string // such as "kustomer_api_key"
	Variable string // which names the file, such as "ACSYNC_KUSTOMER_API_KEY_FILE"
	File     string
	// Missing: there is no such file yet; the key came from the environment, or from nowhere.
	Missing bool
	// Configured: the configuration names the file itself.
	Configured bool
	// Credential: the configuration names a credential of this name; empty: it names none.
	Credential string
}

// Variable is one of the environment.
type Variable struct {
	Name, Value string
	// Path: the value is a place of this machine, which means nothing in a container.
	Path bool
}

// Wait is how long a pass waits for the ledger: long enough that a back-fill lets it have its turn, and
// shorter than the pause.
func (j Job) Wait() Every { return Every(min(10*time.Minute, time.Duration(j.Every)*2/3)) }

// InDatabase reports whether the ledger is in a database. Then the job may be scheduled on several machines.
func (j Job) InDatabase() bool { return j.Ledger == "" }

// Arguments are those of the pass, --report as rename has it.
func (j Job) arguments(config string, rename func(string) string) []string {
	args := []string{"run", "--config", config, "--if-locked", "wait=" + j.Wait().flag(), "--json"}
	// A file, a journal keeps it, and whoever looks for what happened finds each pass there.
	args = append(args, "--log-level", "info")
	for _, file := range j.Reports {
		args = append(args, "--report", rename(file))
	}
	return args
}

// Arguments are those of the pass on this machine.
func (j Job) Arguments() []string {
	return j.arguments(j.Config, func(file string) string { return file })
}

// Command is a command line of acsync for this configuration, as it can be pasted into a shell.
func (j Job) Command(args string) string {
	return ShellWord(j.Program) + " " + args + " --config " + ShellWord(j.Config)
}

// ByHand is Command for somebody who is not systemd, which tells passes where the keys lie.
func (j Job) ByHand(args string) string {
	for _, k := range j.Keys {
		if k.Credential != "" {
			return "CREDENTIALS_DIRECTORY=" + ShellWord(filepath.Dir(k.File)) + " " + j.Command(args)
		}
	}
	return j.Command(args)
}

// Anew is the command line that writes the files of a kind again.
func (j Job) Anew(kind string) string { return j.Command("schedule "+kind) + j.Again }

// Stop is how many seconds a pass has from the signal to stop to the one that kills: the drain, and then what
// it takes to write ledger, summary and report.
func (j Job) Stop() int { return int(j.Drain.Round(time.Second)/time.Second) + 20 }

// Log is a file that grows by each pass.
func (j Job) Log(suffix string) string { return filepath.Join(j.Logs, j.Name+suffix) }

// Missing are the key files that have to be written first.
func (j Job) Missing() []Key {
	return slices.DeleteFunc(slices.Clone(j.Keys), func(k Key) bool { return !k.Missing })
}
