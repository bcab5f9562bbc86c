package store

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"
)

// rot writes a damaged file in the place of the ledger, with a fence by which nobody has touched it, as when pages go bad
// below the file system.
func (s stored) rot(t *testing.T, bad []byte) (path string) {
	t.Helper()
	path = s.place(t, bad)
	good, err := readImage(bytes.NewReader(s.content), int64(len(s.content)), int64(pageSize))
	must(t, err)
	f, err := os.Open(path)
	must(t, err)
	defer f.Close()
	look, err := good.stamp(f)
	must(t, err)
	if look == (stamp{}) {
		t.Skip("here every opening inspects the whole tree")
	}
	sealed, err := readSealing(path)
	must(t, err)
	sealed.Stamp = look
	must(t, sealed.write(path))
	return path
}

// intact opens a file that was not damaged, and tells whether that has left the tree of keys out.
func intact(t *testing.T, path string, o Options) (unwalked bool) {
	t.Helper()
	o.skim = true
	l, err := Open(path, o)
	must(t, err)
	defer func() { must(t, l.Close()) }()
	return l.unwalked
}

// After a pass the tree of keys is inspected again only when something other than a pass has changed the file, or may have.
func TestWhenTheTreeIsInspected(t *testing.T) {
	if runtime.GOOS != "linux" && runtime.GOOS != "darwin" {
		t.Skip("here every opening inspects the whole tree")
	}
	for name, c := range map[string]struct {
		between  func(t *testing.T, path string)
		unwalked bool
	}{
		"nothing":             {func(*testing.T, string) {}, true},
		"a reader":            {func(t *testing.T, path string) { intact(t, path, Options{ReadOnly: true}) }, true},
		"the same content":    {func(t *testing.T, path string) { rewrite(t, path, func([]byte) {}) }, false},
		"a restored copy":     {replaceByCopy, false},
		"a fence by hand":     {func(t *testing.T, path string) { f, err := readFence(path); must(t, errors.Join(err, f.write(path))) }, false},
		"an accepted fence":   {accept, true},
		"a crash in the next": {crash, false},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLedger(t, Options{})
			sample(t, l)
			closeLedger(t, l)
			c.between(t, l.path)
			for _, readOnly := range []bool{true, false} {
				wantSame(t, intact(t, l.path, Options{ReadOnly: readOnly}), c.unwalked)
			}
			wantSame(t, intact(t, l.path, Options{ReadOnly: true, AcceptFence: true}), false)
		})
	}
}

// rewrite changes bytes of a file in its place, and gives it back the time of its last modification.
func rewrite(t *testing.T, path string, change func(content []byte)) {
	t.Helper()
	before, err := os.Stat(path)
	must(t, err)
	content, err := os.ReadFile(path)
	must(t, err)
	change(content)
	for was := changed(before); ; time.Sleep(time.Millisecond) { // the clock of a file system may tick slowly
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		must(t, err)
		_, err = f.WriteAt(content, 0)
		must(t, errors.Join(err, f.Close(), os.Chtimes(path, time.Time{}, before.ModTime())))
		after, err := os.Stat(path)
		must(t, err)
		if changed(after) != was || was == "" {
			return
		}
	}
}

func replaceByCopy(t *testing.T, path string) {
	content, err := os.ReadFile(path)
	must(t, err)
	must(t, errors.Join(os.WriteFile(path+".copy", content, 0o600), os.Rename(path+".copy", path)))
}

// crash commits, and leaves the fence behind.
func crash(t *testing.T, path string) {
	fence, err := os.ReadFile(path + fenceSuffix)
	must(t, err)
	l, err := Open(path, Options{})
	must(t, err)
	begin(t, l, id(77))
	must(t, l.Close())
	must(t, os.WriteFile(path+fenceSuffix, fence, 0o600))
}

// What goes through all keys, and may turn the pages of the tree, has it inspected first.
func TestWalkedBeforeCursors(t *testing.T) {
	l := newLedger(t, Options{})
	sample(t, l)
	closeLedger(t, l)
	for name, step := range map[string]func(*Ledger) error{
		"each":  func(l *Ledger) error { return l.Each(func(Entry) error { return nil }) },
		"prune": func(l *Ledger) error { _, err := l.Prune(t.Context(), noon); return err },
	} {
		t.Run(name, func(t *testing.T) {
			m := openLedger(t, l.path, Options{})
			must(t, step(m))
			wantSame(t, m.unwalked, false)
			closeLedger(t, m)
		})
	}
}

// Damage that leaves the size and the time of modification alone is found when the file is opened.
func TestDamageBehindTheTimes(t *testing.T) {
	l := newLedger(t, Options{})
	for n := range 20 {
		var keys []Key
		for i := range 60 {
			keys = append(keys, id(1000+i*20+n))
		}
		commit(t, l, Record{State: Skipped, Resolution: noon, At: noon}, keys...)
	}
	must(t, l.Commit(Batch{Checkpoint: noon}))
	content := closeLedger(t, l)
	at := pagesOf(t, content, flagBranch)
	rewrite(t, l.path, func(bad []byte) {
		for _, at := range at {
			order.PutUint64(bad[at+pageHeader+8:], uint64(at/pageSize)) // a circle
		}
	})
	for _, readOnly := range []bool{true, false} {
		_, err := Open(l.path, Options{ReadOnly: readOnly})
		wantError(t, err, ErrDamaged)
	}
}

// Pages that rot below the file system, so that nothing looks touched, never lead to a panic, to a loop without end, or
// to the answer that a key is unknown which the ledger holds.
func TestRottenPages(t *testing.T) {
	s := big(t)
	random := rand.New(rand.NewPCG(3, 5))
	for at := 0; at < len(s.content); at += pageSize {
		if slices.Max(s.content[at:at+pageSize]) == 0 {
			continue
		}
		for _, c := range []struct {
			name   string
			damage func(page []byte)
		}{
			{"zeroed", func(page []byte) { clear(page) }},
			{"a byte", func(page []byte) { page[random.IntN(len(page))] ^= byte(1 + random.IntN(255)) }},
			{"bits of it", func(page []byte) { scatter(random, page, 50) }},
			{"bits of its head", func(page []byte) { scatter(random, page[:100], 4) }},
			{"fewer entries", func(page []byte) { order.PutUint16(page[10:], order.Uint16(page[10:])/2) }},
			{"another page", func(page []byte) { copy(page, s.content[random.IntN(len(s.content)/pageSize)*pageSize:][:pageSize]) }},
			{"itself below", func(page []byte) { order.PutUint64(page[pageHeader+8:], uint64(at/pageSize)) }},
		} {
			t.Run(fmt.Sprintf("page %d, %s", at/pageSize, c.name), func(t *testing.T) {
				bad := slices.Clone(s.content)
				c.damage(bad[at : at+pageSize])
				s.exerciseAt(t, s.rot(t, bad))
			})
		}
	}
}

// References that meet, below the file system: whoever opens the ledger may not see it, whoever asks for a key does.
func TestRottenReferences(t *testing.T) {
	s := big(t)
	branches := pagesOf(t, s.content, flagBranch)
	child := func(content []byte, at, i int) []byte { return content[at+pageHeader+i*elementSize+8:][:8] }
	for name, change := range map[string]func(bad []byte, at int){
		"two branches to one leaf": func(bad []byte, at int) { copy(child(bad, at, 1), child(bad, at, 0)) },
		"two leaves for each other": func(bad []byte, at int) {
			copy(child(bad, at, 0), child(s.content, at, 1))
			copy(child(bad, at, 1), child(s.content, at, 0))
		},
		"a circle":                   func(bad []byte, at int) { order.PutUint64(child(bad, at, 0), uint64(at/pageSize)) },
		"a page that does not exist": func(bad []byte, at int) { order.PutUint64(child(bad, at, 1), 1<<40) },
	} {
		t.Run(name, func(t *testing.T) {
			bad := slices.Clone(s.content)
			for _, at := range branches {
				change(bad, at)
			}
			l, err := Open(s.rot(t, bad), Options{})
			if err == nil {
				_, err = l.Lookup(keysOf(s.entries))
				must(t, l.Close())
			}
			wantError(t, err, ErrDamaged)
		})
	}
	t.Run("a page in use is free", func(t *testing.T) {
		bad := slices.Clone(s.content)
		for _, at := range pagesOf(t, bad, flagFree) {
			order.PutUint64(bad[at+pageHeader:], uint64(branches[len(branches)-1]/pageSize))
		}
		_, err := Open(s.rot(t, bad), Options{})
		wantError(t, err, ErrDamaged)
	})
}

func keysOf(entries []Entry) []Key {
	keys := make([]Key, len(entries))
	for i, e := range entries {
		keys[i] = e.Key
	}
	return keys
}

// The way to a key is checked also where the tree has grown, shrunk or begun anew in this process.
func TestTrailOfALivingTree(t *testing.T) {
	l := newLedger(t, Options{})
	for n := range 12 {
		var keys []Key
		for i := range 100 {
			keys = append(keys, id((i*12+n)*7919%100_000), Key{Conversation: fmt.Sprint("text-", i*12+n)})
		}
		commit(t, l, Record{State: Skipped, Resolution: noon.Add(time.Duration(n) * time.Hour), At: noon}, keys...)
		known, err := l.Lookup(append(keys, id(999_999+n)))
		must(t, err)
		wantSame(t, len(known), len(keys))
	}
	must(t, l.Commit(Batch{Checkpoint: noon.AddDate(1, 0, 0)}))
	for n := range 13 {
		_, err := l.Prune(t.Context(), noon.Add(time.Duration(n)*time.Hour))
		must(t, err)
		list := all(t, l)
		known, err := l.Lookup(keysOf(list))
		must(t, err)
		wantSame(t, len(known), len(list))
	}
	wantSame(t, len(all(t, l)), 0)
}
