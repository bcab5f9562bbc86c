package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"acsync/store"
)

// stored is what a closed ledger leaves on the disk, and what it says.
type stored struct {
	content, fence []byte
	entries        []store.Entry
}

// place writes bytes in the place of the ledger, beside its fence.
func (s stored) place(t *testing.T, content []byte) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "ledger.db")
	if err := errors.Join(os.WriteFile(path, content, 0o600), os.WriteFile(path+fenceSuffix, s.fence, 0o600)); err != nil {
		t.Fatal(err)
	}
	return path
}

// big makes a ledger with branch pages, free pages and all kinds of records.
func big(t *testing.T) stored {
	t.Helper()
	l := testLedger(t, Options{})
	sample(t, l)
	for n := range 10 {
		var keys []store.Key
		for i := range 60 {
			keys = append(keys, id(1000+i*10+n))
		}
		commit(t, l, store.Record{State: []store.State{store.Skipped, store.Scheduled}[n%2], Resolution: noon, At: noon, Due: noon}, keys...)
	}
	list := all(t, l)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(l.path)
	if err != nil {
		t.Fatal(err)
	}
	fence, err := os.ReadFile(l.path + fenceSuffix)
	if err != nil {
		t.Fatal(err)
	}
	return stored{content, fence, list}
}

// exercise does with a file whatever a pass does, and gives the first error. It fails the test on an error
// that is not ErrDamaged or, on opening, ErrRolledBack, and where nothing is reported although the file no
// longer says what it said. What the ledger must not do at all is to panic or to hang.
func (s stored) exercise(t *testing.T, content []byte) error {
	t.Helper()
	l, err := Open(s.place(t, content), Options{Timeout: -1})
	if err != nil {
		if !errors.Is(err, store.ErrDamaged) && !errors.Is(err, store.ErrNewerFormat) && !errors.Is(err, store.ErrRolledBack) {
			t.Errorf("opening: got %v, want one that says that it is damaged", err)
		}
		return err
	}
	defer func() {
		if err := l.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	}()
	var got []store.Entry
	var first error
	for i, step := range []func() error{
		func() error { return s.askFor(t, l) },
		func() error { return l.Each(func(e store.Entry) error { got = append(got, e); return nil }) },
		func() error { return l.Check(t.Context()) },
		func() error { _, err := l.Info(); return err },
		func() error { _, err := l.Due(noon.AddDate(1, 0, 0), 0); return err },
		func() error { _, err := l.Runs(0); return err },
		func() error { _, err := l.Recover(noon); return err },
		func() error { _, err := l.Begin(id(1001), noon, noon); return err },
		func() error {
			return l.Commit(store.Batch{Entries: []store.Entry{{Key: id(5555), Record: store.Record{State: store.Skipped, Reason: "new", At: noon}}}})
		},
	} {
		err := step()
		if err != nil && !errors.Is(err, store.ErrDamaged) {
			t.Errorf("step %d: got %v, want one that says that it is damaged", i, err)
		}
		if first == nil {
			first = err
		}
	}
	if first == nil && !slices.Equal(got, s.entries) {
		t.Error("the ledger has changed and nothing was noticed")
	}
	return first
}

// askFor looks all keys up, some at a time. Each must be found as it is, or the answer be an error; never
// "unknown".
func (s stored) askFor(t *testing.T, l *Ledger) (first error) {
	t.Helper()
	for some := range slices.Chunk(s.entries, 20) {
		known, err := l.Lookup(keysOf(some))
		for _, e := range some {
			if err == nil && known[e.Key] != e.Record {
				t.Errorf("%v was found as %+v, want %+v", e.Key, known[e.Key], e.Record)
			}
		}
		if first == nil {
			first = err
		}
	}
	return first
}

func TestNotALedger(t *testing.T) {
	s := big(t)
	good := s.content
	end := len(good)
	for i := end - 1; good[i] == 0; i-- {
		end = i
	}
	for name, content := range map[string][]byte{
		"empty":           {},
		"one byte":        {0},
		"text":            []byte("[kustomer]\norg = \"acme\"\n"),
		"a page of text":  slices.Repeat([]byte("acsync "), 9999),
		"zeros":           make([]byte, len(good)),
		"half a page":     good[:pageSize/2],
		"one page":        good[:pageSize],
		"two pages":       good[:2*pageSize],
		"half":            good[:end/2],
		"all but a byte":  good[:end-1],
		"without a start": good[pageSize:],
	} {
		t.Run(name, func(t *testing.T) { wantError(t, s.exercise(t, content), store.ErrDamaged) })
	}
	t.Run("a directory", func(t *testing.T) {
		_, err := Open(t.TempDir(), Options{})
		wantError(t, err, store.ErrDamaged)
	})
	t.Run("another program's database", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "ledger.db")
		edit(t, path, func(*bbolt.Tx) error { return nil })
		_, err := Open(path, Options{})
		wantError(t, err, store.ErrDamaged)
	})
}

// A file cut off anywhere is told when it is opened; the part behind the last page, which is kept free for
// growth, may be missing.
func TestCutOff(t *testing.T) {
	s := big(t)
	good := s.content
	for at := 1; at < len(good); at += 1 + len(good)/60 {
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			err := s.exercise(t, good[:at])
			if slices.Max(good[at:]) != 0 {
				wantError(t, err, store.ErrDamaged)
			}
		})
	}
}

// Zeroed pages, as a file system may leave behind, and overwritten bytes never lead to a panic. Whatever they
// hit, if the ledger then says something else than before, that is reported.
func TestDamagedPages(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long, and has no goroutines of its own that share anything")
	}
	s := big(t)
	good := s.content
	random := rand.New(rand.NewPCG(7, 11))
	for at := 0; at < len(good); at += pageSize {
		if slices.Max(good[at:at+pageSize]) == 0 {
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
			{"another page", func(page []byte) { copy(page, good[random.IntN(len(good)/pageSize)*pageSize:][:pageSize]) }},
			{"itself below", func(page []byte) { order.PutUint64(page[pageHeader+8:], uint64(at/pageSize)) }},
		} {
			t.Run(fmt.Sprintf("page %d, %s", at/pageSize, c.name), func(t *testing.T) {
				bad := slices.Clone(good)
				c.damage(bad[at : at+pageSize])
				s.exercise(t, bad)
			})
		}
	}
}

// Every page that is in use is read at the opening, so that no pass begins to send from a damaged ledger.
// What is not in use does not matter.
func TestDamagedLeafAtTheOpening(t *testing.T) {
	s := big(t)
	met := 0
	for at := 2 * pageSize; at < len(s.content); at += pageSize {
		bad := slices.Clone(s.content)
		clear(bad[at : at+pageSize])
		l, err := Open(s.place(t, bad), Options{Timeout: -1, ReadOnly: true})
		if err != nil {
			wantError(t, err, store.ErrDamaged)
			met++
			continue
		}
		if err := errors.Join(l.Check(t.Context()), l.Close()); err != nil {
			t.Errorf("page %d was met only later: %v", at/pageSize, err)
		}
		must(t, s.exercise(t, bad))
	}
	if met == 0 {
		t.Error("no page of this ledger is in use: the test shows nothing")
	}
}

// References that meet or lead astray are found at the opening, although each page alone is sound.
func TestWildReferences(t *testing.T) {
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
			_, err := Open(s.place(t, bad), Options{})
			wantError(t, err, store.ErrDamaged)
		})
	}
	t.Run("a page in use is free", func(t *testing.T) {
		bad := slices.Clone(s.content)
		for _, at := range pagesOf(t, bad, flagFree) {
			order.PutUint64(bad[at+pageHeader:], uint64(branches[len(branches)-1]/pageSize))
		}
		_, err := Open(s.place(t, bad), Options{})
		wantError(t, err, store.ErrDamaged)
	})
}

// A record that is damaged is met at the opening too, in a ledger so small that its keys lie inside another
// page.
func TestDamagedRecordAtTheOpening(t *testing.T) {
	l := testLedger(t, Options{})
	finish(t, l, id(1), store.Accepted)
	content := closeLedger(t, l)
	fence, err := os.ReadFile(l.path + fenceSuffix)
	must(t, err)
	code := mustKey(t, id(1))
	for at := bytes.Index(content, code); at >= 0 && at < len(content); {
		content[at+len(code)] ^= 1
		next := bytes.Index(content[at+1:], code)
		if next < 0 {
			break
		}
		at += 1 + next
	}
	_, err = Open(stored{fence: fence}.place(t, content), Options{ReadOnly: true})
	wantError(t, err, store.ErrDamaged)
}

// scatter flips n bits.
func scatter(random *rand.Rand, page []byte, n int) {
	for range n {
		page[random.IntN(len(page))] ^= 1 << random.IntN(8)
	}
}

// One damaged bit anywhere in a key or its record is noticed when they are read, never believed.
func TestFlippedRecord(t *testing.T) {
	for name, k := range map[string]store.Key{"id": id(1), "pair": {Conversation: id(1).Conversation, Resolution: noon.UnixMilli()}, "text": {Conversation: "conv-1"}} {
		t.Run(name, func(t *testing.T) {
			code := mustKey(t, k)
			r := store.Record{State: store.Retry, Resolution: noon, At: sec, Due: noon, First: sec, Attempts: 2, Status: 429, Intent: 7777777}
			both := append(slices.Clone(code), encodeRecord(k, code, r, 3)...)
			for bit := range 8 * len(both) {
				bad := slices.Clone(both)
				bad[bit/8] ^= 1 << (bit % 8)
				if got, _, err := decodeRecord(k, bad[:len(code)], bad[len(code):]); !errors.Is(err, store.ErrDamaged) {
					t.Errorf("bit %d: got %+v (%v)", bit, got, err)
				}
			}
		})
	}
}

// A file that is cut off under an open ledger is a fault in the memory that it is mapped to: an error, not
// the end of the process, and nobody is left waiting.
func TestCutOffWhileOpen(t *testing.T) {
	s := big(t)
	for name, first := range map[string]func(*Ledger) error{
		"read":  func(l *Ledger) error { return l.Each(func(store.Entry) error { return nil }) },
		"write": func(l *Ledger) error { _, err := l.Begin(id(1001), noon, noon); return err },
	} {
		t.Run(name, func(t *testing.T) {
			path := s.place(t, s.content)
			l, err := Open(path, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Truncate(path, int64(2*pageSize)); err != nil {
				t.Fatal(err)
			}
			err = first(l)
			wantError(t, err, store.ErrDamaged)
			if !strings.Contains(err.Error(), "cut off") {
				t.Errorf("%v does not say what has happened", err)
			}
			_, err = l.Lookup([]store.Key{id(1)})
			wantError(t, err, store.ErrDamaged)
			_, err = l.Begin(id(2), noon, noon)
			wantError(t, err, store.ErrDamaged)
			wantError(t, l.Check(t.Context()), store.ErrDamaged)
			wantClosed(t, l)
		})
	}
}

// What is cut off to nothing faults as the next transaction begins, within bbolt: whoever is reading then comes to
// his end all the same.
func TestCutOffWhileOthersRead(t *testing.T) {
	s := big(t)
	path := s.place(t, s.content)
	l, err := Open(path, Options{})
	must(t, err)
	err = l.beside(func() error {
		return l.view(func(*txn) error {
			must(t, os.Truncate(path, 0))
			_, err := l.Lookup([]store.Key{id(1)})
			wantError(t, err, store.ErrDamaged)
			return nil
		})
	})
	if err != nil {
		wantError(t, err, store.ErrDamaged)
	}
	_, err = l.Begin(id(2), noon, noon)
	wantError(t, err, store.ErrDamaged)
	wantClosed(t, l)
}

// A file that outgrows what is mapped is mapped anew when nobody reads: those who do, and those who begin meanwhile,
// come to their end, and so does the commit.
func TestMappedAnewBesideReaders(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	must(t, Create(path, noon.Add(-24*time.Hour)))
	l, err := Open(path, Options{mapped: 32 << 10})
	must(t, err)
	var readers sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := l.Lookup(keysOf(many(0, 200))); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for n := range 60 {
		must(t, l.Commit(store.Batch{Entries: many(n*500, (n+1)*500)}))
	}
	close(stop)
	readers.Wait()
	if size := sizeOf(t, path); size < 1<<20 {
		t.Errorf("it has only %d bytes: the test shows little", size)
	}
	wantClosed(t, l)
}

// wantClosed closes a ledger, which must come to an end.
func wantClosed(t *testing.T, l *Ledger) {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- l.Close() }()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("closing hangs")
	}
}
