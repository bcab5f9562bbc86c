package simtest

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	plantedRun = flag.String("sim.planted", "",
		"plant the faults whose names match, and tell how many seeds find each; ? fails with the list of names")
	plantedMost = flag.Int("sim.planted.seeds", 1000, "seeds for a planted fault, at most")
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
		if _, err := p.changed(root); err != nil {
			t.Errorf("%s: %v", p.name, err)
		}
	}
	list, err := chosen(*plantedRun, *plantedMost)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list {
		t.Run(p.name, func(t *testing.T) { p.find(t, root) })
	}
}

// chosen are the faults whose names match a pattern; none for an empty one.
func chosen(pattern string, most int) (list []planted, err error) {
	if pattern == "" {
		return nil, nil
	}
	if most < 1 {
		return nil, fmt.Errorf("-sim.planted.seeds=%d: with no seed no fault can be found", most)
	}
	var names strings.Builder
	for _, p := range plantedFaults {
		fmt.Fprintf(&names, "\n  %s", p.name)
	}
	if pattern == "?" {
		return nil, fmt.Errorf("the faults that -sim.planted can choose:%s", &names)
	}
	matches, err := regexp.Compile(pattern)
	if err != nil {
		return nil, fmt.Errorf("-sim.planted: %w", err)
	}
	for _, p := range plantedFaults {
		if matches.MatchString(p.name) {
			list = append(list, p)
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("-sim.planted=%s matches none of the faults:%s", pattern, &names)
	}
	return list, nil
}

// changed are the files of the module with the fault in them, by their paths.
func (p planted) changed(root string) (map[string]string, error) {
	files := map[string]string{}
	for _, e := range p.edits {
		path := filepath.Join(root, e.file)
		text, known := files[path]
		if !known {
			read, err := os.ReadFile(path)
			if err != nil {
				return nil, err
			}
			text = string(read)
		}
		if n := strings.Count(text, e.old); n != 1 {
			return nil, fmt.Errorf("%s has %d times what is to be changed: %q", e.file, n, e.old)
		}
		files[path] = strings.Replace(text, e.old, e.new, 1)
	}
	return files, nil
}

// build makes the binary that plays worlds with the fault.
func (p planted) build(root, dir string) (binary string, err error) {
	files, err := p.changed(root)
	if err != nil {
		return "", err
	}
	overlay, replaced := filepath.Join(dir, "overlay.json"), map[string]string{}
	for path, text := range files {
		replaced[path] = filepath.Join(dir, fmt.Sprintf("%d.go", len(replaced)))
		if err := os.WriteFile(replaced[path], []byte(text), 0o600); err != nil {
			return "", err
		}
	}
	text, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(overlay, text, 0o600); err != nil {
		return "", err
	}
	binary = filepath.Join(dir, "planted.test")
	out, err := here.output("go", "test", "-c", "-overlay", overlay, "-o", binary, "acsync/sync/simtest")
	if err != nil {
		return "", fmt.Errorf("it cannot be built: %w\n%s", err, out)
	}
	return binary, nil
}

// find plays worlds until one of them finds the fault.
func (p planted) find(t *testing.T, root string) {
	dir := scratch(t)
	binary, err := p.build(root, dir)
	if err != nil {
		t.Fatal(err)
	}
	with := func(path string) player {
		return func(first, count int) (string, error) {
			return here.output(path, "-test.run=^TestWorlds$", "-test.timeout=20m", "-sim.dir="+dir,
				fmt.Sprintf("-sim.seed=%d", first), fmt.Sprintf("-sim.seeds=%d", count))
		}
	}
	found, played, err := hunt(*plantedMost, with(binary), with(self(t)))
	switch {
	case err != nil:
		t.Errorf("%-55s not decided after %d seeds: %v", p.name, played, err)
	case found == nil:
		t.Errorf("%-55s NOT found with %4d seeds", p.name, played)
	default:
		t.Logf("%-55s found with %4d seeds by %s (seed %s): %.120s", p.name, played, found.by, found.seed,
			found.text)
	}
}
