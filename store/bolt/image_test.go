package bolt

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"acsync/store"
)

// pagesOf gives the offsets of the pages of one kind, those included that were given back and not overwritten
// yet.
func pagesOf(t *testing.T, content []byte, kind uint16) []int {
	t.Helper()
	var list []int
	for at := 2 * pageSize; at < len(content); at += pageSize {
		if order.Uint16(content[at+8:]) == kind && order.Uint64(content[at:]) == uint64(at/pageSize) {
			list = append(list, at)
		}
	}
	if len(list) == 0 {
		t.Fatalf("there is no page of kind %x", kind)
	}
	return list
}

// rootOf is the page that every reference begins at, so that it is certainly in use: a page of the right kind
// may also be one that was given back and still looks as it did.
func rootOf(t *testing.T, content []byte) uint64 {
	t.Helper()
	image, err := readImage(bytes.NewReader(content), int64(len(content)), int64(pageSize))
	if err != nil {
		t.Fatal(err)
	}
	return image.meta.root
}

// References that meet would have bbolt answer from the wrong page, overwrite one in use, or run in a circle.
// Opening notices them, for reading as for writing.
func TestOpenFindsCrossedReferences(t *testing.T) {
	good := big(t).content
	child := func(at, i int) []byte { return good[at+pageHeader+i*elementSize+8:] }
	for name, c := range map[string]struct {
		change func(bad []byte)
		want   string
	}{
		"two branches to one leaf": {func(bad []byte) {
			for _, at := range pagesOf(t, good, flagBranch) {
				copy(bad[at+pageHeader+elementSize+8:], child(at, 0)[:8])
			}
		}, "used twice"},
		"a circle": {func(bad []byte) {
			for _, at := range pagesOf(t, good, flagBranch) {
				order.PutUint64(bad[at+pageHeader+8:], uint64(at/pageSize))
			}
		}, "used twice"},
		"a page that does not exist": {func(bad []byte) {
			for _, at := range pagesOf(t, good, flagBranch) {
				order.PutUint64(bad[at+pageHeader+elementSize+8:], 1<<40)
			}
		}, "does not exist"},
		"a page in use is free": {func(bad []byte) {
			for _, at := range pagesOf(t, good, flagFree) {
				order.PutUint64(bad[at+pageHeader:], rootOf(t, good))
			}
		}, "used twice"},
		"a free list without end": {func(bad []byte) {
			for _, at := range pagesOf(t, good, flagFree) {
				order.PutUint16(bad[at+10:], 0xFFFF)
				order.PutUint64(bad[at+pageHeader:], 1<<60)
			}
		}, "runs over its end"},
		"keys out of order": {func(bad []byte) {
			for _, at := range pagesOf(t, good, flagBranch) {
				first := at + pageHeader
				bad[first+int(order.Uint32(good[first:]))] = 0xFF
			}
		}, "out of order"},
	} {
		t.Run(name, func(t *testing.T) {
			bad := slices.Clone(good)
			c.change(bad)
			path := filepath.Join(t.TempDir(), "ledger.db")
			if err := os.WriteFile(path, bad, 0o600); err != nil {
				t.Fatal(err)
			}
			for _, readOnly := range []bool{true, false} {
				_, err := Open(path, Options{ReadOnly: readOnly})
				wantError(t, err, store.ErrDamaged)
				if err != nil && !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %q, want it to say %q", err, c.want)
				}
			}
		})
	}
}

// A meta page that was torn takes the last transaction with it, and bbolt goes on from the one before without
// a word. The fence tells when that was a transaction it knows of; where it was the older page, nothing is
// lost, and Check tells.
func TestTornMeta(t *testing.T) {
	s := big(t)
	refused := 0
	for page := range 2 {
		bad := slices.Clone(s.content)
		bad[page*pageSize+pageHeader+50] ^= 1
		l, err := Open(s.place(t, bad), Options{ReadOnly: true}) // an opening for writing mends it
		if err != nil {
			wantError(t, err, store.ErrRolledBack)
			refused++
			continue
		}
		err = l.Check(t.Context())
		wantError(t, err, store.ErrDamaged)
		if err != nil && !strings.Contains(err.Error(), "meta page") {
			t.Errorf("got %q", err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	wantSame(t, refused, 1)
}
