package bolt

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"acsync/store"
)

// Place is where a ledger is used.
type Place struct {
	// Machine is the identity of this machine, of which the ledger keeps a hash; empty: not known.
	Machine string
	// Witness is the directory of the second witness; empty: there is none, and Without says why.
	Witness string
	Without string
	// Required refuses a ledger whose witness cannot be kept, or is gone. Otherwise Placement tells of it.
	Required bool
}

const placeBytes = 16

// placed is the place of a ledger at one opening. The first opening for writing binds the ledger to it, and
// from then on it is refused elsewhere: a copy of it may be in use where it was.
type placed struct {
	machine string // empty: not known
	path    string // of the ledger, without links; empty: the caller has named no place
	witness witness
	refused error // why nothing may be written from here; nil: nothing speaks against it
}

func newPlaced(path string, p *Place) (placed, error) {
	if p == nil {
		return placed{}, nil
	}
	real, err := realPath(path)
	return placed{machine: p.Machine, path: real, witness: newWitness(*p, real)}, err
}

// realPath is an absolute path without links, also of what is not there yet.
func realPath(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	real, err := filepath.EvalSymlinks(path)
	if parent := filepath.Dir(path); errors.Is(err, fs.ErrNotExist) && parent != path {
		real, err = realPath(parent)
		return filepath.Join(real, filepath.Base(path)), err
	}
	return real, err
}

// check holds the ledger against its witness, and finds out whether it is where it was used last.
func (p *placed) check(m *meta, now self, readOnly bool) error {
	if p.path == "" {
		return nil
	}
	gone, err := p.witness.read(m, readOnly)
	if err != nil {
		return err
	}
	p.refused = cmp.Or(p.refused, p.moved(m), gone, m.err)
	return p.witness.holds(m, now)
}

func (p *placed) moved(m *meta) error {
	keptMachine, keptPath := m.get(metaMachine), m.get(metaPath)
	// What is not known on either side is not compared.
	known := keptMachine != nil && p.machine != ""
	machine := known && !hmac.Equal(keptMachine, placeHash(m, p.machine))
	path := keptPath != nil && !hmac.Equal(keptPath, placeHash(m, p.path))
	last := p.witness.said.Path
	if last != "" && last != p.path {
		last = ", " + last
	} else {
		last = ""
	}
	switch {
	case machine && path:
		return fmt.Errorf("%w: it was used on another machine, under another path", errOtherMachine)
	case machine:
		return fmt.Errorf("%w: it was used on another machine, under the same path", errOtherMachine)
	case path && known:
		return fmt.Errorf("%w: it was used on this machine under another path%s", store.ErrMoved, last)
	case path:
		return fmt.Errorf("%w: it was used under another path%s", store.ErrMoved, last)
	}
	return nil
}

// bind makes a ledger that is opened for writing remember its place, and what its witness bears from now on.
func (p *placed) bind(m *meta, opening []byte) {
	if p.path == "" {
		return
	}
	m.put(metaPath, placeHash(m, p.path))
	if p.machine != "" {
		m.put(metaMachine, placeHash(m, p.machine))
	}
	p.witness.bind(m, opening)
}

// placeHash is what a ledger keeps of a text: something else in each ledger, from which nothing can be read.
func placeHash(m *meta, text string) []byte {
	mac := hmac.New(sha256.New, []byte("acsync place "+m.id()))
	mac.Write([]byte(text))
	return mac.Sum(nil)[:placeBytes]
}

// placement is what is known of the place when the ledger has been opened.
func (p *placed) placement() store.Placement {
	found := store.Placement{Bound: p.path != "", Lacking: p.witness.lacking, Begins: p.witness.begins}
	if p.refused != nil {
		found.Refused = p.refused.Error()
		found.Todo, _ = advise(p.refused)
	}
	switch {
	case p.witness.speaks():
		found.Witness = p.witness.file
	case p.witness.others && p.witness.mute == nil:
		found.Elsewhere = true
	}
	return found
}
