package config

import (
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"time"
	"unicode"
)

// Ledger is the section about what remembers: a file, or a PostgreSQL database where URL is set.
type Ledger struct {
	Path         string   `toml:"path"`
	Retain       Duration `toml:"retain"`        // how long dispositions are kept; 0 = for ever
	Witness      string   `toml:"witness"`       // WitnessAuto, WitnessOff, or a directory
	Machine      string   `toml:"machine"`       // identity of this machine; empty: the system's own
	AllowNetwork bool     `toml:"allow_network"` // a ledger on a network file system is taken
	BackupDir    string   `toml:"backup_dir"`    // where passes keep backups; empty: they make none
	BackupKeep   int      `toml:"backup_keep"`   // how many of them stay

	// The database, "postgres://user@host/database"; not set: the ledger is a file. It may bear a password,
	// unless it stands in the configuration itself.
	URL     Secret `toml:"url"`
	URLFile string `toml:"url_file"` // path
	Name    string `toml:"name"`     // of the ledger in the database; see [Config.LedgerName]
	// how long a process that says nothing any more keeps the ledger from others
	Lease Duration `toml:"lease"`
	// how long the absence of a request proves nothing after such a process
	TakeoverQuarantine Duration `toml:"takeover_quarantine"`
	// a standby may lack what was acknowledged
	AllowAsyncStandby bool `toml:"allow_async_standby"`
}

// InDatabase reports whether the ledger is kept in a database.
func (c Ledger) InDatabase() bool { return c.URL.IsSet() }

// NamesDatabase is InDatabase also where the secrets were left where they are kept: then the file that holds
// the address names the database.
func (c Ledger) NamesDatabase() bool { return c.InDatabase() || c.URLFile != "" }

func (c Ledger) check(k *checker) {
	if blank(c.Path) && !c.InDatabase() {
		k.fault("ledger.path", "must not be empty: without a ledger nothing can be sent once only")
	}
	// A conversation may be marked done again for weeks: who was asked is not forgotten sooner.
	if c.Retain < 0 || c.Retain > 0 && c.Retain < 30*day {
		k.fault("ledger.retain",
			"must be at least 30d, or 0 to remember for ever, is %s: who was asked before that is forgotten",
			c.Retain)
	}
	k.count("ledger.backup_keep", c.BackupKeep, 1000)
	// A word alone is a mistaken one rather than a directory.
	if c.Witness != WitnessAuto && c.Witness != WitnessOff && !namesPath(c.Witness) {
		k.fault("ledger.witness", `must be "auto", "off", or the path of a directory (such as "./witness"), `+
			"is %s", shorten(c.Witness))
	}
	if c.Machine != "" && (blank(c.Machine) || strings.ContainsFunc(c.Machine, unicode.IsControl)) {
		k.fault("ledger.machine", `must be text of one line, or "" for the system's own identity`)
	}
	c.checkDatabase(k)
}

// checkDatabase checks what has a meaning with a database alone, and refuses with one what has none, where
// somebody may rely on it.
func (c Ledger) checkDatabase(k *checker) {
	k.duration("ledger.lease", c.Lease, Duration(10*time.Second), Duration(time.Hour))
	k.duration("ledger.takeover_quarantine", c.TakeoverQuarantine, Duration(time.Second), 30*day)
	if c.Name != "" && !ledgerName.MatchString(c.Name) {
		k.fault("ledger.name", "must be 1 to 63 lower-case letters, digits and inner hyphens, is %s",
			shorten(c.Name))
	}
	if !c.InDatabase() {
		return
	}
	u, err := url.Parse(c.URL.Reveal())
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" || strings.Trim(u.Path, "/") == "" {
		// Nothing of it is shown: it may hold a password.
		k.fault("ledger.url", "must be the address of a database, such as postgres://acsync@db.example.com/acsync")
	} else if HasPassword(u) && c.URLFile == "" && k.origins["ledger.url"].source == SourceFile {
		k.fault("ledger.url", "has a password, which does not belong into the configuration: write the address "+
			"into a file of its own and name that in ledger.url_file, or set %s", variableName("ledger.url"))
	}
	if _, given := k.origins["ledger.path"]; given {
		k.fault("ledger.path", "names a file, and ledger.url a database: keep one of the two. acsync ledger "+
			"move takes a ledger from the one into the other")
	}
	if c.BackupDir != "" {
		k.fault("ledger.backup_dir", "is for ledgers that are files, and no backup would be made of a ledger in a "+
			"database: leave it out, and back up the database")
	}
}

// HasPassword reports whether the address of a database bears a password, before its host or among what
// follows behind the question mark.
func HasPassword(address *url.URL) bool {
	_, password := address.User.Password()
	query := address.Query()
	return password || query.Has("password") || query.Has("sslpassword")
}

// ledgerName is how a ledger in a database may be named.
var ledgerName = regexp.MustCompile(`^[0-9a-z]([0-9a-z-]{0,61}[0-9a-z])?$`)

// namesPath reports whether a text is a path and no word.
func namesPath(text string) bool { return !blank(text) && text != filepath.Base(text) }

// Rehearsal is the path of the ledger of rehearsals, beside that of the ledger: "acsync.rehearsal.db" beside
// "acsync.db".
func (c Ledger) Rehearsal() string {
	suffix := filepath.Ext(c.Path)
	return strings.TrimSuffix(c.Path, suffix) + ".rehearsal" + suffix
}
