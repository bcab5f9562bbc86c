package bolt

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"acsync/store"
)

// names gives what a directory holds, in order.
func names(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

// One backup a day, and of these the newest stay; nothing else in the directory is touched.
func TestKeepBackups(t *testing.T) {
	l := testLedger(t, Options{})
	dir := t.TempDir()
	const other = "acsync-0123456789abcdef-20200101T000000Z.db"
	name := func(at time.Time) string { return "acsync-" + l.id + "-" + at.Format("20060102T150405Z") + ".db" }
	large := make([]byte, 8<<10)
	foreign := []string{other, "notes.txt", name(noon) + ".old", "acsync-" + l.id + ".db", ".acsync-0123456789abcdef-20200101T000000Z.db.1.tmp"}
	for _, each := range foreign {
		must(t, os.WriteFile(filepath.Join(dir, each), large, 0o600))
	}
	must(t, os.WriteFile(filepath.Join(dir, "."+name(noon)+".123.tmp"), large, 0o600)) // a crash has left it
	b := NewBackups(l, dir, 3)
	start := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for hour := range 10 * 24 {
		must(t, b.Keep(start.Add(time.Duration(hour)*time.Hour)))
		if hour == 0 {
			finish(t, l, id(1), store.Accepted)
		}
	}
	now := start.Add(10 * 24 * time.Hour)
	list, err := ListBackups(dir, l.id, now)
	must(t, err)
	var made []time.Time
	for _, each := range list {
		made = append(made, each.Made)
		c := openLedger(t, each.Path, Options{ReadOnly: true, AcceptFence: true})
		wantSame(t, record(t, c, id(1)).State, store.Accepted)
		closeLedger(t, c)
	}
	day := 24 * time.Hour
	wantSame(t, made, []time.Time{start.Add(9 * day), start.Add(8 * day), start.Add(7 * day)})
	wantSame(t, len(names(t, dir)), len(foreign)+3)
	// The next process looks at the directory.
	must(t, NewBackups(l, dir, 3).Keep(now.Add(-time.Second)))
	wantSame(t, len(names(t, dir)), len(foreign)+3)
	must(t, NewBackups(l, dir, 1).Keep(now))
	wantSame(t, len(names(t, dir)), len(foreign)+1)
}

// A clock that was wrong for a while stops no backup, and takes no place from those of now.
func TestBackupsFromTheFuture(t *testing.T) {
	l := testLedger(t, Options{})
	dir := t.TempDir()
	wrong := time.Date(2036, 1, 1, 0, 0, 0, 0, time.UTC)
	b := NewBackups(l, dir, 2)
	must(t, b.Keep(wrong))
	must(t, b.Keep(wrong.Add(24*time.Hour)))
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for day := range 3 { // the same process goes on, and then others
		must(t, b.Keep(now.Add(time.Duration(day)*24*time.Hour)))
		b = NewBackups(l, dir, 2)
	}
	list, err := ListBackups(dir, l.id, now.Add(72*time.Hour))
	must(t, err)
	if len(list) != 2 || !list[0].Made.Equal(now.Add(48*time.Hour)) || !list[1].Made.Equal(now.Add(24*time.Hour)) {
		t.Errorf("got %v", list)
	}
}

// What keeps a backup from being written is told, and it is tried again after an hour.
func TestBackupThatFails(t *testing.T) {
	l := testLedger(t, Options{})
	dir := filepath.Join(t.TempDir(), "mount")
	b := NewBackups(l, dir, 2)
	wantError(t, b.Keep(noon), os.ErrNotExist)
	must(t, os.Mkdir(dir, 0o700))
	must(t, b.Keep(noon.Add(59*time.Minute)))
	wantSame(t, names(t, dir), []string(nil))
	must(t, b.Keep(noon.Add(time.Hour)))
	wantSame(t, len(names(t, dir)), 1)

	must(t, os.Chmod(dir, 0o500))
	defer os.Chmod(dir, 0o700)
	if f, err := os.Create(filepath.Join(dir, "probe")); err == nil {
		f.Close()
		os.Remove(f.Name())
		t.Skip("this user writes everywhere")
	}
	wantError(t, NewBackups(l, dir, 2).Keep(noon.Add(48*time.Hour)), os.ErrPermission)
	wantSame(t, len(names(t, dir)), 1)
}

// The file of the ledger was replaced while it is in use: what is there now is copied as no backup of it.
func TestBackupOfAnotherFile(t *testing.T) {
	l := testLedger(t, Options{})
	dir := t.TempDir()
	other := testLedger(t, Options{})
	content := closeLedger(t, other)
	moved := l.path + ".moved"
	must(t, os.Rename(l.path, moved))
	must(t, os.WriteFile(l.path, content, 0o600))
	err := NewBackups(l, dir, 2).Keep(noon)
	if !errors.Is(err, store.ErrDamaged) || !strings.Contains(err.Error(), "acsync ledger check") {
		t.Errorf("got %v", err)
	}
	wantSame(t, names(t, dir), []string(nil))
	must(t, os.Rename(moved, l.path))
}

func TestBackupKeepsOwnerAndMode(t *testing.T) {
	l := testLedger(t, Options{})
	must(t, os.Chmod(l.path, 0o640))
	dir := t.TempDir()
	must(t, NewBackups(l, dir, 1).Keep(noon))
	stat, err := os.Stat(filepath.Join(dir, names(t, dir)[0]))
	must(t, err)
	wantSame(t, stat.Mode().Perm(), os.FileMode(0o640))
}

// vast is a ledger that no disk has room for twice.
type vast struct{ *Ledger }

func (v vast) Info() (store.Info, error) {
	info, err := v.Ledger.Info()
	info.Size = 1 << 60
	return info, err
}

// A backup must not take the room that the outcomes of what is being sent need.
func TestNoRoomForABackup(t *testing.T) {
	l, dir := testLedger(t, Options{}), t.TempDir()
	if free, err := freeSpace(dir); err != nil || free > 1<<61 {
		t.Skip("this system does not tell")
	}
	err := NewBackups(vast{l}, dir, 2).Keep(noon)
	if err == nil || !strings.Contains(err.Error(), "MiB free, and") {
		t.Errorf("got %v", err)
	}
	wantSame(t, names(t, dir), []string(nil))
}

// TestNear tells a directory of backups that is lost with its ledger from others.
func TestNear(t *testing.T) {
	dir := t.TempDir()
	ledger, link := filepath.Join(dir, "own", "acsync.db"), filepath.Join(dir, "link")
	must(t, errors.Join(os.MkdirAll(filepath.Join(dir, "own", "copies"), 0o700), os.Mkdir(filepath.Join(dir, "other"), 0o700)))
	folders := map[string]bool{"own": true, "own/copies": true, "other": false, ".": false}
	if err := os.Symlink(filepath.Join(dir, "own"), link); err == nil {
		folders["link"] = true
	}
	for name, want := range folders {
		if folder, disk := Near(ledger, filepath.Join(dir, name)); folder != want || !disk {
			t.Errorf("%s: in the folder %t, on the disk %t", name, folder, disk)
		}
	}
	if folder, disk := Near(ledger, "/proc"); runtime.GOOS == "linux" && (folder || disk) {
		t.Error("another file system is taken for the disk of the ledger")
	}
}
