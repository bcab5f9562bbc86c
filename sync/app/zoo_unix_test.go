//go:build unix

package app_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// nobody is the user as whom the program is run where the tests are run by root, who may write everywhere.
const nobody = 65534

// TestZooReadOnly keeps a ledger that may be read and not written: what only reads goes on, what would send does not.
func TestZooReadOnly(t *testing.T) {
	t.Parallel()
	program := build(t)
	dir, err := os.MkdirTemp("", "acsync-zoo-") // t.TempDir is closed to other users
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(os.Chmod(filepath.Join(dir, "zoo"), 0o700), os.RemoveAll(dir)); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "zoo"), 0o700); err != nil {
		t.Fatal(err)
	}
	z := newZooIn(t, filepath.Join(dir, "zoo"))
	for _, c := range []struct {
		name      string
		file, dir fs.FileMode
		says      string
	}{
		{"file", 0o400, 0o700, "permission denied\nhint: let this user read and write it"},
		{"directory", 0o600, 0o500, "permission denied; make sure that its directory can be written to"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := os.Chmod(z.dir, 0o700); err != nil {
				t.Fatal(err)
			}
			z.place(t, z.content, z.fence)
			if err := errors.Join(os.Chmod(z.ledger(), c.file), os.Chmod(z.dir, c.dir), giveTo(nobody, z.dir)); err != nil {
				t.Fatal(err)
			}
			before, sent := z.look(t), len(z.stand.Requests())
			for command, want := range map[string]int{
				"run": 1, "resolve": 1, "resolve --accept --all": 1, "status": 0, "run --dry-run": 0, "ledger check": 0,
			} {
				z.set(time.Now()) // the program has the real clock here
				code, said := asNobody(t, program, z, command)
				if code != want || want != 0 && !strings.Contains(said, c.says) || strings.Contains(said, "goroutine") {
					t.Errorf("%s: exit code %d, want %d with %q\n%s", command, code, want, c.says, said)
				}
			}
			if after, now := z.look(t), len(z.stand.Requests()); after != before || now != sent {
				t.Errorf("the ledger was changed, or one of %d survey requests was sent", now-sent)
			}
		})
	}
}

// giveTo makes a directory and all in it a user's, where the tests are run by root.
func giveTo(uid int, dir string) error {
	if os.Getuid() != 0 {
		return nil
	}
	return filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(path, uid, uid))
	})
}

// asNobody carries out a command without root's rights, and gives its exit code and what it said.
func asNobody(t *testing.T, program string, z *zoo, command string) (code int, said string) {
	t.Helper()
	c := exec.Command(program, append(strings.Fields(command), "--config", filepath.Join(z.dir, "config.toml"), "--quiet")...)
	c.Dir, c.Env = z.dir, []string{"HOME=" + z.dir}
	if os.Getuid() == 0 {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	out, err := c.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode(), string(out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return 0, string(out)
}
