package schedule

import (
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Fleet is what is to run for the tenants of a folder, and where. Its paths are absolute.
type Fleet struct {
	Name     string // of units and objects, such as "acsync"
	Again    string // the arguments of acsync that write these files anew, behind the kind
	Program  string
	Dir      string // with tenants/NAME.toml
	Defaults bool   // and with _defaults.toml
	Image    string // of the container
	Shape    Shape
	Every    Every
	Drain    time.Duration // the longest of what their passes may take to end what is in flight
	MaxAge   time.Duration // the shortest of after what conversations are not asked about
	User     string        // whose ledgers or keys they are
	NoUser   bool          // nothing is written here, so that systemd may make up a user
	Group    string        // in which that one can read the configuration; empty: anybody can
	// Address is the file with the address of the database of all; empty: there is none, or not one for all.
	Address Held
	// Settings are what this shell has in its environment, counts for passes, and a schedule does not have.
	Settings []Variable
	Members  []Member
}

// Shape is how the passes of many tenants are made.
type Shape int

// The shapes.
const (
	Apart    Shape = iota // a job for each tenant
	Together              // one job that makes the passes of all
	Workers               // processes that stay and make whatever pass is due
)

// Member is one of the tenants.
type Member struct {
	Name     string
	Database bool // its ledger is in a database
	Keys     []Held
	Metrics  string   // the file with its figures; empty: its passes write none
	Writes   []string // directories that its passes write to
	MayWrite []string // and those that they do without where they are not there
}

// Held is a secret of a tenant, and where that is kept.
type Held struct {
	Key  string // of the configuration, such as "kustomer.api_key"
	Kept Keeping
	Name string // the path of the file, or the name of the credential, of the variable or of the program
	// File is the one that holds a credential before systemd has handed it over; that of a file itself.
	File string
	// Missing: there is no such file yet.
	Missing bool
}

// Keeping is how a secret is kept.
type Keeping int

// The ways to keep a secret.
const (
	InFile Keeping = iota
	AsCredential
	InVariable
	ByCommand
	Inline // in the file of the tenant itself
)

// drainOfWorkers is how long the passes of a worker that is told to stop may take, and killAfter what it
// has beyond that until it is killed.
const (
	drainOfWorkers = 90 * time.Second
	killAfter      = 30 * time.Second
)

// Command is a command line of acsync for this folder, as it can be pasted into a shell.
func (f Fleet) Command(args string) string {
	return ShellWord(f.Program) + " " + args + " --config-dir " + ShellWord(f.Dir)
}

// ByHand is Command for somebody who is not systemd, which tells passes where the keys lie.
func (f Fleet) ByHand(args string) string {
	for _, k := range f.held(AsCredential) {
		return "CREDENTIALS_DIRECTORY=" + ShellWord(filepath.Dir(k.File)) + " " + f.Command(args)
	}
	return f.Command(args)
}

// Anew is the command line that writes the files of a kind again.
func (f Fleet) Anew(kind string) string { return f.Command("schedule "+kind) + f.Again }

// WaitFlag is how long a pass waits for its ledger.
func (f Fleet) WaitFlag() string { return Job{Every: f.Every}.Wait().flag() }

// Stop is how many seconds passes have from the signal to stop to the one that kills.
func (f Fleet) Stop() int {
	if f.Shape == Workers {
		return int((max(drainOfWorkers, f.Drain.Round(time.Second)) + killAfter) / time.Second)
	}
	return Job{Drain: f.Drain}.Stop()
}

// EveryFlag is the time from pass to pass, of which workers have to be told.
func (f Fleet) EveryFlag() string { return f.Every.flag() }

// WorkDrain is how long a worker lets its passes end.
func (f Fleet) WorkDrain() string {
	return Every(max(drainOfWorkers, f.Drain.Round(time.Second))).flag()
}

// InDatabase reports whether the ledgers of all are in a database.
func (f Fleet) InDatabase() bool {
	return !slices.ContainsFunc(f.Members, func(m Member) bool { return !m.Database })
}

// held are the secrets of all that are kept in one way, by their names.
func (f Fleet) held(kept Keeping) (keys []Held) {
	for _, m := range f.Members {
		for _, k := range m.Keys {
			same := func(other Held) bool { return other.Name == k.Name && other.File == k.File }
			if k.Kept == kept && !slices.ContainsFunc(keys, same) {
				keys = append(keys, k)
			}
		}
	}
	return keys
}

// Variables are the names of those that hold keys.
func (f Fleet) Variables() string {
	var names []string
	for _, k := range f.held(InVariable) {
		names = append(names, k.Name)
	}
	return strings.Join(names, ", ")
}

// Missing are the files that have to be written first.
func (f Fleet) Missing() (keys []Held) {
	all := slices.Concat([]Held{f.Address}, f.held(InFile), f.held(AsCredential))
	return slices.DeleteFunc(all, func(k Held) bool { return !k.Missing })
}
