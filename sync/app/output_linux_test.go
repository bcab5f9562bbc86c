package app_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const somebody = 12345 // a user without an entry in the password file

// writes lets the program write a configuration of the stand-ins to a file, after a few commands of a shell,
// with mounts of its own, and as a user. Refused says why it has not.
func writes(t *testing.T, dir, path, before string, user uint32) (refused string) {
	t.Helper()
	c := exec.Command("sh", "-c", before+"\nexec "+build(t)+` sandbox --out "$FILE"`)
	c.Dir, c.Env = dir, append(os.Environ(), "FILE="+path)
	c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: user, Gid: user}}
	if before != "" {
		c.SysProcAttr.Unshareflags = syscall.CLONE_NEWNS
	}
	errs, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Skip(err) // no mounts here
	}
	defer c.Wait()
	said := ""
	for lines := bufio.NewScanner(errs); lines.Scan(); {
		if strings.Contains(lines.Text(), "are serving") {
			_ = c.Process.Signal(syscall.SIGTERM)
			return ""
		}
		said += lines.Text()
	}
	if !strings.HasPrefix(said, "acsync: --out") || !strings.HasSuffix(said, "nothing was done") {
		t.Errorf("it said %s", said)
	}
	return said
}

// TestOutputWhereOthersDecide writes into folders and over files that belong to others or cannot be replaced:
// what can be written is, whole, and the rest is refused before anything is done.
func TestOutputWhereOthersDecide(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("makes files of several users")
	}
	type file struct {
		mode  os.FileMode
		owner int
	}
	mine, theirs := somebody, 0
	for name, test := range map[string]struct {
		folder  file
		was     *file  // nil: there is none
		name    string // of the file, if another one
		refused string
		mode    os.FileMode // afterwards
	}{
		"a new file":                               {folder: file{0o755, mine}, mode: 0o600},
		"one's own, readable for all":              {folder: file{0o755, mine}, was: &file{0o644, mine}, mode: 0o600},
		"one's own, read-only":                     {folder: file{0o755, mine}, was: &file{0o444, mine}, mode: 0o600},
		"somebody's in one's own folder":           {folder: file{0o755, mine}, was: &file{0o600, theirs}, mode: 0o600},
		"writable in a folder that is not":         {folder: file{0o755, theirs}, was: &file{0o640, mine}, mode: 0o640},
		"writable for all in a folder that is not": {folder: file{0o755, theirs}, was: &file{0o666, theirs}, mode: 0o666},
		"one's own in a sticky folder":             {folder: file{0o777 | os.ModeSticky, theirs}, was: &file{0o644, mine}, mode: 0o600},
		"writable for all in a sticky folder":      {folder: file{0o777 | os.ModeSticky, theirs}, was: &file{0o666, theirs}, mode: 0o666},
		"somebody's in a sticky folder": {
			folder: file{0o777 | os.ModeSticky, theirs}, was: &file{0o644, theirs}, refused: "sticky", mode: 0o644,
		},
		"somebody's in a folder that is not writable": {
			folder: file{0o755, theirs}, was: &file{0o644, theirs}, refused: "permission denied", mode: 0o644,
		},
		"a new one in a folder that is not writable": {folder: file{0o755, theirs}, refused: "permission denied"},
		"a long name":               {folder: file{0o755, mine}, name: strings.Repeat("x", 256), refused: "file name too long"},
		"in a file":                 {folder: file{0o755, mine}, was: &file{0o644, mine}, name: "file/below", refused: "not a directory", mode: 0o644},
		"a folder":                  {folder: file{0o755, mine}, name: ".", refused: "no file"},
		"a link that leads nowhere": {folder: file{0o755, mine}, name: "link", refused: "leads nowhere"},
		"nowhere":                   {folder: file{0o755, mine}, name: "nowhere/file", refused: "no such file"},
		"a device":                  {folder: file{0o755, mine}, name: "/dev/stdout", refused: "/dev/ is no place for a file"},
		"a link":                    {folder: file{0o755, mine}, was: &file{0o644, mine}, name: "link", mode: 0o600},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for d := dir; d != os.TempDir() && d != "/"; d = filepath.Dir(d) {
				if err := os.Chmod(d, 0o755); err != nil {
					t.Fatal(err)
				}
			}
			path := filepath.Join(dir, "file")
			if test.was != nil {
				putOld(t, path, test.was.mode, test.was.owner)
			}
			if err := os.Symlink("file", filepath.Join(dir, "link")); err != nil {
				t.Fatal(err)
			}
			if err := os.Chown(dir, test.folder.owner, test.folder.owner); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(dir, test.folder.mode); err != nil {
				t.Fatal(err)
			}
			given := "file"
			if test.name != "" {
				given = test.name
			}
			refused := writes(t, dir, given, "", somebody)
			if (refused == "") != (test.refused == "") || !strings.Contains(refused, test.refused) {
				t.Errorf("it said %q, want %q", refused, test.refused)
			}
			check(t, path, test.refused == "", test.mode)
			if left, err := os.ReadDir(dir); err != nil || len(left) > 2 {
				t.Errorf("there are %v, %v", left, err)
			}
		})
	}
}

// TestOutputOnMounts writes to a file that is mounted by itself, as containers get single files, and to disks
// that are full.
func TestOutputOnMounts(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("mounts")
	}
	const whole, fill = "mount -t tmpfs -o size=64k none disk", "; head -c 60000 /dev/zero > disk/much 2> /dev/null"
	for name, test := range map[string]struct {
		before, file string
		refused      string
	}{
		"a file mounted by itself": {"mount --bind source 'a file'", "a file", ""},
		"one that is read-only": {
			"mount --bind source 'a file' && mount -o remount,bind,ro 'a file'", "a file", "mounted by itself",
		},
		"a link to one":                          {"mount --bind source 'a file' && ln -s 'a file' link", "link", ""},
		"a new file on a full disk":              {whole + fill, "disk/new", "no space left"},
		"over a file on a full disk":             {whole + "; echo old > disk/old" + fill, "disk/old", "no space left"},
		"mounted by itself, from a full disk":    {whole + "; echo old > disk/old" + fill + "; mount --bind disk/old 'a file'", "a file", "no space left"},
		"on a read-only disk":                    {"mount -t tmpfs -o ro none disk", "disk/new", "read-only file system"},
		"in a read-only folder, in a bound file": {"mount --bind source 'a file' && chmod 555 .", "a file", ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			putOld(t, filepath.Join(dir, "source"), 0o640, 0)
			putOld(t, filepath.Join(dir, "a file"), 0o644, 0)
			if err := os.Mkdir(filepath.Join(dir, "disk"), 0o755); err != nil {
				t.Fatal(err)
			}
			refused := writes(t, dir, test.file, "set -e; "+test.before, 0)
			if (refused == "") != (test.refused == "") || !strings.Contains(refused, test.refused) {
				t.Errorf("it said %q, want %q", refused, test.refused)
			}
			check(t, filepath.Join(dir, "source"), test.refused == "", 0o640)
			check(t, filepath.Join(dir, "a file"), false, 0o644)
		})
	}
}

// putOld makes a file with an old text.
func putOld(t *testing.T, path string, mode os.FileMode, owner int) {
	t.Helper()
	if err := os.WriteFile(path, []byte("old\n"+strings.Repeat("#", 5000)), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(path, owner, owner); err != nil {
		t.Fatal(err)
	}
}

// check wants a file with its mode, which holds a whole configuration if it was written, and else what it held.
func check(t *testing.T, path string, written bool, mode os.FileMode) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		if mode != 0 {
			t.Error(err)
		}
		return
	}
	if is := strings.HasSuffix(string(text), "path = \"sandbox.db\"\n"); is != written || !written && !strings.HasPrefix(string(text), "old\n") {
		t.Errorf("it holds %.40q and %d bytes", text, len(text))
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
		t.Errorf("its mode is %v, %v; want %v", info.Mode(), err, mode)
	}
}
