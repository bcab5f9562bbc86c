package sync

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"acsync/store"
	"acsync/store/bolt"
	"acsync/sync/agentconnect"
	"acsync/sync/rebuild"
)

// What of a ledger is put back from a copy.
var copies = []struct {
	name    string
	endings []string
}{
	{"the ledger", []string{""}},
	{"the ledger and its fence", []string{"", ".fence"}},
	{"all", []string{"", ".fence", ".holder"}},
}

// moment is one at which a copy is made, or a process dies: before a step, or when that has taken effect.
type moment struct {
	at   step
	done bool
}

func (m moment) String() string {
	if m.done {
		return "after " + m.at.String()
	}
	return "before " + m.at.String()
}

// restoration is a life in which a copy of the ledger is made at one moment, the process dies at a later one,
// and the copy is put back.
type restoration struct {
	scene
	copied, died moment
	what         int  // of copies
	secret       bool // Agent Connect's data can be read
}

func (r restoration) String() string {
	return fmt.Sprintf("%s: %s copied %s, put back after a death %s, with the secret: %v", r.scene.name, copies[r.what].name, r.copied, r.died, r.secret)
}

// lifetime is a restoration under way.
type lifetime struct {
	*ordeal
	restoration
	t       *testing.T
	path    string
	ledger  *bolt.Ledger
	openers int               // openings for writing so far
	copied  map[string][]byte // nil until it is made
	before  int               // openings when it was made
	trail   []moment
}

// files reads what lies beside a ledger; what is not there has no content.
func files(t *testing.T, path string, endings []string) map[string][]byte {
	t.Helper()
	kept := map[string][]byte{}
	for _, ending := range endings {
		content, err := os.ReadFile(path + ending)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		kept[ending] = content
	}
	return kept
}

// putBack writes what was kept.
func putBack(t *testing.T, path string, kept map[string][]byte) {
	t.Helper()
	for ending, content := range kept {
		if content == nil {
			_ = os.Remove(path + ending)
		} else if err := os.WriteFile(path+ending, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// look makes the copy when its moment has come.
func (l *lifetime) look(at step, done bool) {
	l.trail = append(l.trail, moment{at, done})
	if l.copied == nil && (moment{at, done}) == l.restoration.copied {
		l.copied, l.before = files(l.t, l.path, copies[l.what].endings), l.openers
	}
}

// pass opens the ledger as a new process does, makes a pass, and closes it, or dies in the middle.
func (l *lifetime) pass() (died bool, err error) {
	if l.ledger, err = bolt.Open(l.path, bolt.Options{}); err != nil {
		return false, err
	}
	l.openers++
	l.ordeal.ledger = l.ledger
	ctx, cancel := context.WithCancelCause(l.t.Context())
	defer cancel(nil)
	l.dead, l.cancel, l.excused = false, cancel, map[string]bool{}
	engine := &Engine{
		Source: l.ordeal, Directory: l.ordeal, Sender: l.ordeal, Ledger: brittle{l.ledger, l.ordeal}, Observer: &heard{}, Options: l.options(),
		Now: func() time.Time { return l.now },
	}
	if l.secret {
		engine.Receiver = l.ordeal
	}
	_, err = engine.Run(ctx)
	if !l.dead {
		return false, errors.Join(err, l.ledger.Close())
	}
	left := files(l.t, l.path, copies[2].endings)
	if err := l.ledger.Close(); err != nil {
		l.t.Error(err)
	}
	putBack(l.t, l.path, left) // it never came to close it
	return true, nil
}

// mend rebuilds the ledger from what the receiver has.
func (l *lifetime) mend() {
	ledger, err := bolt.Open(l.path, bolt.Options{AcceptFence: true})
	if err != nil {
		l.t.Fatal(err)
	}
	_, err = rebuild.Run(l.t.Context(), ledger, &shown{rows: l.log}, rebuild.Options{Stamped: true})
	if err := errors.Join(err, ledger.Close()); err != nil {
		l.t.Fatal(err)
	}
}

// play lives through it, and tells what went wrong.
func (r restoration) play(t *testing.T) (trail []moment, wrong []string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := &lifetime{restoration: r, t: t, path: filepath.Join(t.TempDir(), "acsync.db")}
		if err := bolt.Create(l.path, testNow.Add(-r.start)); err != nil {
			t.Fatal(err)
		}
		plan := map[step]mishap{r.died.at: {name: "died", fails: true, dies: true, applied: r.died.done, answer: agentconnect.Answer{Err: errMishap}}}
		if r.died == (moment{}) {
			plan = nil
		}
		l.ordeal = newOrdeal(r.desk(), nil, plan)
		l.watch = l.look
		wrong = l.live()
		trail = l.trail
	})
	return trail, wrong
}

func (l *lifetime) live() (wrong []string) {
	put, died, told := false, false, true
	for n := range 8 {
		gone, err := l.pass()
		died = died || gone
		switch {
		case gone && l.copied != nil:
			putBack(l.t, l.path, l.copied)
			put, told = true, l.before < l.openers
		case err != nil && !put:
			return []string{fmt.Sprintf("a pass of a ledger that nobody has put back ended with %v", err)}
		case err != nil && !errors.Is(err, store.ErrRolledBack):
			return []string{fmt.Sprintf("a pass of a ledger that was put back ended with %v", err)}
		case err != nil && !l.secret:
			return l.twice(true) // nothing more is sent before somebody has looked into it
		case err != nil:
			l.mend()
		}
		time.Sleep(pauses[n%len(pauses)])
		l.now = l.now.Add(pauses[n%len(pauses)])
	}
	if r := l.restoration; r.died != (moment{}) && (!died || !put) {
		return []string{"the copy was never put back"}
	}
	return l.twice(l.secret || told)
}

// twice tells who was asked twice where that could be known, and who was not asked in the end.
func (l *lifetime) twice(known bool) (wrong []string) {
	for _, c := range l.desk.conversations {
		switch got := l.accepted[c.ID]; {
		case got > 1 && known:
			wrong = append(wrong, fmt.Sprintf("%s was asked %d times", c.ID, got))
		case got > 1:
			l.t.Logf("%s: asked %d times, which nobody can know without the secret", l.restoration, got)
		}
	}
	return append(wrong, l.wrong...)
}

// TestRestoredAtAnyStep puts a copy of the ledger back that was made before or after any step, when the
// process has died before or after any later one. With the secret nobody is asked twice, whatever was put
// back. Without it nobody is where the fence or the number of the opening tell: wherever the ledger was
// opened for writing since the copy, and the fence was left alone.
func TestRestoredAtAnyStep(t *testing.T) {
	fileOnly(t)
	s := scenes(2)[0]
	rows, played, every := 0, 0, amount(997, 47) // all of them would take half an hour
	for _, secret := range []bool{true, false} {
		trail, wrong := restoration{scene: s, secret: secret}.play(t)
		if len(wrong) > 0 {
			t.Fatal(wrong)
		}
		end := slices.IndexFunc(trail, func(m moment) bool { return m.at == step{stepInfo, 4} }) // the first passes have all that matters
		for i, copied := range trail[:end] {
			for _, died := range trail[i:end] {
				for what := range copies {
					if !secret && what > 0 {
						continue // the fence that could tell is put back too
					}
					if rows++; rows%every != 0 {
						continue
					}
					played++
					r := restoration{s, copied, died, what, secret}
					if _, wrong := r.play(t); len(wrong) > 0 {
						t.Errorf("%s: %q", r, wrong)
					}
				}
			}
		}
	}
	t.Logf("%d of %d rows", played, rows)
}
