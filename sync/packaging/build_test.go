package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"debug/elf"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// forLong skips what takes minutes, such as building everything twice.
func forLong(t *testing.T) {
	t.Helper()
	if os.Getenv("LONG_TESTS") == "" {
		t.Skip("one of the long programmes: LONG_TESTS=1")
	}
}

// build builds the program as the recipe says, in a directory with the files of the repository.
func (r recipe) build(t *testing.T, dir, out string, env ...string) {
	t.Helper()
	b := r.Builds[0]
	args := append([]string{"build", "-buildvcs=false", "-ldflags", strings.Join(b.Ldflags, " "), "-o", out}, b.Flags...)
	build := exec.Command("go", append(args, b.Main)...)
	build.Dir, build.Env = dir, append(append(os.Environ(), b.Env...), env...)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go %q: %v\n%s", args, err, out)
	}
}

// copySource copies the files of the repository, those that are not committed yet among them.
func copySource(t *testing.T, to string) {
	t.Helper()
	list, err := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		t.Skip("this is no clone of the repository")
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(list), "\x00"), "\x00") {
		text, err := os.ReadFile(name)
		if errors.Is(err, os.ErrNotExist) { // removed, and not committed yet
			continue
		}
		path := filepath.Join(to, name)
		if err := errors.Join(err, os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, text, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestReproducible builds the program in two places, in the second with nothing remembered of other builds, and looks
// at what it needs of a machine.
func TestReproducible(t *testing.T) {
	forLong(t)
	r, _ := release(t)
	var programs [2][]byte
	for i := range programs {
		place := t.TempDir()
		source, out := filepath.Join(place, strings.Repeat("deep/", i)+"source"), filepath.Join(place, "acsync")
		copySource(t, source)
		env := []string{"GOOS=linux", "GOARCH=amd64"}
		if i > 0 {
			env = append(env, "GOCACHE="+filepath.Join(place, "cache"))
		}
		r.build(t, source, out, env...)
		programs[i] = read(t, out)
		if bytes.Contains(programs[i], []byte(place)) {
			t.Errorf("the program knows that it was built in %s", place)
		}
	}
	if !bytes.Equal(programs[0], programs[1]) {
		t.Error("the same source made two different programs")
	}
	program, err := elf.NewFile(bytes.NewReader(programs[0]))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range program.Progs {
		if part.Type == elf.PT_INTERP {
			t.Error("the program needs a dynamic linker")
		}
	}
	if libraries, _ := program.ImportedLibraries(); len(libraries) != 0 {
		t.Errorf("the program needs %q", libraries)
	}
	if symbols, _ := program.Symbols(); len(symbols) != 0 || program.Section(".debug_info") != nil {
		t.Error("the program is not stripped")
	}
}

// nfpm makes packages as GoReleaser does, which has it built in.
const nfpm = "github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.45.0"

// pack makes a package of a kind as the recipe says, and gives its path.
func pack(t *testing.T, made *shelf, kind, program, mtime string) string {
	t.Helper()
	var whole struct {
		Packages []map[string]any `yaml:"nfpms"`
	}
	if err := yaml.Unmarshal(read(t, ".goreleaser.yaml"), &whole); err != nil {
		t.Fatal(err)
	}
	p := whole.Packages[0]
	contents := append(p["contents"].([]any), map[string]any{
		"src": program, "dst": p["bindir"].(string) + "/acsync", "file_info": map[string]any{"mode": 0o755},
	})
	for _, c := range contents {
		if c := c.(map[string]any); c["src"] != nil {
			c["src"] = made.find(c["src"].(string))[0]
		}
	}
	p["name"], p["version"], p["arch"], p["mtime"], p["contents"] = p["package_name"], "1.0.0", "amd64", mtime, contents
	// GoReleaser has another word for what a package depends on.
	rpm := p["overrides"].(map[string]any)["rpm"].(map[string]any)
	p["depends"], rpm["depends"] = p["dependencies"], rpm["dependencies"]
	delete(rpm, "dependencies")
	for _, key := range []string{"dependencies", "id", "ids", "formats", "file_name_template", "package_name", "bindir"} {
		delete(p, key)
	}
	text, err := yaml.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	recipe, out := filepath.Join(dir, "nfpm.yaml"), filepath.Join(dir, "acsync."+kind)
	if err := os.WriteFile(recipe, text, 0o600); err != nil {
		t.Fatal(err)
	}
	make := exec.Command("go", "run", nfpm, "package", "-f", recipe, "-p", kind, "-t", out)
	if said, err := make.CombinedOutput(); err != nil {
		t.Fatalf("nfpm: %v\n%s", err, said)
	}
	return out
}

// TestPackages builds a deb and an rpm, each twice, and looks into the deb.
func TestPackages(t *testing.T) {
	forLong(t)
	if out, err := exec.Command("go", "run", nfpm, "--version").CombinedOutput(); err != nil {
		t.Skipf("nfpm cannot be run here: %s", out)
	}
	_, made := release(t)
	// What is packed as the program is of no consequence.
	program := filepath.Join(t.TempDir(), "acsync")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	const mtime = "2026-11-29T23:09:30Z"
	for _, kind := range []string{"deb", "rpm"} {
		one, other := read(t, pack(t, made, kind, program, mtime)), read(t, pack(t, made, kind, program, mtime))
		if !bytes.Equal(one, other) {
			t.Errorf("the same files made two different packages of the kind %s", kind)
		}
		if kind == "deb" {
			inspect(t, one)
		}
	}
}

// inspect looks at who may do what with the files of a package of Debian, and which are a configuration.
func inspect(t *testing.T, deb []byte) {
	t.Helper()
	data, control := members(t, deb, "data.tar.gz"), members(t, deb, "control.tar.gz")
	for path, want := range map[string]string{
		"./usr/bin/acsync":                        "-rwxr-xr-x root root",
		"./etc/acsync/":                           "drwxr-x--- root acsync",
		"./etc/acsync/keys/":                      "drwxr-x--- root acsync",
		"./etc/acsync/config.toml":                "-rw-r----- root acsync",
		"./var/lib/acsync/":                       "drwx------ acsync acsync",
		"./var/lib/acsync-backup/":                "drwx------ acsync acsync",
		"./usr/lib/systemd/system/acsync.service": "-rw-r--r-- root root",
		"./usr/lib/sysusers.d/acsync.conf":        "-rw-r--r-- root root",
		"./usr/share/man/man1/acsync.1.gz":        "-rw-r--r-- root root",
	} {
		h := data[path].Header
		if h == nil {
			t.Errorf("the package has no %s", path)
			continue
		}
		if got := h.FileInfo().Mode().String() + " " + h.Uname + " " + h.Gname; got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
	if got := control["./conffiles"].text; got != "/etc/acsync/config.toml\n" {
		t.Errorf("what an upgrade asks about: %q", got)
	}
	for _, script := range []string{"./preinst", "./postinst", "./prerm", "./postrm"} {
		if !strings.HasPrefix(control[script].text, "#!/bin/sh\n") {
			t.Errorf("the package has no script %s", script)
		}
	}
}

// member is a file in an archive.
type member struct {
	*tar.Header
	text string
}

// members are the files of one of the archives of which a package of Debian consists.
func members(t *testing.T, deb []byte, name string) map[string]member {
	t.Helper()
	_, packed, ok := strings.Cut(string(deb), name)
	if !ok {
		t.Fatalf("there is no %s", name)
	}
	// A header of ar has 60 bytes, and its name 16 of them.
	unpacked, err := gzip.NewReader(strings.NewReader(packed[60-len(name):]))
	if err != nil {
		t.Fatal(err)
	}
	unpacked.Multistream(false)
	found := map[string]member{}
	for archive := tar.NewReader(unpacked); ; {
		h, err := archive.Next()
		if err == io.EOF {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		found[h.Name] = member{h, string(text)}
	}
}

// TestUserMade runs what a package does before it is installed, where there is no such user and where there is one.
func TestUserMade(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("packages are for Linux")
	}
	for found, want := range map[string]string{
		"1": "useradd --system --user-group --comment acsync --home-dir /var/lib/acsync --no-create-home " +
			"--shell /usr/sbin/nologin acsync\n",
		"0": "",
	} {
		dir := t.TempDir()
		log := filepath.Join(dir, "log")
		for name, text := range map[string]string{
			"getent": "exit " + found, "useradd": "echo useradd \"$@\" >> " + log,
		} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		script := exec.Command("/bin/sh", "preinstall.sh", "install")
		script.Env = []string{"PATH=" + dir}
		if out, err := script.CombinedOutput(); err != nil || len(out) != 0 {
			t.Errorf("the script before the installation: %v: %s", err, out)
		}
		if said, _ := os.ReadFile(log); string(said) != want {
			t.Errorf("getent says %s: got %q, want %q", found, said, want)
		}
	}
}
