package app_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"acsync/store/postgres/pgtest"
	"acsync/sync/app"
)

// program is the program as users have it, built once for all the tests that run it.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "acsync-test-")
	if err != nil {
		return "", err
	}
	if err := os.Chmod(dir, 0o755); err != nil { // tests run it as another user, too
		return "", err
	}
	built = dir
	path := filepath.Join(dir, "acsync")
	// As the README says, but for -trimpath, with which all of it would be compiled once more.
	build := exec.Command("go", "build", "-buildvcs=false", "-ldflags", "-s -w", "-o", path, "acsync")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return path, nil
})

// built is the directory of the program; empty while no test has asked for it.
var built string

// build gives the path of the program. With -short, as the race detector has it, there is none: it is built
// without the detector, and would show it nothing.
func build(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("it runs the program as it is built")
	}
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// oneByOne skips with -short what shows the race detector nothing: commands that read and refuse, one after
// the other, a second each with it.
func oneByOne(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("nothing runs at the same time here")
	}
}

// raced are the scripts that the race detector has with -short: whatever runs at the same time in the program does
// so in one of them, passes of each kind, those who wait for the ledger or are told what it holds, and the stand-ins.
var raced = []string{
	"backfill", "fuses", "kill", "log_json", "plan", "resolve", "retry", "running", "serve", "turns", "witness",
}

// scripts are the files in testdata/script that are run.
func scripts(t *testing.T) []string {
	t.Helper()
	const dir = "testdata/script"
	files, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts in %s: %v", dir, err)
	}
	if !testing.Short() {
		return files
	}
	var few []string
	for _, name := range raced {
		few = append(few, filepath.Join(dir, name+".txtar"))
	}
	return few
}

// tidily runs tests, and takes the program away after them.
type tidily struct{ *testing.M }

// atOnce is how many tests run at the same time unless -parallel says otherwise: most of them wait, for a
// process, a lock or a service that is to be tried again.
const atOnce = "8"

// Run gives the exit code.
func (m tidily) Run() int {
	if err := flag.Set("test.parallel", atOnce); err != nil {
		panic(err)
	}
	code := pgtest.Main(m.M)
	if built != "" {
		_ = os.RemoveAll(built) // it is in the way of nobody
	}
	return app.Leaks.Verdict(code, os.Stderr)
}
