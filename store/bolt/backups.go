package bolt

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"acsync/store"
)

// BackupEvery is the time between two backups of a ledger.
const BackupEvery = 24 * time.Hour

// backupAgain is when one that failed is tried again.
const backupAgain = time.Hour

const backupTime = "20060102T150405Z"

// Backup is a copy of a ledger in a directory of backups.
type Backup struct {
	Path string
	Made time.Time // as its name says; UTC, seconds
}

// ListBackups gives the backups of a ledger, by its id, that a directory has, the newest first. Those whose
// names lie in the future at a time were made by a wrong clock, and come last. All other files, such as the
// backups of other ledgers, are left out.
func ListBackups(dir, id string, now time.Time) ([]Backup, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	named := backupName("", id, `$`)
	var list []Backup
	for _, entry := range entries {
		match := named.FindStringSubmatch(entry.Name())
		if match == nil || !entry.Type().IsRegular() {
			continue
		}
		made, err := time.Parse(backupTime, match[1])
		stat, gone := entry.Info()
		// A name alone may be what a crash has left of one.
		if err != nil || gone != nil || stat.Size() < least {
			continue
		}
		list = append(list, Backup{filepath.Join(dir, entry.Name()), made})
	}
	slices.SortFunc(list, func(a, b Backup) int { return b.Made.Compare(a.Made) })
	future := 0
	for future < len(list) && list[future].Made.After(now) {
		future++
	}
	return slices.Concat(list[future:], list[:future]), nil
}

// backupName matches the names of a ledger's backups, between two parts of a pattern.
func backupName(before, id, after string) *regexp.Regexp {
	return regexp.MustCompile(`^` + before + `acsync-` + regexp.QuoteMeta(id) + `-(\d{8}T\d{6}Z)\.db` + after)
}

// Newest is when the newest of the backups was made; zero for none, and for those from the future.
func Newest(list []Backup, now time.Time) time.Time {
	if len(list) == 0 || list[0].Made.After(now) {
		return time.Time{}
	}
	return list[0].Made
}

// Near reports how near to a ledger a directory of backups is: on its disk, and in its folder as well, with
// which they are lost. A disk that is mounted inside of the folder is another one.
func Near(ledger, dir string) (folder, disk bool) {
	ledger, err := realPath(ledger)
	if err != nil {
		return false, false
	}
	around := filepath.Dir(ledger)
	dir, err = realPath(dir)
	if err != nil || !sameDisk(around, dir) {
		return false, false
	}
	return inside(dir, around), true
}

// Original is an open ledger that backups are made of.
type Original interface {
	Info() (store.Info, error)
	Backup(path string) error // see [Copier]
}

// Backups keeps some backups of an open ledger in a directory, which must exist: one that is not mounted must
// not be taken for an empty one. It is not for several goroutines.
type Backups struct {
	ledger Original
	dir    string
	keep   int
	next   time.Time // when to look again
}

// NewBackups keeps the newest backups of a ledger, so many.
func NewBackups(ledger Original, dir string, keep int) *Backups {
	return &Backups{ledger: ledger, dir: dir, keep: keep}
}

// Keep writes a backup unless the newest is less than a day old, and then removes the oldest of those that
// are too many. After a failure it does nothing for an hour.
func (b *Backups) Keep(now time.Time) error {
	// Not when the clock was set back meanwhile.
	if now.Before(b.next) && b.next.Sub(now) <= BackupEvery {
		return nil
	}
	b.next = now.Add(backupAgain)
	info, err := b.ledger.Info()
	if err != nil {
		return err
	}
	list, err := ListBackups(b.dir, info.ID, now)
	if err != nil {
		return err
	}
	if next := Newest(list, now).Add(BackupEvery); now.Before(next) {
		b.next = next
		return nil
	}
	if err := b.write(info, now); err != nil {
		return err
	}
	b.next = now.Add(BackupEvery)
	return b.thin(list)
}

func (b *Backups) write(of store.Info, now time.Time) error {
	// Whoever copies this ledger holds its lock, as this process does: what else lies there a crash has left.
	if err := removeAll(b.dir, backupName(`\.`, of.ID, `\.\d+\.tmp$`)); err != nil {
		return err
	}
	if err := b.room(of.Size); err != nil {
		return err
	}
	path := filepath.Join(b.dir, "acsync-"+of.ID+"-"+now.UTC().Format(backupTime)+".db")
	err := b.ledger.Backup(path)
	if err == nil {
		return nil
	}
	// What it advises is about a ledger, and not about a copy of one that goes on.
	if err = bare(path, err); errors.Is(err, store.ErrDamaged) {
		err = fmt.Errorf("%w; acsync ledger check tells whether the ledger itself is", err)
	}
	return err
}

// thin removes those of the list, the newest first, that are too many beside the one that was just made.
func (b *Backups) thin(list []Backup) (failed error) {
	for _, old := range list[min(b.keep-1, len(list)):] {
		failed = cmp.Or(failed, os.Remove(old.Path))
	}
	return failed
}

// room makes sure that a backup leaves enough for the ledger itself, which may be on the same disk.
func (b *Backups) room(size int64) error {
	free, err := freeSpace(b.dir)
	if wanted := uint64(size) + MinRoom; err == nil && free < wanted {
		err = fmt.Errorf("%s has %d MiB free, and %d MiB are needed", b.dir, free>>20, wanted>>20)
	}
	return err
}
