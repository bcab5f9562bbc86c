package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// recipe is what the tests need of .goreleaser.yaml.
type recipe struct {
	Version int
	Before  struct{ Hooks []string }
	Builds  []struct {
		ID, Binary, Main string
		Env              []string
		Flags, Ldflags   []string
		Timestamp        string `yaml:"mod_timestamp"`
	}
	Archives []struct {
		ID    string
		Files []struct{ Src, Dst string }
	}
	Packages []packaged `yaml:"nfpms"`
	Images   []struct {
		Build, User string
		Labels      map[string]string
	} `yaml:"kos"`
}

// packaged is a package of a distribution.
type packaged struct {
	Name     string `yaml:"package_name"`
	Bindir   string
	Formats  []string
	Scripts  map[string]string
	Contents []content
}

// content is a file or a directory of one.
type content struct {
	Src, Dst, Type, Packager string
	Info                     struct {
		Owner, Group string
		Mode         os.FileMode
	} `yaml:"file_info"`
}

// release reads the recipe, and makes what its hook makes.
func release(t *testing.T) (recipe, *shelf) {
	t.Helper()
	t.Chdir("../..")
	text, err := os.ReadFile(".goreleaser.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var r recipe
	if err := yaml.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	s := &shelf{dir: filepath.Join(t.TempDir(), "made")}
	if err := write(s.dir); err != nil {
		t.Fatal(err)
	}
	return r, s
}

// shelf are the files that were made.
type shelf struct{ dir string }

// made is where the recipe finds them.
const made = ".release"

// find is the files that a source of the recipe means.
func (s *shelf) find(src string) []string {
	if rest, ok := strings.CutPrefix(src, made+"/"); ok {
		src = filepath.Join(s.dir, rest)
	}
	found, _ := filepath.Glob(src)
	return found
}

// read is the text of a file that was made.
func (s *shelf) read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// at is what a package has in a place.
func (p packaged) at(t *testing.T, path string) content {
	t.Helper()
	i := slices.IndexFunc(p.Contents, func(c content) bool { return c.Dst == path })
	if i < 0 {
		t.Fatalf("%s is not in the package", path)
	}
	return p.Contents[i]
}

// TestFilesThere holds that each file that the recipe names is there, and that each that is made goes into archives
// and packages.
func TestFilesThere(t *testing.T) {
	r, made := release(t)
	if !slices.Contains(r.Before.Hooks, "go run ./sync/packaging .release") {
		t.Error("no hook makes the files")
	}
	used := map[string][]string{}
	note := func(where, src string) {
		found := made.find(src)
		if len(found) == 0 {
			t.Errorf("%s: there is no %s", where, src)
		}
		for _, path := range found {
			used[strings.TrimPrefix(path, made.dir+"/")] = append(used[strings.TrimPrefix(path, made.dir+"/")], where)
		}
	}
	for _, a := range r.Archives {
		for _, f := range a.Files {
			note(a.ID, f.Src)
			// GoReleaser takes the place of a single file for its name, and that of several for a directory.
			if one := !strings.Contains(f.Src, "*"); one && f.Dst != "" && filepath.Base(f.Dst) != filepath.Base(f.Src) {
				t.Errorf("%s: %s is called %s", a.ID, f.Src, f.Dst)
			}
		}
	}
	for _, p := range r.Packages {
		for _, c := range p.Contents {
			if c.Type != "dir" {
				note("packages", c.Src)
			}
		}
		for _, script := range p.Scripts {
			note("scripts", script)
		}
	}
	for name, where := range map[string][]string{
		"LICENSE": {"linux", "others", "packages"}, "README.md": {"linux", "others", "packages"},
		"config.example.toml": {"linux", "others", "packages"}, "config.toml": {"packages"},
		"completions/acsync.bash": {"linux", "others", "packages"}, "completions/acsync.ps1": {"linux", "others"},
		"completions/acsync.fish": {"linux", "others", "packages"}, "completions/_acsync": {"linux", "others", "packages"},
		"man/acsync.1": {"linux", "others"}, "man/acsync.1.gz": {"packages"},
		"systemd/acsync.service": {"linux", "packages"}, "systemd/acsync.timer": {"linux", "packages"},
		"systemd/acsync-failed.service": {"linux", "packages"}, "sync/packaging/acsync.sysusers": {"packages"},
		"sync/packaging/preinstall.sh": {"scripts"}, "sync/packaging/postinstall.sh": {"scripts"},
		"sync/packaging/preremove.sh": {"scripts"}, "sync/packaging/postremove.sh": {"scripts"},
	} {
		for _, each := range where {
			if !slices.Contains(used[name], each) {
				t.Errorf("%s is not in %s, only in %q", name, each, used[name])
			}
		}
		delete(used, name)
	}
	if len(used) != 0 {
		t.Errorf("say in this test where they belong: %v", used)
	}
	packed := 0
	_ = filepath.WalkDir(made.dir, func(_ string, d os.DirEntry, _ error) error {
		if !d.IsDir() {
			packed++
		}
		return nil
	})
	if packed != 10 {
		t.Errorf("%d files were made: say in this test where each belongs", packed)
	}
}

// settings are the lines of a unit with a key.
func settings(unit, key string) (values []string) {
	for line := range strings.Lines(unit) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), key+"="); ok {
			values = append(values, strings.TrimPrefix(value, "-"))
		}
	}
	return values
}

// TestPlaces holds that a package has what its units use, where these look for it, for the user that they run as.
func TestPlaces(t *testing.T) {
	r, made := release(t)
	if len(r.Packages) != 1 {
		t.Fatalf("there are %d packages", len(r.Packages))
	}
	p := r.Packages[0]
	binary := p.Bindir + "/" + r.Builds[0].Binary
	configured := p.at(t, "/etc/acsync/config.toml")
	if configured.Type != "config|noreplace" {
		t.Errorf("an upgrade replaces %s: it is %q", configured.Dst, configured.Type)
	}
	for _, name := range []string{"acsync.service", "acsync-failed.service"} {
		unit := made.read(t, "systemd/"+name)
		p.at(t, "/usr/lib/systemd/system/"+name)
		for _, command := range settings(unit, "ExecStart") {
			words := strings.Fields(command)
			at := slices.Index(words, "--config")
			if words[0] != binary || at < 0 || words[at+1] != configured.Dst {
				t.Errorf("%s: the package has %s and %s, and the unit runs %s", name, binary, configured.Dst, command)
			}
		}
		user := settings(unit, "User")
		if !slices.Equal(user, []string{account}) {
			t.Errorf("%s runs as %q", name, user)
		}
		for _, dir := range settings(unit, "ReadWritePaths") {
			if c := p.at(t, dir); c.Type != "dir" || c.Info.Owner != account || c.Info.Mode != 0o700 {
				t.Errorf("%s writes to %s, which is %+v", name, dir, c)
			}
		}
		for _, credential := range settings(unit, "LoadCredential") {
			_, file, _ := strings.Cut(credential, ":")
			p.at(t, filepath.Dir(file))
			// The configuration leads everybody else there, such as acsync check by hand.
			if want := `api_key_file = "keys/` + filepath.Base(file) + `"`; !strings.Contains(made.read(t, "config.toml"), want) {
				t.Errorf("the configuration has no %s", want)
			}
		}
	}
	for _, readable := range []string{"/etc/acsync", "/etc/acsync/keys", "/etc/acsync/config.toml"} {
		c := p.at(t, readable)
		want := map[string]os.FileMode{"dir": 0o750}[c.Type]
		if want == 0 {
			want = 0o640
		}
		if c.Info.Owner != "root" || c.Info.Group != account || c.Info.Mode != want {
			t.Errorf("%s is %+v", readable, c.Info)
		}
	}
	for _, c := range p.Contents {
		if !strings.HasPrefix(c.Dst, "/etc/") && !strings.HasPrefix(c.Dst, "/var/") && c.Info.Mode != 0o644 {
			t.Errorf("%s has the mode %o", c.Dst, c.Info.Mode)
		}
	}
}

// TestConfiguration holds that the configuration of the packages is the example, with its ledger, backups and witness
// in directories that the package makes.
func TestConfiguration(t *testing.T) {
	r, made := release(t)
	cfg, err := load(made.read(t, "config.toml"))
	if err != nil {
		t.Fatal(err)
	}
	p := r.Packages[0]
	for _, dir := range []string{filepath.Dir(cfg.Ledger.Path), cfg.Ledger.Witness, cfg.Ledger.BackupDir} {
		if c := p.at(t, dir); c.Info.Owner != account {
			t.Errorf("%s is %s's", dir, c.Info.Owner)
		}
	}
	if filepath.Dir(cfg.Ledger.Path) == cfg.Ledger.Witness {
		t.Error("the second witness lies beside the ledger, and is put back with it")
	}
	for _, broken := range []string{"", exampleHead + "\n[kustomer]\n[ledger]\npath = \"\"\n"} {
		if _, err := configuration(broken); err == nil {
			t.Errorf("an example without the keys makes a configuration: %q", broken)
		}
	}
}

// TestAccount holds that scripts and sysusers.d make the same user, and that the image runs as the one of the CronJob.
func TestAccount(t *testing.T) {
	r, _ := release(t)
	users, err := os.ReadFile("sync/packaging/acsync.sysusers")
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile("sync/packaging/preinstall.sh")
	if err != nil {
		t.Fatal(err)
	}
	if want := "\nu " + account + " - \"" + account + "\" " + state + " /usr/sbin/nologin\n"; !strings.Contains(string(users), want) {
		t.Errorf("sysusers.d has no %q", want)
	}
	for _, want := range []string{
		"getent passwd " + account + " ", "--home-dir " + state + " ", "--shell /usr/sbin/nologin " + account + "\n",
	} {
		if !strings.Contains(string(script), want) {
			t.Errorf("the script before the installation has no %q", want)
		}
	}
	pod, err := os.ReadFile("sync/schedule/templates/pod.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	for _, image := range r.Images {
		uid, gid, _ := strings.Cut(image.User, ":")
		for _, want := range []string{"runAsUser: " + uid + "\n", "runAsGroup: " + gid + "\n"} {
			if !strings.Contains(string(pod), want) {
				t.Errorf("the image runs as %s, and the CronJob has no %q", image.User, want)
			}
		}
	}
}
