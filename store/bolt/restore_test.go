package bolt

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"acsync/store"
)

// lived is a ledger with a backup that knows of one request; three were accepted by the end.
type lived struct {
	path, copied string
	id           string
}

func newLived(t *testing.T) lived {
	t.Helper()
	l := testLedger(t, Options{})
	finish(t, l, id(1), store.Accepted)
	v := lived{path: l.path, copied: filepath.Join(t.TempDir(), "backup.db"), id: l.id}
	must(t, l.Backup(v.copied))
	finish(t, l, id(2), store.Accepted)
	finish(t, l, id(3), store.Accepted)
	closeLedger(t, l)
	return v
}

func restoration(t *testing.T, path, copied string, o Options) *Restoration {
	t.Helper()
	r, err := NewRestoration(path, copied, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { must(t, r.Close()) })
	return r
}

// complete restores what the copy does not know of, as from the receiver's data.
func (v lived) complete(t *testing.T) {
	t.Helper()
	for _, o := range []Options{{}, {ReadOnly: true}} {
		_, err := Open(v.path, o)
		wantError(t, err, store.ErrRolledBack)
	}
	l := reopened(t, v.path, Options{AcceptFence: true})
	_, err := l.Import(accepted(id(2), id(3)))
	must(t, err)
	must(t, l.Adopt(store.Adoption{Seen: 3}))
	closeLedger(t, l)
	l = reopened(t, v.path, Options{})
	for n := range 3 {
		wantSame(t, record(t, l, id(n+1)).State, store.Accepted)
	}
	must(t, l.Check(t.Context()))
	closeLedger(t, l)
}

// spoil writes something that is no ledger.
func spoil(t *testing.T, path string) {
	t.Helper()
	must(t, os.WriteFile(path, []byte(strings.Repeat("no ledger ", 2000)), 0o600))
}

// Whatever is there, the copy takes its place, that stays under another name, and nobody works with the
// ledger before the repair is done.
func TestRestore(t *testing.T) {
	for name, test := range map[string]struct {
		loss  func(t *testing.T, v lived)
		aside bool
	}{
		"missing": {func(t *testing.T, v lived) { must(t, os.Remove(v.path)) }, false},
		"missing, on another machine": {func(t *testing.T, v lived) {
			must(t, errors.Join(os.Remove(v.path), os.Remove(v.path+fenceSuffix)))
		}, false},
		"damaged":   {func(t *testing.T, v lived) { spoil(t, v.path) }, true},
		"empty":     {func(t *testing.T, v lived) { must(t, os.Truncate(v.path, 0)) }, true},
		"no fence":  {func(t *testing.T, v lived) { must(t, os.Remove(v.path+fenceSuffix)); spoil(t, v.path) }, true},
		"bad fence": {func(t *testing.T, v lived) { spoil(t, v.path); spoil(t, v.path+fenceSuffix) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			v := newLived(t)
			test.loss(t, v)
			before := take(t, v.path, "")
			r := restoration(t, v.path, v.copied, Options{})
			if r.Newer() || r.Newest || r.Begun || r.Done || r.Made.IsZero() || r.Copy.ID != v.id {
				t.Errorf("got %+v", r)
			}
			aside, err := r.Place()
			must(t, err)
			if test.aside != (aside != "") {
				t.Errorf("moved aside to %q", aside)
			}
			if aside != "" {
				wantSame(t, take(t, aside, "")[""], before[""])
			}
			v.complete(t)
		})
	}
}

// Who has put the copy there by hand can restore it as if nothing was there.
func TestRestoreOfWhatIsThere(t *testing.T) {
	v := newLived(t)
	take(t, v.copied, "").putBack(t, v.path)
	r := restoration(t, v.path, v.copied, Options{})
	if r.Newer() || r.Newest || r.Begun || r.Done {
		t.Errorf("got %+v", r)
	}
	// Without a fence, as on another machine, it is refused for what it is, and not for that.
	for _, gone := range []string{"", fenceSuffix} {
		if gone != "" {
			must(t, os.Remove(v.path+gone))
		}
		if _, err := Open(v.path, Options{}); err == nil || !strings.Contains(err.Error(), "it is a copy of") {
			t.Errorf("it says %v", err)
		}
	}
	_, err := r.Place()
	must(t, err)
	v.complete(t)
}

// Whoever holds the ledger while a restore waits for it writes to it, as a back-fill does that lets go of it for
// the restore: what is there is what was let go.
func TestRestoreAfterWaiting(t *testing.T) {
	v := newLived(t)
	l := reopened(t, v.path, Options{})
	looked := make(chan *Restoration)
	go func() {
		r, err := NewRestoration(v.path, v.copied, Options{})
		if err != nil {
			t.Error(err)
		}
		looked <- r
	}()
	time.Sleep(200 * time.Millisecond) // it waits by now, or this shows nothing
	finish(t, l, id(4), store.Accepted)
	closeLedger(t, l)
	r := <-looked
	if r == nil {
		t.FailNow()
	}
	if r.There == nil || r.There.Counts[store.Accepted] != 4 {
		t.Errorf("it has looked at %+v", r.There)
	}
	_, err := r.Place()
	must(t, err)
}

// A copy that is older than the ledger says so; one that is older still, put back by hand, gives way.
func TestRestoreOverALedger(t *testing.T) {
	v := newLived(t)
	r := restoration(t, v.path, v.copied, Options{})
	if !r.Newer() || r.There == nil || r.There.Transaction <= r.Copy.Transaction {
		t.Errorf("the ledger is newer, got %+v", r)
	}
	must(t, r.Close())
	second := filepath.Join(t.TempDir(), "second.db")
	l := reopened(t, v.path, Options{})
	must(t, l.Backup(second))
	closeLedger(t, l)
	r = restoration(t, v.path, second, Options{})
	if !r.Newer() || !r.Newest {
		t.Errorf("the ledger is as new, and was closed so: %+v", r)
	}
	must(t, r.Close())
	take(t, v.copied, "").putBack(t, v.path)
	r = restoration(t, v.path, second, Options{})
	if r.Newer() || !r.Newest {
		t.Errorf("the ledger is older: %+v", r)
	}
	aside, err := r.Place()
	must(t, err)
	wantSame(t, take(t, aside, ""), take(t, v.copied, ""))
	_, err = Open(v.path, Options{})
	wantError(t, err, store.ErrRolledBack)
	l = reopened(t, v.path, Options{AcceptFence: true})
	must(t, l.Adopt(store.Adoption{}))
	closeLedger(t, l)
	wantSame(t, record(t, reopened(t, v.path, Options{}), id(3)).State, store.Accepted)
}

// Where the ledger was closed in another state than the copy's, or was not closed, the copy is not the newest.
func TestNewestCopy(t *testing.T) {
	v := newLived(t)
	second := filepath.Join(t.TempDir(), "second.db")
	l := reopened(t, v.path, Options{})
	must(t, l.Backup(second))
	must(t, l.Commit(store.Batch{Checkpoint: noon.Add(1)})) // the fence is up to date, and the copy is not
	closeLedger(t, l)
	r := restoration(t, v.path, second, Options{})
	if r.Newest {
		t.Error("something was written since")
	}
	must(t, r.Close())
	third := filepath.Join(t.TempDir(), "third.db")
	l = reopened(t, v.path, Options{})
	must(t, l.Commit(store.Batch{Checkpoint: noon.Add(2)}))
	must(t, l.Backup(third))
	finish(t, l, id(9), store.Accepted)
	abandon(t, l) // killed, and its fence fits the copy
	if r := restoration(t, v.path, third, Options{}); r.Newest {
		t.Error("something may have been sent since")
	}
}

// Of two restores that both have looked at what is there one puts its copy there, and the other nothing.
func TestRestoresAtOnce(t *testing.T) {
	first := func(t *testing.T, v lived) {
		_, err := restoration(t, v.path, v.copied, Options{}).Place()
		must(t, err)
	}
	for name, test := range map[string]struct {
		arrange, meanwhile func(t *testing.T, v lived)
	}{
		"over a damaged one": {func(t *testing.T, v lived) { spoil(t, v.path) }, first},
		"over an older one":  {func(t *testing.T, v lived) { take(t, v.copied, "").putBack(t, v.path) }, first},
		"over none":          {func(t *testing.T, v lived) { must(t, os.Remove(v.path)) }, first},
		"it was put back by hand": {func(t *testing.T, v lived) { spoil(t, v.path) }, func(t *testing.T, v lived) {
			take(t, v.copied, "").putBack(t, v.path) // into the same file
		}},
		"it was taken away": {func(t *testing.T, v lived) { spoil(t, v.path) }, func(t *testing.T, v lived) {
			must(t, os.Remove(v.path))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			v := newLived(t)
			test.arrange(t, v)
			r := restoration(t, v.path, v.copied, Options{})
			test.meanwhile(t, v)
			before, list := take(t, v.path, ""), names(t, filepath.Dir(v.path))
			aside, err := r.Place()
			wantError(t, err, errOvertaken)
			if err == nil || aside != "" || !strings.Contains(err.Error(), "nothing was changed") {
				t.Errorf("it moves what is there to %q, and says %v", aside, err)
			}
			wantSame(t, take(t, v.path, ""), before)
			wantSame(t, names(t, filepath.Dir(v.path)), list)
		})
	}
}

func TestRestoreRefused(t *testing.T) {
	other := newLived(t)
	for name, test := range map[string]struct {
		arrange func(t *testing.T, v lived) (path, copied string)
		want    error
		says    string
	}{
		"not there":   {func(_ *testing.T, v lived) (string, string) { return v.path, v.copied + ".none" }, ErrCopy, "no such file"},
		"a directory": {func(t *testing.T, v lived) (string, string) { return v.path, t.TempDir() }, ErrCopy, "not a regular file"},
		"no ledger":   {func(t *testing.T, v lived) (string, string) { spoil(t, v.copied); return v.path, v.copied }, ErrCopy, "damaged"},
		"empty": {func(t *testing.T, v lived) (string, string) {
			must(t, os.Truncate(v.copied, 0))
			return v.path, v.copied
		}, ErrCopy, "damaged"},
		"the ledger":       {func(_ *testing.T, v lived) (string, string) { return v.path, v.path }, ErrCopy, "the ledger itself"},
		"another ledger's": {func(_ *testing.T, v lived) (string, string) { return v.path, other.copied }, ErrCopy, "one that is there is"},
		"another's, and the ledger is lost": {func(t *testing.T, v lived) (string, string) {
			must(t, os.Remove(v.path))
			return v.path, other.copied
		}, ErrCopy, "fence was left by ledger"},
		"in use": {func(t *testing.T, v lived) (string, string) {
			reopened(t, v.path, Options{})
			return v.path, v.copied
		}, store.ErrLocked, "process"},
		"a directory in its place": {func(t *testing.T, v lived) (string, string) {
			must(t, errors.Join(os.Remove(v.path), os.Mkdir(v.path, 0o700)))
			return v.path, v.copied
		}, store.ErrDamaged, "not a regular file"},
		"a link that leads nowhere": {func(t *testing.T, v lived) (string, string) {
			link := filepath.Join(t.TempDir(), "link.db")
			must(t, os.Symlink(filepath.Join(t.TempDir(), "unmounted"), link))
			return link, v.copied
		}, os.ErrNotExist, "leads nowhere"},
	} {
		t.Run(name, func(t *testing.T) {
			v := newLived(t)
			path, copied := test.arrange(t, v)
			before := names(t, filepath.Dir(path))
			_, err := NewRestoration(path, copied, Options{Timeout: -1})
			wantError(t, err, test.want)
			if err == nil || !strings.Contains(err.Error(), test.says) || !strings.Contains(err.Error(), "nothing was changed") {
				t.Errorf("it says %v", err)
			}
			wantSame(t, names(t, filepath.Dir(path)), before)
		})
	}
}

func TestRestoreForAnotherTenant(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	o := Options{Tenant: "acme", Credential: "key-of-production"}
	must(t, Create(path, noon, o))
	l := reopened(t, path, o)
	finish(t, l, id(1), store.Accepted)
	copied := filepath.Join(t.TempDir(), "backup.db")
	must(t, l.Backup(copied))
	closeLedger(t, l)
	must(t, os.Remove(path))
	for _, wrong := range []Options{{Tenant: "other"}, {Tenant: "acme", Credential: "key-of-test"}} {
		_, err := NewRestoration(path, copied, wrong)
		wantError(t, err, ErrCopy)
		if err == nil || !strings.Contains(err.Error(), "--accept-") || strings.Contains(err.Error(), "production") {
			t.Errorf("it says %v", err)
		}
		wrong.AcceptTenant, wrong.AcceptCredential = true, true
		restoration(t, path, copied, wrong)
	}
	restoration(t, path, copied, o)
}

// A restore dies at any of its steps, and is made again.
func TestRestoreThatDies(t *testing.T) {
	stages := []string{"with a part of the copy", "when the ledger has its other name", "when the copy is in place", "when a part was learnt", "before the fence was renewed"}
	for n, name := range stages {
		t.Run(name, func(t *testing.T) {
			v := newLived(t)
			spoil(t, v.path)
			dir := filepath.Dir(v.path)
			switch n {
			case 0:
				must(t, os.WriteFile(filepath.Join(dir, "."+filepath.Base(v.path)+".123.tmp"), []byte("half"), 0o600))
			case 1:
				must(t, os.Link(v.path, v.path+".before-20261122T120000Z"))
			}
			var fence snapshot
			if n >= 2 {
				_, err := restoration(t, v.path, v.copied, Options{}).Place()
				must(t, err)
				fence = take(t, v.path, fenceSuffix)
			}
			if n >= 3 {
				l := reopened(t, v.path, Options{AcceptFence: true})
				_, err := l.Import(accepted(id(2)))
				must(t, err)
				if n == 4 {
					_, err := l.Import(accepted(id(3)))
					must(t, err)
					must(t, l.Adopt(store.Adoption{Seen: 3}))
				}
				abandon(t, l)
			}
			r := restoration(t, v.path, v.copied, Options{})
			if n == 4 {
				if !r.Done || r.Begun {
					t.Error("it is done, and does not say so")
				}
				must(t, r.Close())
				fence.putBack(t, v.path)
				r = restoration(t, v.path, v.copied, Options{})
			}
			wantSame(t, []bool{r.Begun, r.Done}, []bool{n >= 2, false})
			if !r.Begun {
				_, err := r.Place()
				must(t, err)
			}
			must(t, r.Close())
			if left := slices.DeleteFunc(names(t, dir), func(name string) bool { return !strings.HasSuffix(name, ".tmp") }); len(left) > 0 {
				t.Errorf("%v are left", left)
			}
			v.complete(t)
		})
	}
}

// A link to the ledger stays one.
func TestRestoreBehindALink(t *testing.T) {
	v := newLived(t)
	spoil(t, v.path)
	link := filepath.Join(t.TempDir(), "link.db")
	must(t, os.Symlink(v.path, link))
	aside, err := restoration(t, link, v.copied, Options{}).Place()
	must(t, err)
	wantSame(t, filepath.Dir(aside), filepath.Dir(v.path))
	if stat, err := os.Lstat(link); err != nil || stat.Mode()&os.ModeSymlink == 0 {
		t.Error("the link was replaced")
	}
	v.complete(t)
}

// A ledger of rehearsals knows nobody who was really asked, and is no copy of one that does.
func TestRestoreOfARehearsal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rehearsal.db")
	must(t, Create(path, noon, Options{Rehearsal: true}))
	v := newLived(t)
	_, err := NewRestoration(v.path, path, Options{})
	wantError(t, err, store.ErrRehearsal)
	wantError(t, err, ErrCopy)
	must(t, errors.Join(os.Remove(v.path), os.Rename(path, v.path)))
	_, err = NewRestoration(v.path, v.copied, Options{})
	wantError(t, err, ErrCopy)
}

// A copy is the newest only as far as the second witness knows: fence and copy may have been put back together.
// Restored it goes on at another place, where it is at home from then on.
func TestRestoreAtAPlace(t *testing.T) {
	at := home(t)
	path := settled(t, at)
	l := reopened(t, path, Options{Place: &at})
	copied := filepath.Join(t.TempDir(), "backup.db")
	must(t, l.Backup(copied))
	closeLedger(t, l)
	folder := take(t, path, "", fenceSuffix)
	r := restoration(t, path, copied, Options{Place: &at})
	if !r.Newest {
		t.Error("nothing was sent since")
	}
	must(t, r.Close())
	use(t, path, at, 2)
	folder.putBack(t, path)
	r = restoration(t, path, copied, Options{Place: &at})
	if r.Newest {
		t.Error("the witness knows of more")
	}
	must(t, r.Close())

	elsewhere, other := filepath.Join(t.TempDir(), "ledger.db"), home(t)
	other.Machine = "two"
	_, err := restoration(t, elsewhere, copied, Options{Place: &other}).Place()
	must(t, err)
	for _, o := range []Options{{Place: &other}, {Place: &other, AcceptMove: true}} {
		_, err = Open(elsewhere, o)
		wantError(t, err, store.ErrRolledBack)
	}
	l = reopened(t, elsewhere, Options{Place: &other, AcceptFence: true})
	must(t, l.Adopt(store.Adoption{Excused: true}))
	closeLedger(t, l)
	use(t, elsewhere, other, 3)
}
