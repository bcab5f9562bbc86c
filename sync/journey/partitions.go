package journey

import (
	"bufio"
	"bytes"
	"encoding/gob"
	"errors"
	"hash/maphash"
	"io"
)

const (
	partitionCount = 64
	partitionRoom  = 64 << 10 // bytes of a partition in memory; what is more goes into a file
)

// Partitions keep more values than there is memory for, so that those of one key come together again: each
// key has its partition, and one partition at a time is read. What is too much for memory goes into files.
// The zero Partitions are empty. Close them.
type Partitions[T any] struct {
	seed  maphash.Seed
	parts []*partition
	room  int // bytes of a partition in memory; 0: partitionRoom
}

// Put adds a value.
func (p *Partitions[T]) Put(key string, value T) error {
	if p.parts == nil {
		p.seed, p.parts = maphash.MakeSeed(), make([]*partition, partitionCount)
	}
	at := maphash.String(p.seed, key) % partitionCount
	if p.parts[at] == nil {
		p.parts[at] = newPartition(p.room)
	}
	if err := p.parts[at].encoder.Encode(value); err != nil {
		return unkept("read", err)
	}
	return nil
}

// Each gives the values of one partition after the other, in the order in which they were put.
func (p *Partitions[T]) Each(take func([]T) error) error {
	for _, part := range p.parts {
		if part == nil {
			continue
		}
		reader, err := part.reader()
		if err != nil {
			return unreadable(err)
		}
		var values []T
		for decoder := gob.NewDecoder(reader); err == nil; {
			var value T
			if err = decoder.Decode(&value); err == nil {
				values = append(values, value)
			}
		}
		if !errors.Is(err, io.EOF) {
			return unreadable(err)
		}
		if err := take(values); err != nil {
			return err
		}
	}
	return nil
}

// Close removes the files.
func (p *Partitions[T]) Close() error {
	var failed []error
	for _, part := range p.parts {
		if part != nil {
			failed = append(failed, part.file.remove())
		}
	}
	p.parts = nil
	return errors.Join(failed...)
}

// partition is a buffer, and a file as soon as that is full.
type partition struct {
	encoder *gob.Encoder
	room    int
	waiting bytes.Buffer
	file    spill
}

func newPartition(room int) *partition {
	if room == 0 {
		room = partitionRoom
	}
	p := &partition{room: room}
	p.encoder = gob.NewEncoder(p)
	return p
}

// Write takes in what the encoder writes.
func (p *partition) Write(code []byte) (int, error) {
	p.waiting.Write(code)
	if p.waiting.Len() < p.room {
		return len(code), nil
	}
	return len(code), p.flush()
}

func (p *partition) flush() error {
	if err := p.file.open(); err != nil {
		return err
	}
	_, err := p.waiting.WriteTo(p.file)
	return err
}

func (p *partition) reader() (io.Reader, error) {
	if p.file.File == nil {
		return bytes.NewReader(p.waiting.Bytes()), nil
	}
	if err := p.flush(); err != nil {
		return nil, err
	}
	_, err := p.file.Seek(0, io.SeekStart)
	return bufio.NewReader(p.file), err
}
