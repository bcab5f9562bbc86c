package simtest

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

var (
	plantedRun = flag.String("sim.planted", "",
		"plant the faults whose names match, and tell how many seeds find each")
	plantedMost = flag.Int("sim.planted.seeds", 400, "seeds for a planted fault, at most")
)

// edit is a change of a file of the module.
type edit struct{ file, old, new string }

// planted is a fault that is put into the product.
type planted struct {
	name  string
	edits []edit
}

// TestPlanted makes sure that each fault can be planted, and with -sim.planted that the worlds find it.
func TestPlanted(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range plantedFaults {
		overlay, err := p.overlay(t, root)
		if err != nil {
			t.Errorf("%s: %v", p.name, err)
			continue
		}
		if *plantedRun == "" || !regexp.MustCompile(*plantedRun).MatchString(p.name) {
			continue
		}
		t.Run(p.name, func(t *testing.T) { p.find(t, overlay) })
	}
}

// overlay writes the changed files, and what tells the compiler of them.
func (p planted) overlay(t *testing.T, root string) (string, error) {
	t.Helper()
	dir, changed := scratch(t), map[string]string{}
	for i, e := range p.edits {
		path := filepath.Join(root, e.file)
		from := path
		if before := changed[path]; before != "" {
			from = before
		}
		text, err := os.ReadFile(from)
		if err != nil {
			return "", err
		}
		if n := strings.Count(string(text), e.old); n != 1 {
			return "", fmt.Errorf("%s has %d times what is to be changed: %q", e.file, n, e.old)
		}
		to := filepath.Join(dir, fmt.Sprintf("%d.go", i))
		if err := os.WriteFile(to, []byte(strings.Replace(string(text), e.old, e.new, 1)), 0o600); err != nil {
			return "", err
		}
		changed[path] = to
	}
	text, err := json.Marshal(map[string]any{"Replace": changed})
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "overlay.json")
	return file, os.WriteFile(file, text, 0o600)
}

var firstFound = regexp.MustCompile(`seed (\d+): (\S+) at [^:]*:\d\d:[^:]*: (.*)`)

// find plays worlds until one of them finds the fault.
func (p planted) find(t *testing.T, overlay string) {
	binary := filepath.Join(filepath.Dir(overlay), "planted.test")
	build := exec.Command("go", "test", "-c", "-overlay", overlay, "-o", binary, "acsync/sync/simtest")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("it does not compile: %v\n%s", err, out)
	}
	played := 0
	for step := 2 * runtime.GOMAXPROCS(0); played < *plantedMost; step *= 2 {
		out, err := exec.Command(binary, "-test.run", "^TestWorlds$", "-test.timeout", "20m",
			fmt.Sprintf("-sim.seed=%d", played+1), fmt.Sprintf("-sim.seeds=%d", step)).CombinedOutput()
		played += step
		if err == nil {
			continue
		}
		found := firstFound.FindStringSubmatch(string(out))
		if found == nil {
			found = []string{"", "?", "a panic", panicked(string(out))}
		}
		t.Logf("%-55s found with %4d seeds by %s (seed %s): %.120s", p.name, played, found[2], found[1], found[3])
		return
	}
	t.Errorf("%-55s NOT found with %d seeds", p.name, played)
}

// panicked is what a test has ended with that did not come to its end.
func panicked(text string) string {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "panic: ") {
			return strings.TrimSpace(line)
		}
	}
	return "without a word"
}
