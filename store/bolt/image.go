package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/fnv"
	"io"
	"slices"
)

// The layout of a bbolt file (format 2, as in bbolt's source): fixed-size pages, each with a header of 16
// bytes; pages 0 and 1 are the two metas, the valid one with the higher transaction counts. Integers are in
// the machine's own order.
const (
	pageHeader  = 16 // id 8, flags 2, count 2, overflow 4
	metaBytes   = 64 // see readMeta; behind the transaction comes the sum
	elementSize = 16
	bucketBytes = 16 // root page 8, sequence 8

	boltMagic   = 0xED0CDAED
	boltVersion = 2

	flagBranch = 0x01
	flagLeaf   = 0x02
	flagFree   = 0x10

	elementBucket = 0x01
)

var order = binary.NativeEndian

// boltMeta is what a meta page says.
type boltMeta struct {
	root, freelist, high, tx uint64 // high: the pages from this one on do not exist
}

// image reads the pages of a bbolt file by plain reads with every bound checked, so that a damaged file can
// be told before bbolt follows a wild page number or loops in a circle of pages.
type image struct {
	file     io.ReaderAt
	pageSize int64
	meta     boltMeta
	torn     bool // one of the two metas is not valid
}

// page is one page with its overflow, whole.
type page struct {
	id    uint64
	flags uint16
	count int
	extra uint64 // further pages that belong to it
	data  []byte // with the header
}

// readImage reads the metas of a file of the given size.
func readImage(file io.ReaderAt, size, pageSize int64) (*image, error) {
	m := &image{file: file, pageSize: pageSize}
	found := false
	for id := range int64(2) {
		meta, ok := m.readMeta(id)
		if !ok {
			m.torn = true
			continue
		}
		if !found || meta.tx > m.meta.tx {
			m.meta = meta
		}
		found = true
	}
	if !found {
		return nil, damaged("neither of its meta pages is valid")
	}
	if m.meta.high > uint64(size/pageSize) {
		return nil, damaged("it is cut off: %d bytes are there, %d pages of %d bytes should be",
			size, m.meta.high, pageSize)
	}
	return m, nil
}

func (m *image) readMeta(id int64) (boltMeta, bool) {
	buf := make([]byte, pageHeader+metaBytes)
	if _, err := m.file.ReadAt(buf, id*m.pageSize); err != nil {
		return boltMeta{}, false
	}
	b := buf[pageHeader:]
	sum := fnv.New64a()
	sum.Write(b[:56]) //nolint:errcheck // a hash never fails
	if order.Uint32(b) != boltMagic || order.Uint32(b[4:]) != boltVersion ||
		order.Uint64(b[56:]) != sum.Sum64() || int64(order.Uint32(b[8:])) != m.pageSize {
		return boltMeta{}, false
	}
	return boltMeta{
		root:     order.Uint64(b[16:]),
		freelist: order.Uint64(b[32:]),
		high:     order.Uint64(b[40:]),
		tx:       order.Uint64(b[48:]),
	}, true
}

// header reads the header of a page into a buffer, and as much behind it as the buffer takes, and checks that
// the page lies within the file.
func (m *image) header(id uint64, b []byte) (page, error) {
	if id < 2 || id >= m.meta.high {
		return page{}, damaged("it points to page %d, which does not exist", id)
	}
	if _, err := m.file.ReadAt(b, int64(id)*m.pageSize); err != nil {
		return page{}, err
	}
	p := page{
		id:    order.Uint64(b),
		flags: order.Uint16(b[8:]),
		count: int(order.Uint16(b[10:])),
		extra: uint64(order.Uint32(b[12:])),
	}
	if p.id != id {
		return page{}, damaged("page %d calls itself page %d", id, p.id)
	}
	if p.extra >= m.meta.high-id {
		return page{}, damaged("page %d runs over the end", id)
	}
	return p, nil
}

// read reads a whole page, into the buffer where that is large enough.
func (m *image) read(id uint64, buffer []byte) (page, error) {
	if int64(len(buffer)) < m.pageSize {
		buffer = make([]byte, m.pageSize)
	}
	p, err := m.header(id, buffer[:m.pageSize])
	if err != nil {
		return page{}, err
	}
	if p.data = buffer[:m.pageSize]; p.extra == 0 {
		return p, nil
	}
	p.data = make([]byte, (int64(p.extra)+1)*m.pageSize)
	if _, err := m.file.ReadAt(p.data, int64(id)*m.pageSize); err != nil {
		return page{}, err
	}
	return p, nil
}

// element is an entry of a branch or a leaf page.
type element struct {
	key    []byte
	child  uint64 // of a branch
	value  []byte // of a leaf
	bucket bool   // of a leaf: the value is a bucket
}

// elements gives the entries of a branch or a leaf, each within the page and in the order of their keys, in
// the space of a list where that is large enough. The keys and values lie behind each other without a gap (as
// in bbolt's source), and the first right behind the descriptions: so that a wrong number of entries shows.
func (p page) elements(list []element) ([]element, error) {
	if (p.flags != flagBranch && p.flags != flagLeaf) || pageHeader+p.count*elementSize > len(p.data) {
		return nil, damaged("page %d is neither a branch nor a leaf", p.id)
	}
	if p.flags == flagBranch && p.count == 0 {
		return nil, damaged("page %d is a branch without leaves", p.id)
	}
	list = slices.Grow(list[:0], p.count)[:p.count]
	next := pageHeader + p.count*elementSize
	for i := range list {
		at := pageHeader + i*elementSize
		e, err := p.element(at, next-at)
		if err != nil {
			return nil, err
		}
		next += len(e.key) + len(e.value)
		if i > 0 && bytes.Compare(list[i-1].key, e.key) >= 0 {
			return nil, damaged("the keys of page %d are out of order", p.id)
		}
		list[i] = e
	}
	return list, nil
}

// element reads the entry whose description is at an offset; its key and value lie so far behind that.
func (p page) element(at, behind int) (element, error) {
	b := p.data[at:]
	if p.flags == flagBranch {
		pos := uint64(order.Uint32(b))
		key, ok := cut(b, pos, uint64(order.Uint32(b[4:])))
		if !ok || pos != uint64(behind) {
			return element{}, damaged("an entry of page %d is not where it belongs", p.id)
		}
		return element{key: key, child: order.Uint64(b[8:])}, nil
	}
	pos, ksize, vsize := uint64(order.Uint32(b[4:])), uint64(order.Uint32(b[8:])), uint64(
		order.Uint32(b[12:]))
	key, ok := cut(b, pos, ksize)
	value, ok2 := cut(b, pos+ksize, vsize)
	if !ok || !ok2 || pos != uint64(behind) {
		return element{}, damaged("an entry of page %d is not where it belongs", p.id)
	}
	return element{key: key, value: value, bucket: order.Uint32(b)&elementBucket != 0}, nil
}

func cut(b []byte, from, size uint64) ([]byte, bool) {
	if from > uint64(len(b)) || size > uint64(len(b))-from {
		return nil, false
	}
	return b[from : from+size], true
}

// walk follows every reference in a file from its root and makes sure that each page is used once.
type walk struct {
	*image
	used []uint64 // a bit for each page

	depth  int // of the tree that is followed now
	spaces []space
}

// space is the memory for a page at one depth of a tree, used again for the next page at that depth: most of
// the work of opening a big ledger would be to make it anew.
type space struct {
	data []byte
	list []element
}

// inspect checks the file from its metas down to every page: free list, buckets, keys in order, records that
// bear their check, no page used twice. A million keys take some 70 ms.
func inspect(ctx context.Context, m *image) error {
	w := &walk{image: m, used: make([]uint64, m.meta.high/64+1)}
	if err := w.free(); err != nil {
		return err
	}
	return w.tree(ctx, m.meta.root, nil, nil, false)
}

// claim marks a page and its overflow as used.
func (w *walk) claim(id, extra uint64) error {
	if id < 2 || id >= w.meta.high || extra >= w.meta.high-id {
		return damaged("it points to page %d, which does not exist", id)
	}
	for i := id; i <= id+extra; i++ {
		if w.used[i/64]&(1<<(i%64)) != 0 {
			return damaged("page %d is used twice", i)
		}
		w.used[i/64] |= 1 << (i % 64)
	}
	return nil
}

// free claims the page of the free list and the pages that it lists, which bbolt is going to overwrite.
func (w *walk) free() error {
	p, err := w.read(w.meta.freelist, nil)
	if err != nil {
		return err
	}
	if p.flags != flagFree {
		return damaged("page %d is not the free list that it should be", p.id)
	}
	if err := w.claim(p.id, p.extra); err != nil {
		return err
	}
	list, count := p.data[pageHeader:], uint64(p.count)
	if count == 0xFFFF { // so many that the number itself comes first
		count, list = order.Uint64(list), list[8:]
	}
	if count > uint64(len(list)/8) {
		return damaged("the free list on page %d runs over its end", p.id)
	}
	for i := range count {
		if err := w.claim(order.Uint64(list[8*i:]), 0); err != nil {
			return err
		}
	}
	return nil
}

// tree follows a tree of pages down. All its keys lie in [low, high), where nil is no bound; records tells
// that its leaves hold records.
func (w *walk) tree(ctx context.Context, id uint64, low, high []byte, records bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if w.depth == len(w.spaces) {
		w.spaces = append(w.spaces, space{})
	}
	s := w.spaces[w.depth]
	p, err := w.read(id, s.data)
	if err != nil {
		return err
	}
	if err := w.claim(p.id, p.extra); err != nil {
		return err
	}
	list, err := p.elements(s.list)
	if err != nil {
		return err
	}
	if err := within(id, list, low, high); err != nil {
		return err
	}
	w.spaces[w.depth] = space{p.data, list}
	w.depth++
	defer func() { w.depth-- }()
	if p.flags == flagLeaf {
		if records {
			return whole(list)
		}
		return w.buckets(ctx, p, list)
	}
	for i, e := range list {
		above := high
		if i+1 < len(list) {
			above = list[i+1].key
		}
		if err := w.tree(ctx, e.child, e.key, above, records); err != nil {
			return err
		}
	}
	return nil
}

// within makes sure that the keys of a page lie in [low, high). Only the root of a tree may be empty.
func within(id uint64, list []element, low, high []byte) error {
	switch n := len(list); {
	case n == 0 && low != nil:
		return damaged("page %d is empty", id)
	case low != nil && bytes.Compare(list[0].key, low) < 0,
		high != nil && bytes.Compare(list[n-1].key, high) >= 0:
		return damaged("page %d holds keys that do not belong there", id)
	}
	return nil
}

// whole checks every record of a leaf: of a key that has become another one only its record can tell.
func whole(leaf []element) error {
	for _, e := range leaf {
		if e.bucket {
			return damaged("a bucket is among the keys")
		}
		if err := checked(e.key, e.value); err != nil {
			return err
		}
	}
	return nil
}

// buckets follows the buckets among the entries of a leaf. A small bucket is a page without an id inside the
// value.
func (w *walk) buckets(ctx context.Context, p page, list []element) error {
	for _, e := range list {
		if !e.bucket {
			continue
		}
		if len(e.value) < bucketBytes {
			return damaged("a bucket on page %d is too short", p.id)
		}
		if root := order.Uint64(e.value); root != 0 {
			if err := w.bucket(ctx, e.key, root); err != nil {
				return err
			}
			continue
		}
		if err := inline(p.id, e.key, e.value[bucketBytes:]); err != nil {
			return err
		}
	}
	return nil
}

// bucket follows the tree of a bucket.
func (w *walk) bucket(ctx context.Context, name []byte, root uint64) error {
	return w.tree(ctx, root, nil, nil, holdsRecords(name))
}

func holdsRecords(bucket []byte) bool { return bytes.Equal(bucket, bucketKeys) }

// inline checks a bucket that lies whole inside the page with the id.
func inline(id uint64, name, data []byte) error {
	if len(data) < pageHeader {
		return damaged("a bucket on page %d is too short", id)
	}
	p := page{id: id, flags: order.Uint16(data[8:]), count: int(order.Uint16(data[10:])), data: data}
	if p.flags != flagLeaf {
		return damaged("a bucket on page %d is not a leaf", id)
	}
	list, err := p.elements(nil)
	if err == nil && holdsRecords(name) {
		err = whole(list)
	}
	return err
}
