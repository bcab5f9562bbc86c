package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/fnv"
	"io"
	"os"
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
	b := make([]byte, metaBytes)
	if _, err := m.file.ReadAt(b, id*m.pageSize+pageHeader); err != nil {
		return boltMeta{}, false
	}
	sum := fnv.New64a()
	sum.Write(b[:56]) //nolint:errcheck // a hash never fails
	valid := order.Uint32(b) == boltMagic && order.Uint32(b[4:]) == boltVersion &&
		int64(order.Uint32(b[8:])) == m.pageSize && order.Uint64(b[56:]) == sum.Sum64()
	return boltMeta{
		root:     order.Uint64(b[16:]),
		freelist: order.Uint64(b[32:]),
		high:     order.Uint64(b[40:]),
		tx:       order.Uint64(b[48:]),
	}, valid
}

// isBolt reports whether a file begins as bbolt's do, sound or not.
func isBolt(path string) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close() //nolint:errcheck // it was read
	b := make([]byte, pageHeader+8)
	_, err = io.ReadFull(file, b)
	return err == nil && order.Uint32(b[pageHeader:]) == boltMagic && order.Uint32(b[pageHeader+4:]) == boltVersion
}

type page struct {
	id    uint64
	flags uint16
	count int
	extra uint64 // further pages that belong to it
	data  []byte // with the header
}

func pageOf(data []byte) page {
	return page{
		order.Uint64(data), order.Uint16(data[8:]), int(order.Uint16(data[10:])),
		uint64(order.Uint32(data[12:])), data,
	}
}

// read reads a whole page, the first of it into a buffer for one page.
func (m *image) read(id uint64, first []byte) (page, error) {
	if id < 2 || id >= m.meta.high {
		return page{}, damaged("it points to page %d, which does not exist", id)
	}
	at := int64(id) * m.pageSize
	if _, err := m.file.ReadAt(first, at); err != nil {
		return page{}, err
	}
	p := pageOf(first)
	switch {
	case p.id != id:
		return page{}, damaged("page %d calls itself page %d", id, p.id)
	case p.extra >= m.meta.high-id:
		return page{}, damaged("page %d runs over the end", id)
	case p.extra == 0:
		return p, nil
	}
	p.data = make([]byte, (int64(p.extra)+1)*m.pageSize)
	_, err := m.file.ReadAt(p.data, at)
	return p, err
}

type element struct {
	key    []byte
	child  uint64 // of a branch
	value  []byte // of a leaf
	bucket bool   // of a leaf: the value is a bucket
}

// elements gives the entries of a branch or a leaf, in the space of a list: each within the page and in the
// order of their keys. The keys and values lie behind each other without a gap (as in bbolt's source), and
// the first right behind the descriptions, so that a wrong number of entries shows.
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
		e, ok := p.element(p.data[at:], uint64(next-at))
		if !ok {
			return nil, damaged("an entry of page %d is not where it belongs", p.id)
		}
		next += len(e.key) + len(e.value)
		if i > 0 && bytes.Compare(list[i-1].key, e.key) >= 0 {
			return nil, damaged("the keys of page %d are out of order", p.id)
		}
		list[i] = e
	}
	return list, nil
}

// element reads the entry described at the beginning of b, whose key must lie so far behind that.
func (p page) element(b []byte, behind uint64) (e element, ok bool) {
	at, keySize, valueSize := order.Uint32(b[4:]), order.Uint32(b[8:]), order.Uint32(b[12:])
	if p.flags == flagBranch {
		at, keySize, valueSize = order.Uint32(b), order.Uint32(b[4:]), 0
		e.child = order.Uint64(b[8:])
	} else {
		e.bucket = order.Uint32(b)&elementBucket != 0
	}
	value := behind + uint64(keySize)
	end := value + uint64(valueSize)
	if uint64(at) != behind || end > uint64(len(b)) {
		return e, false
	}
	e.key, e.value = b[behind:value], b[value:end]
	return e, true
}

// walk follows every reference in a file from its root and makes sure that each page is used once.
type walk struct {
	*image
	used []uint64 // a bit for each page

	// The memory for leaves of records: it would be most of the work to make it anew for each.
	buffer []byte
	list   []element
}

// inspect checks the file from its metas down to every page: free list, buckets, keys in order, records that
// bear their check, no page used twice. A million keys take some 70 ms.
func inspect(ctx context.Context, m *image) error {
	w := &walk{image: m, used: make([]uint64, m.meta.high/64+1), buffer: make([]byte, m.pageSize)}
	if err := w.free(); err != nil {
		return err
	}
	return w.tree(ctx, m.meta.root, nil, nil, false)
}

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
	p, err := w.read(w.meta.freelist, w.buffer)
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

// tree follows a tree down whose keys lie in [low, high), where nil is no bound, and which may hold records.
func (w *walk) tree(ctx context.Context, id uint64, low, high []byte, records bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p, err := w.read(id, w.buffer)
	if err != nil {
		return err
	}
	if err := w.claim(p.id, p.extra); err != nil {
		return err
	}
	var list []element
	last := records && p.flags == flagLeaf
	if last {
		list = w.list
	} else {
		// What is followed further down outlives the pages there.
		p.data = bytes.Clone(p.data)
	}
	if list, err = p.elements(list); err != nil {
		return err
	}
	if last {
		w.list = list
	}
	if err := within(id, list, low, high); err != nil {
		return err
	}
	if p.flags == flagLeaf {
		return w.leaf(ctx, id, list, records)
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

// leaf checks records, as only they can tell of a key that has become another one, or follows buckets.
func (w *walk) leaf(ctx context.Context, id uint64, list []element, records bool) error {
	for _, e := range list {
		var err error
		switch {
		case records && e.bucket:
			err = damaged("a bucket is among the keys")
		case records:
			err = checked(e.key, e.value)
		case e.bucket:
			err = w.bucket(ctx, id, e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// bucket follows a bucket on a page. One without a root lies inside the value, as a page without an id.
func (w *walk) bucket(ctx context.Context, id uint64, e element) error {
	if len(e.value) < bucketBytes {
		return damaged("a bucket on page %d is too short", id)
	}
	records := bytes.Equal(e.key, bucketKeys)
	if root := order.Uint64(e.value); root != 0 {
		return w.tree(ctx, root, nil, nil, records)
	}
	inline := e.value[bucketBytes:]
	if len(inline) < pageHeader {
		return damaged("a bucket on page %d is too short", id)
	}
	p := pageOf(inline)
	p.id = id
	if p.flags != flagLeaf {
		return damaged("a bucket on page %d is not a leaf", id)
	}
	list, err := p.elements(nil)
	if err != nil || !records {
		return err
	}
	return w.leaf(ctx, id, list, true)
}
