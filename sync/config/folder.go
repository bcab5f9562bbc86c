package config

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Folder is a directory with the configurations of many tenants: [DefaultsFile] with what holds for all, and
// tenants/NAME.toml for each, which says what is different. The name of a tenant is that of its file.
type Folder struct {
	Dir   string
	Names []string // sorted
	// What lies there, is not read, and perhaps should be; nothing is served because of it.
	Strays Faults
}

// OpenFolder lists a folder. Faults are what concerns all of its tenants: no directory, and variables that
// are wrong, or of a single tenant. Those of each come from [Load].
func OpenFolder(dir string, s Source) (Folder, error) {
	f := Folder{Dir: filepath.Clean(dir)}
	within := filepath.Join(f.Dir, tenantsDir)
	list, err := os.ReadDir(within)
	if err != nil {
		return f, Faults{{
			File: within, Source: SourceFile, Message: "cannot be listed: " + cause(err).Error(),
			Todo: "--config-dir names a directory with " + DefaultsFile + " and the directory " + tenantsDir +
				", in which each tenant has a file NAME.toml",
		}}
	}
	for _, each := range list {
		name, isTOML := strings.CutSuffix(each.Name(), ".toml")
		stray := func(message string) {
			path := filepath.Join(within, each.Name())
			f.Strays = append(f.Strays, Fault{File: path, Source: SourceFile, Message: message})
		}
		switch {
		case passedOverFile.MatchString(each.Name()):
		case !isTOML:
			stray("is not read: the file of a tenant is NAME.toml")
		case !labelForm.MatchString(name):
			stray("is not read: a tenant is named by up to 63 lower-case letters, digits and inner hyphens")
		default:
			f.Names = append(f.Names, name)
		}
	}
	beside, _ := filepath.Glob(filepath.Join(escapeGlob(f.Dir), "*.toml"))
	for _, path := range beside {
		if base := filepath.Base(path); base != DefaultsFile && !passedOverFile.MatchString(base) {
			f.Strays = append(f.Strays, Fault{
				File: path, Source: SourceFile, Message: "is not read: tenants stand in " + within,
			})
		}
	}
	return f, checkVariables(s)
}

// passedOverFile are hidden files, among them those by which Kubernetes mounts others, and what editors and
// package managers leave.
var passedOverFile = regexp.MustCompile(
	`^\.|~$|^#.*#$|\.(bak|orig|tmp|sw[op]|rpmnew|rpmsave|dpkg-(old|new|dist|tmp))$`)

// escapeGlob lets a path mean itself in a pattern.
func escapeGlob(path string) string {
	if filepath.Separator == '\\' {
		return path
	}
	return regexp.MustCompile(`[*?\[\\]`).ReplaceAllString(path, `\$0`)
}

// checkVariables refuses variables that are wrong for all tenants at once, and those that are of one.
func checkVariables(s Source) error {
	d := &draft{checker: newChecker(), cfg: Default()}
	d.readEnvironment(s)
	for key, at := range d.origins {
		if perTenant(key) {
			d.faultAt(at, key, "is of one tenant, and a variable would be of all: take it away, and write "+
				"the key into the file of the tenant")
		}
	}
	return d.faults.sorted().orNil()
}

// perTenant reports whether a key has another value for each tenant: its accounts, its secrets, and the files
// that nobody else may write.
func perTenant(key string) bool {
	own := []string{
		"kustomer.org", "kustomer.base_url", "agent_connect.subdomain", "agent_connect.base_url", "ledger.path",
		"ledger.name", "notify.prometheus_textfile",
	}
	for _, secret := range secrets {
		// The database is one for all, who have a row each.
		if !strings.HasPrefix(secret, "ledger.") {
			own = append(own, sourcesOf(secret)...)
		}
	}
	return slices.Contains(own, key)
}

// TenantFile is the file of a tenant in a folder, whether or not that is there.
func TenantFile(dir, name string) string { return filepath.Join(dir, tenantsDir, name+".toml") }

// Source completes a source for one of the tenants. A name that is none of them gives a source without a
// file, for [Load] to say so.
func (f Folder) Source(name string, s Source) Source {
	s.tenant, s.dir, s.Path = name, f.Dir, TenantFile(f.Dir, name)
	return s
}

// Collisions are the tenants that would work in each other's place: two files that are about the same
// accounts, or write the same ledger or figures. None of those can be served. Warnings are for those that
// only share the pace of a Kustomer organisation.
func Collisions(all map[string]Config) (refused map[string]Faults, warnings map[string][]string) {
	refused, warnings = map[string]Faults{}, map[string][]string{}
	names := slices.Sorted(maps.Keys(all))
	for i, one := range names {
		for _, other := range names[i+1:] {
			a, b := all[one], all[other]
			for key, what := range collisions(a, b) {
				for _, each := range [][2]string{{one, other}, {other, one}} {
					refused[each[0]] = append(refused[each[0]], Fault{
						Key: key, Message: fmt.Sprintf("is %s as of the tenant %s: both would ask the same customers, or "+
							"forget whom the other has asked; neither is served", what, each[1]),
					})
				}
			}
			shared := a.Kustomer.Org == b.Kustomer.Org && a.KustomerURL() == b.KustomerURL()
			if shared && a.KustomerURL() != "" && a.Accounts() != b.Accounts() {
				rates := fmt.Sprintf("read the same Kustomer organisation, whose limits they share: their "+
					"kustomer.requests_per_minute add up to %d", a.Kustomer.RequestsPerMinute+b.Kustomer.RequestsPerMinute)
				warnings[one] = append(warnings[one], "this tenant and "+other+" "+rates)
				warnings[other] = append(warnings[other], "this tenant and "+one+" "+rates)
			}
		}
	}
	return refused, warnings
}

// collisions says by key what two configurations must not have in common, and do.
func collisions(a, b Config) map[string]string {
	found := map[string]string{}
	if a.Accounts() != "" && a.Accounts() == b.Accounts() {
		found["kustomer.org"] = "with agent_connect.subdomain the same pair of accounts"
	}
	switch same := a.Ledger.URL.Equal(b.Ledger.URL) && a.Ledger.URLFile == b.Ledger.URLFile; {
	case a.Ledger.NamesDatabase() && b.Ledger.NamesDatabase():
		if same && a.LedgerName() == b.LedgerName() {
			found["ledger.name"] = "the same ledger"
		}
	case !a.Ledger.NamesDatabase() && !b.Ledger.NamesDatabase() && sameFile(a.Ledger.Path, b.Ledger.Path):
		found["ledger.path"] = "the same file"
	}
	if a.Notify.PrometheusTextfile != "" && sameFile(a.Notify.PrometheusTextfile, b.Notify.PrometheusTextfile) {
		found["notify.prometheus_textfile"] = "the same file"
	}
	return found
}

// sameFile reports whether two paths lead to one file, whether or not that is there yet.
func sameFile(one, other string) bool {
	if filepath.Clean(one) == filepath.Clean(other) {
		return true
	}
	a, errA := os.Stat(one)
	b, errB := os.Stat(other)
	if errA == nil && errB == nil {
		return os.SameFile(a, b)
	}
	dirs := [2]string{}
	for i, path := range []string{one, other} {
		dirs[i], _ = filepath.EvalSymlinks(filepath.Dir(path))
	}
	return dirs[0] != "" && dirs[0] == dirs[1] && filepath.Base(one) == filepath.Base(other)
}

// errNoTenant is a name that no file has.
var errNoTenant = errors.New("there is no such tenant")

// Known says what is wrong with the name of a tenant; nil where there is a file for it.
func (f Folder) Known(name string) error {
	path := TenantFile(f.Dir, name)
	if slices.Contains(f.Names, name) {
		return nil
	}
	if _, err := os.Stat(path); labelForm.MatchString(name) && !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return fmt.Errorf("%w as %s in %s%s", errNoTenant, shorten(name), filepath.Join(f.Dir, tenantsDir),
		Suggest(name, f.Names))
}
