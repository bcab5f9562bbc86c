package bolt

import (
	"bytes"
	"context"
)

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
