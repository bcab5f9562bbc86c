package bolt

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"acsync/store"
)

// settled makes a closed ledger that has sent something from a place, and gives the folder that it lies in.
func settled(t *testing.T, p Place) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "folder", "ledger.db")
	must(t, os.Mkdir(filepath.Dir(path), 0o700))
	must(t, Create(path, noon, Options{Place: &p}))
	use(t, path, p, 1)
	return path
}

// use lets a pass from a place ask about a conversation.
func use(t *testing.T, path string, p Place, n int) {
	t.Helper()
	l := openLedger(t, path, Options{Place: &p})
	finish(t, l, id(n), store.Accepted)
	closeLedger(t, l)
}

// copyFolder copies a ledger with all that lies beside it.
func copyFolder(t *testing.T, path string) (copied string) {
	t.Helper()
	copied = filepath.Join(t.TempDir(), "copy", "ledger.db")
	must(t, os.CopyFS(filepath.Dir(copied), os.DirFS(filepath.Dir(path))))
	return copied
}

func placement(t *testing.T, path string, p Place) store.Placement {
	t.Helper()
	l := openLedger(t, path, Options{ReadOnly: true, Place: &p})
	defer closeLedger(t, l)
	return l.Placement()
}

func wantRefused(t *testing.T, path string, p Place, says ...string) {
	t.Helper()
	before := take(t, path, "", fenceSuffix)
	for _, o := range []Options{{Place: &p}, {Place: &p, AcceptTenant: true, AcceptCredential: true}} {
		_, err := Open(path, o)
		wantError(t, err, store.ErrMoved)
		for _, part := range append(says, "--accept-move") {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("%v does not say %q", err, part)
			}
		}
	}
	wantSame(t, take(t, path, "", fenceSuffix), before)
	if got := placement(t, path, p); !strings.Contains(got.Refused, says[0]) { // to be read it opens
		t.Errorf("whoever reads it is told %+v, want %q", got, says[0])
	}
}

func TestOtherPlace(t *testing.T) {
	here := Place{Machine: "one", Witness: t.TempDir()}
	for name, c := range map[string]struct {
		place Place
		same  bool // the path
		says  string
	}{
		"another machine, another home":  {Place{Machine: "two", Witness: t.TempDir()}, false, "another machine, under another path"},
		"another machine, the same path": {Place{Machine: "two", Witness: t.TempDir()}, true, "another machine, under the same path"},
		"another path":                   {here, false, "on this machine under another path, "},
		"another path, another home":     {Place{Machine: "one", Witness: t.TempDir()}, false, "on this machine under another path"},
		"another path, no witness":       {Place{Machine: "one"}, false, "on this machine under another path"},
		"another path, who knows where":  {Place{}, false, "under another path"},
	} {
		t.Run(name, func(t *testing.T) {
			path := settled(t, here)
			copied := path
			if !c.same {
				copied = copyFolder(t, path)
			}
			wantRefused(t, copied, c.place, c.says)
			if !c.same {
				use(t, path, here, 2) // the one that there is goes on
				return
			}
			must(t, Compact(copied, Options{Place: &here})) // which keeps what is known
			wantRefused(t, copied, c.place, c.says)
		})
	}
}

// Who has only called the machine otherwise is told by which setting.
func TestMachineCalledOtherwise(t *testing.T) {
	at := Place{Machine: "one"}
	path := settled(t, at)
	at.Machine = "two"
	_, err := Open(path, Options{Place: &at})
	wantError(t, err, store.ErrMoved)
	if !strings.Contains(err.Error(), "ledger.machine") || !strings.Contains(err.Error(), "set it back") {
		t.Errorf("it says %v", err)
	}
	if todo := placement(t, path, at).Todo; !strings.Contains(todo, "ledger.machine") {
		t.Errorf("it advises %q", todo)
	}
}

// Accepted at another place the ledger goes on there, and its copy is refused where both have one witness.
func TestAcceptMove(t *testing.T) {
	old, at := Place{Machine: "one", Witness: t.TempDir()}, Place{Machine: "one"}
	for name, witness := range map[string]string{"the same home": old.Witness, "another home": t.TempDir()} {
		t.Run(name, func(t *testing.T) {
			path := settled(t, old)
			copied := copyFolder(t, path)
			at.Witness = witness
			closeLedger(t, openLedger(t, copied, Options{Place: &at, AcceptMove: true, ReadOnly: true}))
			wantRefused(t, copied, at, "another path") // a reader has bound nothing
			closeLedger(t, openLedger(t, copied, Options{Place: &at, AcceptMove: true}))
			use(t, copied, at, 2)
			got := placement(t, copied, at)
			if got.Refused != "" || got.Lacking != "" || filepath.Dir(got.Witness) != at.Witness {
				t.Errorf("it is told %+v", got)
			}
			if witness != old.Witness {
				return // nothing of the old place can know
			}
			for _, o := range []Options{{Place: &old}, {Place: &old, ReadOnly: true}, {Place: &old, AcceptMove: true}} {
				_, err := Open(path, o)
				wantError(t, err, store.ErrRolledBack)
				if err != nil && !strings.Contains(err.Error(), copied) {
					t.Errorf("%v does not name the ledger that is in use", err)
				}
			}
		})
	}
}

// What is not known on either side is not compared, and learnt as soon as it is.
func TestUnknownMachine(t *testing.T) {
	path := settled(t, Place{})
	use(t, path, Place{Machine: "one"}, 2)
	use(t, path, Place{}, 3)
	use(t, path, Place{Machine: "one"}, 4)
	wantRefused(t, path, Place{Machine: "two"}, "another machine")
}

// A ledger of an earlier version, or one that is opened without a place in between, is bound by the first opening for
// writing that names one.
func TestFirstPlace(t *testing.T) {
	l := testLedger(t, Options{})
	finish(t, l, id(1), store.Accepted)
	closeLedger(t, l)
	at := Place{Machine: "one", Witness: filepath.Join(t.TempDir(), "state", "acsync")}
	if got := placement(t, l.path, at); got.Refused != "" || got.Witness != "" || !strings.Contains(got.Lacking, "the next pass begins it") || !got.Begins {
		t.Errorf("it is told %+v", got)
	}
	// Begun there it would be put back with the ledger.
	if got := placement(t, l.path, Place{Witness: filepath.Join(filepath.Dir(l.path), "state")}); got.Begins {
		t.Errorf("in the folder of the ledger it is told %+v", got)
	}
	use(t, l.path, at, 2)
	if got := placement(t, l.path, at); got.Begins {
		t.Errorf("when it has begun it is told %+v", got)
	}
	closeLedger(t, openLedger(t, l.path, Options{}))
	use(t, l.path, at, 3)
	if got := placement(t, l.path, Place{Witness: t.TempDir()}); got.Refused != "" || got.Witness != "" || got.Lacking != "" || !got.Elsewhere {
		t.Errorf("another user is told %+v", got)
	}
	if got := placement(t, l.path, Place{}); got.Refused != "" || got.Witness != "" {
		t.Errorf("without a witness it is told %+v", got)
	}
	if got := (Reader{openLedger(t, l.path, Options{ReadOnly: true}).database}).Placement(); got.Bound {
		t.Errorf("who names no place is told %+v", got)
	}
}

// Behind a link a ledger is where it was.
func TestPlaceBehindALink(t *testing.T) {
	at := Place{Machine: "one", Witness: t.TempDir()}
	path := settled(t, at)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(filepath.Dir(path), link); err != nil {
		t.Skip(err)
	}
	use(t, filepath.Join(link, "ledger.db"), at, 2)
	use(t, path, at, 3)
}

// A repair that succeeds binds the ledger to where it was made; one that does not leaves it refused.
func TestRepairElsewhere(t *testing.T) {
	here, there := Place{Machine: "one", Witness: t.TempDir()}, Place{Machine: "two", Witness: t.TempDir()}
	path := settled(t, here)
	copied := copyFolder(t, path)
	l := openLedger(t, copied, Options{Place: &there, AcceptFence: true})
	closeLedger(t, l)
	wantRefused(t, copied, there, "another machine")
	l = openLedger(t, copied, Options{Place: &there, AcceptFence: true})
	must(t, l.Adopt(store.Adoption{Seen: 1}))
	closeLedger(t, l)
	use(t, copied, there, 2)
	wantRefused(t, copied, here, "another machine")
	must(t, errors.Join(os.Remove(copied+fenceSuffix)))
	_, err := Open(copied, Options{Place: &here})
	wantError(t, err, store.ErrRolledBack) // that comes first: the repair is the only road
}
