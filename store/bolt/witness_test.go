package bolt

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"acsync/store"
	"acsync/sync/exit"
)

// home is a place with a witness outside of the ledger's folder.
func home(t *testing.T) Place {
	return Place{Machine: "one", Witness: filepath.Join(t.TempDir(), "state")}
}

// witnessOf is the path of the witness of a ledger at a place.
func witnessOf(t *testing.T, path string, p Place) string {
	t.Helper()
	l := openLedger(t, path, Options{ReadOnly: true, AcceptFence: true})
	defer closeLedger(t, l)
	return filepath.Join(p.Witness, l.id+witnessSuffix)
}

func wantRolledBack(t *testing.T, path string, p Place, says string) {
	t.Helper()
	for _, readOnly := range []bool{true, false} {
		_, err := Open(path, Options{Place: &p, ReadOnly: readOnly})
		wantError(t, err, store.ErrRolledBack)
		if err != nil && !strings.Contains(err.Error(), says) {
			t.Errorf("%v does not say %q", err, says)
		}
	}
}

// A folder that is put back with all that lies in it is told, however far the ledger had come.
func TestFolderPutBack(t *testing.T) {
	for name, since := range map[string]func(t *testing.T, path string, p Place){
		"something was sent": func(t *testing.T, path string, p Place) { use(t, path, p, 2) },
		"it was opened, and killed": func(t *testing.T, path string, p Place) {
			abandon(t, reopened(t, path, Options{Place: &p}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			at := home(t)
			path := settled(t, at)
			copied := take(t, path, "", fenceSuffix, holderSuffix)
			since(t, path, at)
			copied.putBack(t, path)
			wantRolledBack(t, path, at, "its witness "+at.Witness)
			l := openLedger(t, path, Options{Place: &at, AcceptFence: true})
			must(t, l.Adopt(store.Adoption{Excused: true}))
			closeLedger(t, l)
			use(t, path, at, 3)
		})
	}
}

// A repair must find as much as the witness has counted, and goes on behind the numbers that it has seen.
func TestRepairCountsTheWitness(t *testing.T) {
	at := home(t)
	path := settled(t, at)
	copied := take(t, path, "", fenceSuffix)
	use(t, path, at, 2)
	use(t, path, at, 3)
	copied.putBack(t, path)
	l := openLedger(t, path, Options{Place: &at, AcceptFence: true})
	wantError(t, l.Adopt(store.Adoption{}), store.ErrRolledBack)
	closeLedger(t, l)
	wantRolledBack(t, path, at, "") // until it has succeeded
	l = openLedger(t, path, Options{Place: &at, AcceptFence: true})
	_, err := l.Import(accepted(id(2), id(3)))
	must(t, err)
	must(t, l.Adopt(store.Adoption{}))
	if n := begin(t, l, id(4)).Number; n <= 3 {
		t.Errorf("the number %d was given before", n)
	}
	closeLedger(t, l)
	use(t, path, at, 5)
}

// A process that is killed between any two of the things that it writes leaves a witness that holds.
func TestKilledBesideTheWitness(t *testing.T) {
	at := home(t)
	path := settled(t, at)
	file := witnessOf(t, path, at)
	must(t, os.Remove(file)) // as of a ledger that had none
	l := openLedger(t, path, Options{ReadOnly: true, Place: &at})
	now, err := l.self()
	must(t, err)
	closeLedger(t, l)
	begun, err := newPlaced(path, &at)
	must(t, err)
	begun.witness.file = file
	must(t, begun.witness.begin(now.fence)) // killed before the commit
	for range 3 {
		before := take(t, file, "")
		abandon(t, reopened(t, path, Options{Place: &at}))
		before.putBack(t, file) // killed before the witness was written
		abandon(t, reopened(t, path, Options{Place: &at}))
		before, fenced := take(t, file, ""), take(t, path, fenceSuffix)
		abandon(t, reopened(t, path, Options{Place: &at}))
		before.putBack(t, file) // and even before the fence was
		fenced.putBack(t, path)
		closeLedger(t, reopened(t, path, Options{})) // by somebody who knows of no witness
	}
	use(t, path, at, 2)
}

// Whoever uses a ledger has a witness of his own. That of somebody who did not use it lately is behind, which is
// harmless; but it tells when the ledger has left the way that it knows.
func TestWitnessesOfSeveralUsers(t *testing.T) {
	his, roots := home(t), home(t)
	path := settled(t, his)
	for n := range 4 {
		use(t, path, roots, 10+2*n)
		use(t, path, roots, 11+2*n)
		use(t, path, his, 20+n)
		abandon(t, reopened(t, path, Options{Place: &roots}))
	}
	use(t, path, his, 30)
	copied := take(t, path, "", fenceSuffix)
	use(t, path, his, 31) // root knows nothing of this one
	copied.putBack(t, path)
	for n := range 9 {
		use(t, path, roots, 40+n) // far beyond what he has seen
	}
	wantRolledBack(t, path, his, "its witness "+his.Witness)
}

// A witness may be found by another path than it was written by.
func TestWitnessBehindALink(t *testing.T) {
	at, roots := home(t), home(t)
	path := settled(t, at)
	use(t, path, roots, 2)
	elsewhere := at
	elsewhere.Witness = filepath.Join(t.TempDir(), "mounted elsewhere")
	must(t, os.CopyFS(elsewhere.Witness, os.DirFS(at.Witness)))
	use(t, path, elsewhere, 3)
	use(t, path, elsewhere, 4)
}

// More witnesses than are remembered are no fault.
func TestManyWitnesses(t *testing.T) {
	at := home(t)
	path := settled(t, at)
	for n := range mostSeals + 2 {
		p := Place{Witness: filepath.Join(t.TempDir(), "state")}
		use(t, path, p, 10+n)
		if n%8 == 0 {
			use(t, path, at, 100+n)
		}
	}
	use(t, path, at, 200)
}

func TestSpoiltWitness(t *testing.T) {
	for name, content := range map[string]string{"empty": "", "no JSON": "{", "another": `{"ledger":"x","transaction":1}`} {
		t.Run(name, func(t *testing.T) {
			at := home(t)
			path := settled(t, at)
			must(t, os.WriteFile(witnessOf(t, path, at), []byte(content), 0o600))
			wantRolledBack(t, path, at, "cannot be read")
			l := openLedger(t, path, Options{Place: &at, AcceptFence: true})
			must(t, l.Adopt(store.Adoption{Excused: true}))
			closeLedger(t, l)
			use(t, path, at, 2)
		})
	}
	t.Run("of another ledger", func(t *testing.T) {
		at, other := home(t), home(t)
		path := settled(t, at)
		content, err := os.ReadFile(witnessOf(t, settled(t, other), other))
		must(t, err)
		must(t, os.WriteFile(witnessOf(t, path, at), content, 0o600))
		wantRolledBack(t, path, at, "was left by ledger")
	})
	t.Run("of a later version", func(t *testing.T) {
		at := home(t)
		path := settled(t, at)
		file := witnessOf(t, path, at)
		content, err := os.ReadFile(file)
		must(t, err)
		must(t, os.WriteFile(file, []byte(strings.Replace(string(content), "{", `{"more":1,`, 1)), 0o600))
		use(t, path, at, 2)
	})
}

// A witness that is gone is begun anew, unless it is one that there must be.
func TestWitnessVanishes(t *testing.T) {
	at := home(t)
	path := settled(t, at)
	file := witnessOf(t, path, at)
	must(t, os.RemoveAll(at.Witness))
	if got := placement(t, path, at); got.Refused != "" || got.Witness != "" || !strings.Contains(got.Lacking, "has vanished") {
		t.Errorf("it is told %+v", got)
	}
	l := openLedger(t, path, Options{Place: &at})
	if got := l.Placement(); got.Witness != file || !strings.Contains(got.Lacking, "begun anew") {
		t.Errorf("a pass is told %+v", got)
	}
	closeLedger(t, l)
	if got := placement(t, path, at); got.Lacking != "" {
		t.Errorf("the next one is told %+v", got)
	}
	at.Required = true
	use(t, path, at, 2)
	for _, gone := range []string{file, at.Witness} {
		must(t, os.RemoveAll(gone))
		wantRefused(t, path, at, "its witness "+file+" is missing", "mounted")
	}
	_, err := Open(path, Options{Place: &at, AcceptMove: true})
	wantUnkept(t, err)
	must(t, os.Mkdir(at.Witness, 0o700))
	closeLedger(t, openLedger(t, path, Options{Place: &at, AcceptMove: true}))
	use(t, path, at, 3)
}

func wantUnkept(t *testing.T, err error) {
	t.Helper()
	if code, _ := exit.Of(err); code != exit.Usage || !strings.Contains(err.Error(), "cannot be kept in") {
		t.Errorf("got %v with exit code %d", err, code)
	}
}

// A directory that cannot be had is told, and refuses only where a witness is required.
func TestNoRoomForAWitness(t *testing.T) {
	blocked := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(blocked, nil, 0o600))
	for name, dir := range map[string]string{"a file": blocked, "below a file": filepath.Join(blocked, "state", "acsync")} {
		t.Run(name, func(t *testing.T) {
			at := Place{Witness: dir}
			path := settled(t, at)
			if got := placement(t, path, at); got.Refused != "" || got.Witness != "" || !strings.Contains(got.Lacking, "cannot be written") {
				t.Errorf("it is told %+v", got)
			}
			at.Required = true
			_, err := Open(path, Options{Place: &at})
			wantUnkept(t, err)
			if got := placement(t, path, at); !strings.Contains(got.Refused, "cannot be kept in") {
				t.Errorf("whoever reads it is told %+v", got)
			}
			wantUnkept(t, Create(filepath.Join(t.TempDir(), "l.db"), noon, Options{Place: &at}))
		})
	}
	t.Run("none", func(t *testing.T) {
		at := Place{Without: "there is no home"}
		if got := placement(t, settled(t, at), at); got.Lacking != at.Without || got.Witness != "" || !got.Bound {
			t.Errorf("it is told %+v", got)
		}
	})
}

// A witness whose disk is taken away during a pass ends the pass if it is required, like the fence.
func TestWitnessFallsSilent(t *testing.T) {
	for _, required := range []bool{false, true} {
		at := home(t)
		path := settled(t, at)
		at.Required = required
		l := openLedger(t, path, Options{Place: &at})
		away := at.Witness + " away"
		must(t, os.Rename(at.Witness, away))
		finish(t, l, id(2), store.Accepted)
		err := l.Commit(store.Batch{Run: &store.Run{Pass: "a"}})
		if required {
			wantUnkept(t, err)
		} else {
			must(t, err)
		}
		must(t, os.Rename(away, at.Witness))
		must(t, l.Close())
		use(t, path, at, 3)
	}
}

// A witness in the folder of its ledger is put back with it.
func TestWitnessTooNear(t *testing.T) {
	dir := t.TempDir()
	at := Place{Witness: filepath.Join(dir, ".local", "state")}
	path := filepath.Join(dir, "ledger.db")
	must(t, Create(path, noon, Options{Place: &at}))
	use(t, path, at, 1)
	if got := placement(t, path, at); got.Witness == "" || !strings.Contains(got.Lacking, "in the folder of the ledger") {
		t.Errorf("it is told %+v", got)
	}
}

// A repair makes the witness say what its ledger says by then. Beside one that cannot be written it is refused
// before anything changes, because the next opening would be refused again; beside one that agrees it is not.
func TestRepairBesideAMuteWitness(t *testing.T) {
	for name, test := range map[string]struct {
		arrange func(t *testing.T, path, file string, copied snapshot)
		refused bool
	}{
		"it knows of more": {func(t *testing.T, path, _ string, copied snapshot) { copied.putBack(t, path) }, true},
		"it is empty":      {func(t *testing.T, _, file string, _ snapshot) { must(t, os.WriteFile(file, nil, 0o600)) }, true},
		"it agrees, and the fence is lost": {func(t *testing.T, path, _ string, _ snapshot) {
			must(t, os.Remove(path+fenceSuffix))
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			at := home(t)
			path := settled(t, at)
			backup := filepath.Join(t.TempDir(), "backup.db")
			l := reopened(t, path, Options{Place: &at})
			must(t, l.Backup(backup))
			closeLedger(t, l)
			copied := take(t, path, "", fenceSuffix)
			use(t, path, at, 2)
			file := witnessOf(t, path, at)
			test.arrange(t, path, file, copied)
			// Where the new one is written first. It stops even root.
			must(t, os.MkdirAll(filepath.Join(file+".tmp", "in the way"), 0o700))
			before := take(t, path, "", fenceSuffix)
			repair := func() error {
				l, err := Open(path, Options{Place: &at, AcceptFence: true})
				if err != nil {
					return err
				}
				return errors.Join(l.Adopt(store.Adoption{Excused: true}), l.Close())
			}
			if !test.refused {
				must(t, repair())
				use(t, path, at, 3)
				use(t, path, at, 4)
				return
			}
			r, restore := NewRestoration(path, backup, Options{Place: &at})
			if restore == nil {
				must(t, r.Close())
			}
			for what, err := range map[string]error{"repair": repair(), "restore": restore} {
				if code, _ := exit.Of(err); code != exit.Usage || !strings.Contains(err.Error(), "its witness "+file+" cannot be written") {
					t.Errorf("%s: got %v with exit code %d", what, err, code)
				}
			}
			wantSame(t, take(t, path, "", fenceSuffix), before)
			must(t, os.RemoveAll(file+".tmp"))
			must(t, repair())
			use(t, path, at, 3)
		})
	}
}

// A witness that can no longer be written when a repair ends leaves the ledger refused, and the repair says so.
func TestWitnessFallsSilentInARepair(t *testing.T) {
	at := home(t)
	path := settled(t, at)
	copied := take(t, path, "", fenceSuffix)
	use(t, path, at, 2)
	file := witnessOf(t, path, at)
	copied.putBack(t, path)
	l := openLedger(t, path, Options{Place: &at, AcceptFence: true})
	must(t, os.MkdirAll(filepath.Join(file+".tmp", "in the way"), 0o700))
	if err := l.Adopt(store.Adoption{Excused: true}); err == nil || !strings.Contains(err.Error(), "its witness "+file) {
		t.Errorf("it says %v", err)
	}
	closeLedger(t, l)
	wantRolledBack(t, path, at, "its witness "+file)
}

// Where a ledger has sent something and is gone, none is begun anew.
func TestCreateBesideAWitness(t *testing.T) {
	at := home(t)
	path := settled(t, at)
	file := witnessOf(t, path, at)
	must(t, os.RemoveAll(filepath.Dir(path)))
	must(t, os.Mkdir(filepath.Dir(path), 0o700))
	if _, err := Open(path, Options{Place: &at}); !errors.Is(err, store.ErrMissing) || !strings.Contains(err.Error(), file) {
		t.Errorf("opening it gives %v", err)
	}
	if !Abandoned(path, &at) || Abandoned(path, nil) {
		t.Error("it is not known that there was a ledger")
	}
	err := Create(path, noon, Options{Place: &at})
	wantError(t, err, store.ErrRolledBack)
	for _, part := range []string{file, "init --adopt", "its witness away"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%v does not say %q", err, part)
		}
	}
	must(t, Create(filepath.Join(t.TempDir(), "other.db"), noon, Options{Place: &at}))
	must(t, os.Remove(file))
	must(t, Create(path, noon, Options{Place: &at}))
	closeLedger(t, openLedger(t, path, Options{Place: &at}))
	must(t, errors.Join(os.Remove(path), os.Remove(path+fenceSuffix), Create(path, noon, Options{Place: &at}))) // it was never used
}

// The witness holds no identity of the machine, and is for whoever may use the ledger.
func TestWitnessIsPrivate(t *testing.T) {
	at := home(t)
	at.Machine = "a very secret machine"
	path := settled(t, at)
	file := witnessOf(t, path, at)
	content, err := os.ReadFile(file)
	must(t, err)
	if stat, err := os.Stat(file); err != nil || stat.Mode().Perm() != 0o600 && runtime.GOOS != "windows" {
		t.Errorf("it has %v, %v", stat.Mode(), err)
	}
	ledger, err := os.ReadFile(path)
	must(t, err)
	if strings.Contains(string(content)+string(ledger), at.Machine) || strings.Contains(string(ledger), filepath.Dir(path)) {
		t.Error("the machine or the path can be read")
	}
	var said map[string]any
	must(t, json.Unmarshal(content, &said))
	if said["path"] != path || said["accepted"] != 1.0 {
		t.Errorf("it says %v", said)
	}
}
