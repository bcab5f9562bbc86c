package app_test

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"acsync/sync/app"
)

// resident is the program as a process that carries out one command line after the other, each with the variables and the
// folder of a process of its own. To start one for each was more than half of what the scripts took.
type resident struct {
	ask    *gob.Encoder
	answer *gob.Decoder
}

type commandCall struct {
	Args, Env []string
	Dir       string
}

type commandResult struct {
	Code      int
	Out, Errs []byte
}

// residentName is what the program of the tests is called to be a resident.
const residentName = "acsync-resident"

func newResident() (*resident, error) {
	process := exec.Command(residentName)
	process.Stderr = os.Stderr
	in, err := process.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &resident{gob.NewEncoder(in), gob.NewDecoder(out)}, process.Start()
}

// residents are those that have nothing to do. They end with the tests.
var residents = make(chan *resident, 64)

// stay carries a command line out in a resident.
func stay(c commandCall) (result commandResult, err error) {
	var r *resident
	select {
	case r = <-residents:
	default:
		if r, err = newResident(); err != nil {
			return result, err
		}
	}
	if err = errors.Join(r.ask.Encode(c), r.answer.Decode(&result)); err == nil {
		residents <- r
	}
	return result, err
}

// reside is what a resident does.
func reside() {
	log.SetOutput(io.Discard)
	calls, results := gob.NewDecoder(os.Stdin), gob.NewEncoder(os.Stdout)
	for {
		var c commandCall
		if calls.Decode(&c) != nil {
			return
		}
		os.Clearenv()
		for _, each := range c.Env {
			name, value, _ := strings.Cut(each, "=")
			_ = os.Setenv(name, value)
		}
		if err := os.Chdir(c.Dir); err != nil {
			panic(err)
		}
		var out, errs bytes.Buffer
		code := scripted().Run(context.Background(), c.Args, c.Env, strings.NewReader(""), &out, &errs)
		if results.Encode(commandResult{code, out.Bytes(), errs.Bytes()}) != nil {
			return
		}
	}
}

// scripted is the program that scripts run. EXAMPLE is the configuration that init writes, FIXED_NOW the stand-ins' clock: with
// it two passes see the same conversations.
func scripted() (p app.App) {
	if path := os.Getenv("EXAMPLE"); path != "" {
		example, err := os.ReadFile(path)
		if err != nil {
			panic(err)
		}
		p.Example = example
	}
	if text := os.Getenv("FIXED_NOW"); text != "" {
		now, err := time.Parse(time.RFC3339, text)
		if err != nil {
			panic(err)
		}
		p.Now = func() time.Time { return now }
	}
	return p
}

// variables are all that scripts set; which ones are set a script does not tell.
func variables(t *testing.T, files []string) []string {
	t.Helper()
	names := strings.Fields("EXAMPLE FIXED_NOW LATER HOME XDG_CACHE_HOME XDG_STATE_HOME PATH TMPDIR WORK")
	setting := regexp.MustCompile(`(?m)^(?:\[[^\]\n]*\] )?env (.*)$`)
	name := regexp.MustCompile(`(\w+)=`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range setting.FindAllStringSubmatch(string(text), -1) {
			for _, each := range name.FindAllStringSubmatch(line[1], -1) {
				names = append(names, each[1])
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// ownProcess are the variables that a process reads but once.
var ownProcess = regexp.MustCompile(`^(?i:TZ|GODEBUG|OWN_PROCESS|\w+_PROXY|SSL_CERT_\w+)$`)

// carryOut runs the program for a script, by its resident where that makes no difference.
func carryOut(ts *testscript.TestScript, command string, args ...string) (code int, out string) {
	var env []string
	apart := command != "acsync"
	for _, name := range ts.Value("variables").([]string) {
		if value := ts.Getenv(name); value != "" {
			env, apart = append(env, name+"="+value), apart || ownProcess.MatchString(name)
		}
	}
	if apart {
		err := ts.Exec(command, args...)
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			code = exit.ExitCode()
		} else if err != nil {
			ts.Fatalf("%v", err)
		}
		return code, ts.ReadFile("stdout")
	}
	result, err := stay(commandCall{append([]string{command}, args...), env, filepath.Clean(ts.MkAbs("."))})
	ts.Check(err)
	_, _ = ts.Stdout().Write(result.Out)
	_, _ = ts.Stderr().Write(result.Errs)
	return result.Code, string(result.Out)
}
