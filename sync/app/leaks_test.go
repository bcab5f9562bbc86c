package app

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"acsync/sync/sandbox"
)

// Leaks looks at all that the program shows and writes in the tests of this package, for the keys of the stand-ins
// and for names and addresses of people. Scripts hand it what each of their commands says, and their folder at the
// end, commandLine what it gets. TestMain fails for what it has found.
var Leaks = new(leakDetector)

type leakDetector struct {
	mu     sync.Mutex
	Looked int // texts
	found  []string
}

// The stand-ins' customers: their keys, names and addresses depend on the seed alone. Addresses of agents are not
// shown in full either; their names are.
const (
	addresses = `[A-Za-z0-9._%+-]+@(?:[a-z]+@)?example\.(?:com|net|org)\b`
	surnames  = "Archer Baker Carver Draper Fisher Glover Hooper Ironside Joiner Keller Lister Mason Nailer Ostler " +
		"Potter Roper Sawyer Tanner Usher Weaver"
)

// secrets are what must not be shown, and parts of which one is in each of them. The program itself, which runs in
// this binary, does without.
var secrets = sync.OnceValues(func() (whole *regexp.Regexp, parts []string) {
	stand, err := sandbox.Start(sandbox.Options{})
	if err != nil {
		panic(err)
	}
	defer stand.Close()
	last := strings.Fields(surnames)
	patterns := []string{addresses, `\b[A-Z][a-z]+ (?:` + strings.Join(last, "|") + `)\b`, `wrong-key-\d+`}
	parts = append(last, "@example.", "home@", "wrong-key-")
	for _, key := range []string{
		stand.KustomerKey(), stand.AgentConnectKey(), stand.AgentConnectTestKey(), stand.AgentConnectSecret(),
	} {
		patterns, parts = append(patterns, regexp.QuoteMeta(key)), append(parts, key)
	}
	return regexp.MustCompile(strings.Join(patterns, "|")), parts
})

// Look notes what a text holds. A regular expression takes long for a whole ledger: it is for what is suspect.
func (d *leakDetector) Look(where, text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.Looked++
	whole, parts := secrets()
	if !slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(text, part) }) {
		return
	}
	for _, hit := range whole.FindAllString(text, 3) {
		d.found = append(d.found, fmt.Sprintf("%s: %s", where, hit))
	}
}

// transcript looks at the log of a script: at what its commands have said, and not at the commands.
func (d *leakDetector) transcript(script, log string) {
	command, shown := "", strings.Builder{}
	said := func() {
		if !mayShow.MatchString(command) {
			d.Look(script+": "+command, shown.String())
		}
		shown.Reset()
	}
	for line := range strings.Lines(log) {
		switch {
		case strings.HasPrefix(line, "> "):
			said()
			command = strings.TrimSpace(line)
		case !strings.HasPrefix(line, "#"):
			shown.WriteString(line)
		}
	}
	said()
}

// mayShow are the commands that may show people: by --reveal, in examples of the help, or because the script itself shows a file.
var mayShow = regexp.MustCompile(` --(reveal|help)\b|acsync help |^> exec (cat|sh -c 'cat|grep|sed)|^> (cmp|env|stand-in) `)

// Folder looks at the files that a script has left, but for those that it began with.
func (d *leakDetector) Folder(script, dir string, own map[string][]byte) {
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return nil
		}
		text, err := os.ReadFile(path)
		if name := strings.TrimPrefix(path, dir+"/"); err == nil && !bytes.Equal(own[path], text) && !isInput.MatchString(name) {
			d.Look(script+": file "+name, string(text))
		}
		return nil
	})
}

// isInput are files that are written for the program to read, and those that it was told to write with --reveal.
var isInput = regexp.MustCompile(`\.(toml|key)$|^key$|^revealed\.`)

// FilesIn are the contents of the files of a folder, by their paths.
func FilesIn(dir string) map[string][]byte {
	files := map[string][]byte{}
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			files[path], _ = os.ReadFile(path)
		}
		return nil
	})
	return files
}

// Watched runs scripts as testing.T does, and hands what their commands say to the detector.
type Watched struct{ *testing.T }

// Verbose keeps all of the log until the script has ended.
func (w Watched) Verbose() bool { return true }

func (w Watched) Run(name string, script func(testscript.T)) {
	w.T.Run(name, func(t *testing.T) { script(Watched{t}) })
}

func (w Watched) Log(args ...any) {
	text := fmt.Sprint(args...)
	Leaks.transcript(w.Name(), text)
	w.Cleanup(func() {
		if w.Failed() || testing.Verbose() {
			w.T.Log(text)
		}
	})
}

// Verdict is the exit code of the tests: what has leaked fails them.
func (d *leakDetector) Verdict(code int, w io.Writer) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.found) == 0 {
		return code
	}
	fmt.Fprintf(w, "a key, a name or an address has leaked:\n  %s\n", strings.Join(d.found, "\n  "))
	return max(code, 1)
}

// TestLeaksAreFound feeds the detector what must never be shown, as the stand-ins have it.
func TestLeaksAreFound(t *testing.T) {
	now := time.Now().UTC()
	stand, err := sandbox.Start(sandbox.Options{Busy: 75 * time.Minute, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer stand.Close()
	for _, c := range stand.Conversations(stand.Start(), now)[:20] {
		request, err := http.NewRequest(http.MethodGet, stand.KustomerURL()+"/v1/customers/"+c.CustomerID, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+stand.KustomerKey())
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		d := new(leakDetector)
		if d.Look("a customer", string(text)); answer.StatusCode == http.StatusOK && len(d.found) == 0 {
			t.Errorf("nothing is found in %s", text)
		}
	}
	dir := t.TempDir()
	for name, leak := range map[string]string{
		"key": stand.KustomerKey(), "other key": stand.AgentConnectKey(), "test key": stand.AgentConnectTestKey(),
		"secret": stand.AgentConnectSecret(), "name": "Ada Archer", "address": "ada.archer.1x2y@example.net",
	} {
		d := new(leakDetector)
		d.transcript("script", "> exec acsync run\n[stderr]\ntime=now msg=\"call "+leak+"\"\n> exec acsync status\n[stdout]\nfine\n")
		if len(d.found) != 1 || !strings.Contains(d.found[0], "acsync run") {
			t.Errorf("%s in a log: found %q", name, d.found)
		}
		d = new(leakDetector)
		if err := os.WriteFile(filepath.Join(dir, "acsync.db"), []byte("\x00\x01"+leak+"\x00"), 0o600); err != nil {
			t.Fatal(err)
		}
		d.Folder("script", dir, nil)
		if len(d.found) != 1 || d.Verdict(0, io.Discard) != 1 {
			t.Errorf("%s in a ledger: found %q", name, d.found)
		}
	}
	d := new(leakDetector)
	d.transcript("script", "> exec acsync explain --reveal 1\nAda Archer\n> exec acsync explain jane@example.com\na•••@example.com\n")
	if len(d.found) != 0 || d.Verdict(3, io.Discard) != 3 {
		t.Errorf("found %q", d.found)
	}
}
