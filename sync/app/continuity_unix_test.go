//go:build unix

package app_test

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"acsync/sync/sandbox"
)

// continuities are all the ways in which a ledger can be restored, cloned or moved, each with and without the API
// secret. A step is a command of the program behind its exit code, perhaps with what it says, or else one of the shell.
// The program runs at the place named last, first at "one", with a machine and a home of the same name.
//
// What there is: one/ with the ledger and its fence, one-home/ with the witness; before/ with the same as it was
// two requests ago; old.db, a backup of then, and newest.db. Without is empty where the steps are the same.
var continuities = []struct{ name, loss, secret, without string }{ // without: empty for the same
	{
		"an old copy of the ledger alone", "cp before/one/acsync.db one/",
		"14 run; 0 ledger rebuild; 0 run", "14 run; 0 ledger restore ../newest.db; 0 run",
	},
	{
		"an old copy with its fence", "cp before/one/acsync.db* one/",
		"14 run; 0 ledger rebuild; 0 run", "14 run says its witness; 12 ledger restore ../newest.db; 14 run",
	},
	{
		"an old copy with its witness", "cp before/one/acsync.db one/; rm -r one-home; cp -a before/one-home .",
		"14 run; 0 ledger rebuild; 0 run", "14 run says its fence; 0 ledger restore ../newest.db; 0 run",
	},
	{
		// Without the secret nothing is left that could tell: all that can be done is to say so before it happens.
		"a disk or a machine restored whole", "rm -r one one-home; cp -a before/one before/one-home .",
		"14 run says Agent Connect; 0 ledger rebuild; 0 run",
		"0 status says a machine that is put back as a whole would ask again",
	},
	{
		"a folder copied to a second machine", "cp -a one two",
		"at two; 14 run says --accept-move; at one; 0 run --max 2; at two; 14 run; at one; 0 run", "",
	},
	{
		"a folder copied to a second machine, and accepted there", "cp -a one two",
		"at one; 0 run --max 2; at two; 0 ledger check --accept-move; 14 run says Agent Connect;" +
			"0 ledger rebuild; 0 run; at one; 14 run says Agent Connect",
		"at two; 0 ledger check --accept-move; 0 status says a machine that is put back as a whole would ask again",
	},
	{
		"a folder moved to a second machine", "mv one two",
		"at two; 14 run; 0 ledger check --accept-move; 0 run", "",
	},
	{
		"a folder copied on the same machine", "cp -a one three",
		"at three; 14 run; at one; 0 run --max 2; at three; 14 run; 14 ledger check --accept-move; at one; 0 run", "",
	},
	{
		"a folder copied on the same machine, and accepted there", "cp -a one three",
		"at three; 0 ledger check --accept-move; 0 run --max 2; at one; 14 run; 14 ledger check --accept-move; at three; 0 run", "",
	},
	{
		"a folder moved on the same machine", "mv one three",
		"at three; 14 run; 0 ledger check --accept-move; 0 run", "",
	},
	{
		"a clone with an identity of its own beside the original", "true",
		"at clone; 14 run says another machine, under the same path; at one; 0 run --max 2; at clone; 14 run; at one; 0 run", "",
	},
	{
		"a clone with all that the original has beside it", "cp -a one clone; cp -a one-home clone-home",
		"0 run --max 2; " + swap + "; 14 run says Agent Connect; 0 ledger rebuild; 0 run --max 2; " + swap +
			"; 14 run says Agent Connect; 0 ledger rebuild; 0 run; " + swap + "; 14 run",
		"0 status says a machine that is put back as a whole would ask again",
	},
	{
		"a backup over a missing ledger", "rm one/acsync.db",
		"10 run; 0 ledger restore ../old.db; 0 run",
		"10 run; 12 ledger restore ../old.db; 10 run; 0 ledger restore ../newest.db; 0 run",
	},
	{
		"a backup over a damaged ledger", "echo damaged > one/acsync.db",
		"14 run; 0 ledger restore ../old.db; 0 run",
		"14 run; 12 ledger restore ../old.db; 14 run; 0 ledger restore ../newest.db; 0 run",
	},
	{
		"a backup over an older ledger", "cp old.db one/acsync.db",
		"14 run says it is a copy; 0 ledger restore ../newest.db; 0 run", "",
	},
	{
		"a backup over a newer ledger", "true",
		"12 ledger restore ../old.db says is newer than the copy; 0 ledger restore --replace ../old.db; 0 run",
		"12 ledger restore ../old.db says is newer than the copy; 12 ledger restore --replace ../old.db; 0 run",
	},
	{
		"a backup on a new machine", "mkdir two; mv one/config.toml two; rm -r one one-home",
		"at two; 10 run; 0 ledger restore ../old.db; 0 run", "at two; 10 run; 12 ledger restore ../newest.db; 10 run",
	},
	{
		"a backup and the fence on a new machine", "mkdir two; mv one/config.toml one/acsync.db.fence two; rm -r one one-home",
		"at two; 10 run; 0 ledger restore ../newest.db; 0 run", "",
	},
	{
		"the fence lost", "mv one/acsync.db.fence found",
		"14 run says Put the fence back; 0 ledger rebuild; 0 run",
		"14 run says Put the fence back; mv found one/acsync.db.fence; 0 run",
	},
	{
		"the witness lost", "rm -r one-home",
		"0 status; 0 run; 0 status says OK place", "",
	},
	{
		"a witness that can be read alone", "cp before/one/acsync.db* one/; " +
			"mkdir -p $(echo one-home/.local/state/acsync/*.witness).tmp/in-the-way",
		"14 run; 12 ledger rebuild says cannot be written; 12 ledger restore --replace ../old.db says nothing was changed; 14 run; " +
			"rm -r one-home/.local/state/acsync/*.tmp; 0 ledger rebuild; 0 run",
		"14 run; 12 ledger check --accept-restored says cannot be written; 14 run",
	},
	{
		"fence and witness lost", "rm -r one/acsync.db.fence one-home",
		"14 run; 0 ledger rebuild; 0 run", "14 run; 12 ledger restore ../newest.db; 14 run",
	},
	{
		"ledger, fence and witness lost", "rm -r one/acsync.db* one-home",
		"10 run; 0 ledger restore ../old.db; 0 run", "10 run; 12 ledger restore ../newest.db; 10 run",
	},
}

// swap lets a clone take the place of the original, or give it back.
const swap = "mv one other; mv clone one; mv other clone; mv one-home other; mv clone-home one-home; mv other clone-home"

// TestContinuity restores, clones and moves ledgers: nobody is asked twice, whatever was done, and whoever may go on does.
func TestContinuity(t *testing.T) {
	t.Parallel()
	program, long := build(t), amount(0, 1) > 0
	for _, c := range continuities {
		for _, secret := range []bool{true, false} {
			steps, name := c.secret, c.name+", with the secret"
			if !secret {
				steps, name = cmp.Or(c.without, c.secret), c.name+", without the secret"
			}
			if secret && c.without == "" && !long {
				continue // Agent Connect's data change nothing there
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				w := newContinuity(t, program)
				w.secret = secret
				w.follow(t, c.loss+"; "+steps)
			})
		}
	}
}

// continuity is a world in which a ledger has asked four.
type continuity struct {
	dir     string
	program string
	stand   *sandbox.Sandbox
	place   string
	secret  bool // is at hand
}

func newContinuity(t *testing.T, program string) *continuity {
	t.Helper()
	w := &continuity{dir: t.TempDir(), program: program}
	var err error
	w.stand, err = sandbox.Start(sandbox.Options{PerHour: 16, Busy: 2 * time.Hour, Now: time.Now, DataPerMinute: 1_000_000})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.stand.Close(); err != nil {
			t.Error(err)
		}
	})
	approve(w.stand)
	config := fmt.Sprintf("[kustomer]\norg = \"sandbox\"\nbase_url = %q\napi_key = %q\nrequests_per_minute = 60000\n"+
		"searches_per_minute = 60000\n[agent_connect]\nbase_url = %q\napi_key = %q\nrequests_per_minute = 60000\n"+
		"[mapping.channels]\nkiosk = \"chat\"\nvoice = \"phone\"\n",
		w.stand.KustomerURL(), w.stand.KustomerKey(), w.stand.AgentConnectURL(), w.stand.AgentConnectKey())
	if err := os.MkdirAll(filepath.Join(w.dir, "one"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(w.dir, "one", "config.toml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	w.follow(t, "at one; mkdir backups before; 0 init --start "+time.Now().Add(-3*time.Hour).UTC().Format(time.RFC3339)+
		"; 0 run --max 2; mv backups/*.db old.db; cp -a one one-home before; 0 run --max 2; mv backups/*.db newest.db")
	return w
}

// follow takes steps, one after the other.
func (w *continuity) follow(t *testing.T, steps string) {
	t.Helper()
	for step := range strings.SplitSeq(steps, ";") {
		step = strings.TrimSpace(step)
		first, rest, _ := strings.Cut(step, " ")
		code, err := strconv.Atoi(first)
		switch {
		case first == "at":
			w.place = rest
		case err == nil:
			w.acsync(t, code, rest)
		default:
			c := exec.Command("sh", "-c", step)
			c.Dir = w.dir
			if out, err := c.CombinedOutput(); err != nil {
				t.Fatalf("%s: %v\n%s", step, err, out)
			}
		}
	}
}

// acsync runs the program at the place where the world is.
func (w *continuity) acsync(t *testing.T, want int, command string) {
	t.Helper()
	command, says, _ := strings.Cut(command, " says ")
	folder, home, machine := w.place, w.place+"-home", w.place
	switch w.place {
	case "three": // another folder of the same user
		home, machine = "one-home", "one"
	case "clone": // at the same path
		folder, home = "one", "one-home"
	}
	before := w.accepted(t)
	c := exec.Command(w.program, strings.Fields(command)...)
	c.Dir = filepath.Join(w.dir, folder)
	c.Env = []string{
		"HOME=" + filepath.Join(w.dir, home), "ACSYNC_LEDGER_MACHINE=" + machine, "COLUMNS=400",
		"ACSYNC_LEDGER_BACKUP_DIR=" + filepath.Join(w.dir, "backups"),
	}
	if w.secret {
		c.Env = append(c.Env, "AGENT_CONNECT_API_SECRET="+w.stand.AgentConnectSecret())
	}
	out, _ := c.CombinedOutput()
	said := strings.Join(strings.Fields(string(out)), " ")
	if code := c.ProcessState.ExitCode(); code != want {
		t.Fatalf("at %s: %s: exit code %d, want %d\n%s", w.place, command, code, want, out)
	}
	if !strings.Contains(said, says) {
		t.Errorf("at %s: %s does not say %q:\n%s", w.place, command, says, out)
	}
	pass := want == 0 && strings.HasPrefix(command, "run")
	if asked := w.accepted(t) > before; asked != pass {
		t.Errorf("at %s: %s has asked somebody: %v\n%s", w.place, command, asked, out)
	}
}

// accepted is how many were asked, and nobody twice.
func (w *continuity) accepted(t *testing.T) int {
	t.Helper()
	times := map[string]int{}
	for _, r := range w.stand.Requests() {
		if r.Accepted() {
			if times[r.ExtInteractionID]++; times[r.ExtInteractionID] > 1 {
				t.Fatalf("%s was asked %d times", r.ExtInteractionID, times[r.ExtInteractionID])
			}
		}
	}
	return len(times)
}
