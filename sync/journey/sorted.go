package journey

import (
	"bufio"
	"encoding/gob"
	"errors"
	"io"
	"slices"
)

// runLength is how many values are sorted in memory at a time.
const runLength = 10_000

// Sorted keeps more values than there is memory for, and gives them back in an order. What is too much for
// memory goes, in sorted runs, into a file. Close it.
type Sorted[T any] struct {
	compare func(a, b T) int
	length  int // of a run; 0: runLength
	waiting []T
	file    spill
	ends    []int64 // of the runs in the file
	count   int
}

// NewSorted makes one that is empty, for values in the order of compare.
func NewSorted[T any](compare func(a, b T) int) *Sorted[T] { return &Sorted[T]{compare: compare} }

// Len is how many values there are.
func (s *Sorted[T]) Len() int { return s.count }

// Put adds a value.
func (s *Sorted[T]) Put(value T) error {
	s.waiting, s.count = append(s.waiting, value), s.count+1
	length := s.length
	if length == 0 {
		length = runLength
	}
	if len(s.waiting) < length {
		return nil
	}
	if err := s.flush(); err != nil {
		return unkept("found", err)
	}
	return nil
}

// flush writes what waits as a run behind the others.
func (s *Sorted[T]) flush() (err error) {
	slices.SortStableFunc(s.waiting, s.compare)
	if err := s.file.open(); err != nil {
		return err
	}
	buffered := bufio.NewWriter(s.file)
	encoder := gob.NewEncoder(buffered)
	for _, value := range s.waiting {
		if err := encoder.Encode(value); err != nil {
			return err
		}
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	end, err := s.file.Seek(0, io.SeekCurrent)
	clear(s.waiting)
	s.ends, s.waiting = append(s.ends, end), s.waiting[:0]
	return err
}

// Each gives all values in their order, as often as it is called. An error of take ends it.
func (s *Sorted[T]) Each(take func(T) error) error {
	slices.SortStableFunc(s.waiting, s.compare)
	var runs []*run[T]
	begin := int64(0)
	for _, end := range s.ends {
		section := bufio.NewReader(io.NewSectionReader(s.file, begin, end-begin))
		runs, begin = append(runs, &run[T]{from: gob.NewDecoder(section)}), end
	}
	runs = append(runs, &run[T]{rest: s.waiting})
	for _, r := range runs {
		r.next()
	}
	for {
		var least *run[T]
		for _, r := range runs {
			if r.err == nil && (least == nil || s.compare(r.head, least.head) < 0) {
				least = r
			}
			if r.err != nil && !errors.Is(r.err, io.EOF) {
				return unreadable(r.err)
			}
		}
		if least == nil {
			return nil
		}
		if err := take(least.head); err != nil {
			return err
		}
		least.next()
	}
}

// run is one sorted part, read value by value: from the file, or from memory.
type run[T any] struct {
	from *gob.Decoder
	rest []T
	head T
	err  error // io.EOF: there is no more
}

func (r *run[T]) next() {
	switch {
	case r.from != nil:
		// A decoder leaves fields as they are that were not written.
		r.head = *new(T)
		r.err = r.from.Decode(&r.head)
	case len(r.rest) > 0:
		r.head, r.rest = r.rest[0], r.rest[1:]
	default:
		r.err = io.EOF
	}
}

// Close removes the file.
func (s *Sorted[T]) Close() error {
	s.ends = nil
	return s.file.remove()
}
