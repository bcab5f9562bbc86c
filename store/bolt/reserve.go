package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"sync/atomic"
	"syscall"

	bolterrors "go.etcd.io/bbolt/errors"

	"acsync/store"
)

const (
	// mostInFlight is how many outcomes a reserve is for where Options do not say: no pass sends more at once.
	mostInFlight = 256
	// outcomePages are the pages that the intent of one request and its outcome take at most for good: a leaf
	// split in two for its key, its intent and its due time, and a branch above them.
	outcomePages = 4
	// lastRoom is for the summary of the pass, and for the pages that a change takes before those that it
	// replaces can be used again; in bytes.
	lastRoom = 256 << 10
	// entryRoom is what a decision of a window takes for good, in bytes: half-full pages of some 60 bytes each.
	entryRoom = 256
)

// reserve is room within the ledger's own file, behind its pages, for what must be written down whatever
// happens to the disk: the outcomes of what is being sent, and the summary. It is written out, because a
// file has no blocks where it was only made longer, and it belongs to the file, because space that is given
// back to a full disk is taken by whatever has filled it. Pages that lie unused within the file count too.
//
// On a file system that never writes to the same place twice (Btrfs, ZFS) it helps less. A change that finds
// no place there fails alone as well, and its request is in doubt.
type reserve struct {
	inFlight int
	// up to here the file is known to have its blocks; 0 until the reserve is asked for
	end atomic.Int64
}

func newReserve(inFlight int) reserve {
	if inFlight <= 0 {
		inFlight = mostInFlight
	}
	return reserve{inFlight: inFlight}
}

// need is how large a file must be whose pages go so far, to hold the reserve and so many bytes beside it.
func (r *reserve) need(f *file, used, beside int64) int64 {
	unused := int64(f.db.Stats().FreePageN) * f.pageSize
	wanted := int64(r.inFlight)*outcomePages*f.pageSize + lastRoom + beside
	return used + max(wanted-unused, 0)
}

// keep makes sure of the reserve, and of so many bytes beside it, in a file whose pages go so far.
func (r *reserve) keep(f *file, used, beside int64) error {
	need, end := r.need(f, used, beside), r.end.Load()
	if need <= end {
		return nil
	}
	if end == 0 {
		// Nearly always an earlier pass has left it.
		if stat, err := f.handle.Stat(); err == nil && stat.Size() >= need && hasBlocks(stat) {
			r.end.Store(stat.Size())
			return nil
		}
	}
	// A little more, so that a growing ledger seldom asks.
	to := need + growth
	if most := int64(f.db.MaxSize); most > 0 && to > most {
		return errNoReserve(to-used, bolterrors.ErrMaxSizeReached)
	}
	if err := writeOut(f, max(used, end), to); err != nil {
		return errNoReserve(to-used, err)
	}
	r.end.Store(to)
	return nil
}

// writeOut gives the file blocks from one offset, behind all of its pages, to another.
func writeOut(f *file, from, to int64) error {
	zeros := make([]byte, min(to-from, growth))
	for at := from; at < to; {
		n, err := f.handle.WriteAt(zeros[:min(to-at, int64(len(zeros)))], at)
		if err != nil {
			return err
		}
		at += int64(n)
	}
	return f.handle.Sync()
}

func errNoReserve(bytes int64, err error) error {
	if !isFull(err) {
		return fmt.Errorf("the room for what is being sent could not be written: %w", err)
	}
	return fmt.Errorf("%w: %d KiB for what is being sent could not be written (%w)", store.ErrNoRoom,
		bytes>>10, err)
}

// isFull reports whether something was not written because there is no room for it, be it by a quota.
//
// A sync that fails is none of these, whatever its reason: bbolt gives that without the name of a file, or
// with another operation. The system may then count pages as written that are not, so that the next sync
// succeeds without meaning it. A write that fails has changed nothing that anybody knows of: bbolt writes the
// pages of a change into places that the last change does not use, and the meta page, which makes them count,
// only when all of them are on the disk.
func isFull(err error) bool {
	if errors.Is(err, bolterrors.ErrMaxSizeReached) {
		return true // it is found out before anything is written
	}
	failed, ok := errors.AsType[*fs.PathError](err)
	return ok && failed.Op == "write" &&
		(errors.Is(failed.Err, syscall.ENOSPC) || errors.Is(failed.Err, syscall.EDQUOT))
}
