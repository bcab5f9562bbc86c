//go:build unix

package app_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestRootOnce lets root use the ledger of the service's own user, with a umask that leaves others nothing: with a home of
// his own, and with the user's, as sudo may leave it. The user goes on after each.
func TestRootOnce(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("only root can be root once")
	}
	dir, err := os.MkdirTemp("", "acsync-root-") // t.TempDir is closed to other users
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	user, roots, disk := filepath.Join(dir, "user"), filepath.Join(dir, "root"), filepath.Join(dir, "disk")
	for path, mode := range map[string]fs.FileMode{dir: 0o755, user: 0o700, roots: 0o700, disk: 0o1777} {
		if err := errors.Join(os.MkdirAll(path, mode), os.Chmod(path, mode)); err != nil {
			t.Fatal(err)
		}
	}
	folder := filepath.Join(user, "folder")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	z := newZooIn(t, folder)
	// Without the secret a pass is quick.
	path := filepath.Join(folder, "config.toml")
	config := regexp.MustCompile(`api_secret = .*\n`).ReplaceAll(z.read(t, path), nil)
	if err := errors.Join(os.WriteFile(path, config, 0o600), giveTo(nobody, user)); err != nil {
		t.Fatal(err)
	}
	program := build(t)
	run := func(uid int, home string, words string, env ...string) (code int, said string) {
		t.Helper()
		z.set(time.Now())                              // the program has the real clock here
		words, file, _ := strings.Cut(words, " FILE ") // which stands behind all flags
		args := append(strings.Fields(words), "--config", filepath.Join(z.dir, "config.toml"), "--quiet")
		args = append(args, strings.Fields(file)...)
		c := exec.Command("/bin/sh", append([]string{"-c", `umask 077; exec "$0" "$@"`, program}, args...)...)
		c.Dir, c.Env = "/", append([]string{"HOME=" + home}, env...)
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}}
		out, err := c.CombinedOutput()
		if err != nil && c.ProcessState == nil {
			t.Fatal(err)
		}
		return c.ProcessState.ExitCode(), string(out)
	}
	goesOn := func(uid int, home string, env ...string) {
		t.Helper()
		for _, words := range []string{"status", "run --max 1"} {
			if code, said := run(uid, home, words, env...); code != 0 && code != 3 {
				t.Fatalf("%s as user %d in %s: exit code %d\n%s", words, uid, home, code, said)
			}
		}
	}
	chosen := "ACSYNC_LEDGER_WITNESS=" + disk
	goesOn(nobody, user)
	goesOn(nobody, dir) // a home that he may not write to
	if code, said := run(nobody, dir, "status"); code != 0 || !strings.Contains(said, "may not use") {
		t.Errorf("in a home that cannot be written, status says with exit code %d\n%s", code, said)
	}
	for _, visit := range []struct {
		home string
		env  []string
	}{{roots, nil}, {user, nil}, {roots, []string{chosen}}, {"", nil}} {
		goesOn(0, visit.home, visit.env...)
		if code, said := run(0, visit.home, "ledger compact", visit.env...); code != 0 {
			t.Errorf("compact: exit code %d\n%s", code, said)
		}
		goesOn(nobody, user, visit.env...)
		goesOn(0, visit.home, visit.env...) // whose own witness is behind now
		goesOn(nobody, user)
	}
	// The first to come is root: his are the directories, in the home of the user.
	if err := os.RemoveAll(filepath.Join(user, ".local")); err != nil {
		t.Fatal(err)
	}
	goesOn(0, user)
	goesOn(nobody, user)
	ownedByUser(t, user)
	times := map[string]int{}
	for _, r := range z.stand.Requests() {
		if times[r.ExtInteractionID]++; r.Accepted() && times[r.ExtInteractionID] > 1 {
			t.Errorf("%s was asked twice", r.ExtInteractionID)
		}
	}
	// Root puts a copy back where there is no ledger any more, and rehearses before the user does.
	copied, test := filepath.Join(disk, "copy.db"), "AGENT_CONNECT_TEST_API_KEY="+z.stand.AgentConnectTestKey()
	for _, step := range []struct {
		uid   int
		words string
	}{{0, "ledger backup --out " + copied}, {0, "ledger restore FILE " + copied}, {0, "rehearse --max 1"}, {nobody, "rehearse --max 1"}} {
		if strings.Contains(step.words, "restore") {
			if err := os.Remove(z.ledger()); err != nil {
				t.Fatal(err)
			}
		}
		if code, said := run(step.uid, user, step.words, test); code != 0 && code != 3 {
			t.Fatalf("%s as user %d: exit code %d\n%s", step.words, step.uid, code, said)
		}
	}
	goesOn(nobody, user)
	ownedByUser(t, user)
}

// TestRootInit lets root prepare all that init makes in the folder of the service's own user, who makes the passes.
func TestRootInit(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("only root can be root once")
	}
	dir, err := os.MkdirTemp("", "acsync-root-") // t.TempDir is closed to other users
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	folder := filepath.Join(dir, "folder")
	if err := errors.Join(os.Chmod(dir, 0o755), os.Mkdir(folder, 0o700), os.Chown(folder, nobody, nobody)); err != nil {
		t.Fatal(err)
	}
	c := exec.Command("/bin/sh", "-c", `umask 077; exec "$0" init --config etc/acsync/config.toml --backup-dir copies/daily`, build(t))
	c.Dir, c.Env = folder, []string{"HOME=" + folder}
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	ownedByUser(t, folder)
}

// ownedByUser holds that whatever is in a directory is the service's own user's.
func ownedByUser(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Sys().(*syscall.Stat_t).Uid != nobody {
			t.Errorf("%s is of user %d", path, info.Sys().(*syscall.Stat_t).Uid)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
