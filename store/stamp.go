package store

import (
	"context"
	"fmt"
	"hash/fnv"
	"os"
)

// stamp is what the file looked like when the fence was written. While it looks the same, nothing has written to it
// since, and what was found sound before, or was made by this package from what was sound, needs no inspection of the
// whole tree of keys at the next opening.
//
// What a stamp cannot tell is a page that has rotted below the file system, which leaves the times alone. Of that the
// metas and the free list, from which bbolt takes the pages that it overwrites, have sums; the way to each key is
// checked whenever it is gone (see trail); and whatever goes through all keys inspects the tree first (see walked).
type stamp struct {
	File        string `json:"file"`        // which file it is, and when it was changed, in the words of the file system
	Size        int64  `json:"size"`        // bytes
	Transaction uint64 `json:"transaction"` // bbolt's own
	Free        string `json:"free"`        // sum of the free list, in hex
}

// stamp reads how the file looks now. It is zero where the file system does not tell when a file was changed in a way that
// no program can pretend.
func (m *image) stamp(file *os.File) (stamp, error) {
	stat, err := file.Stat()
	if err != nil {
		return stamp{}, err
	}
	s := stamp{File: changed(stat), Size: stat.Size(), Transaction: m.meta.tx}
	if s.File == "" {
		return stamp{}, nil
	}
	free, err := m.read(m.meta.freelist, nil)
	if err != nil {
		return stamp{}, err
	}
	sum := fnv.New64a()
	sum.Write(free.data) //nolint:errcheck // a hash never fails
	s.Free = fmt.Sprintf("%x", sum.Sum64())
	return s, nil
}

// untouched tells whether the file still looks as its fence says.
func (l *Ledger) untouched(m *image) bool {
	sealed, err := readSealing(l.path)
	if err != nil || sealed.Stamp == (stamp{}) {
		return false
	}
	now, err := m.stamp(l.file)
	return err == nil && now == sealed.Stamp
}

// walked makes sure that the tree of keys has been inspected since the ledger was opened: whoever goes through it with a
// cursor calls it first.
func (l *Ledger) walked() error {
	if !l.unwalked {
		return nil
	}
	m, err := l.image()
	if err == nil {
		err = m.inspect(context.Background(), usual)
	}
	if err != nil {
		return err
	}
	l.unwalked = false
	return nil
}
