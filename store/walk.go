package store

import (
	"bytes"
	"context"
)

// effort is how much of a file an inspection reads.
type effort int

const (
	brief effort = iota // all but the tree of keys
	usual               // the branches of that too
	deep                // every page
)

// walk follows every reference in a file from its root and makes sure that each page is used once.
type walk struct {
	*image
	used []uint64 // a bit for each page
	effort

	depth  int // of the tree that is followed now
	spaces []space
}

// space is the memory for a page at one depth of a tree, used again for the next page at that depth: most of the work of
// opening a big ledger would be to make it anew.
type space struct {
	data []byte
	list []element
}

// inspect checks the file from its metas down to the branch pages: free list, buckets, and that no two references meet.
// The usual effort takes milliseconds with millions of keys; the deep one also reports a torn meta page.
func (m *image) inspect(ctx context.Context, much effort) error {
	w := &walk{image: m, used: make([]uint64, m.meta.high/64+1), effort: much}
	if much == deep && m.torn {
		return damaged("one of its two meta pages is not valid: the last transaction before may be lost")
	}
	if err := w.free(); err != nil {
		return err
	}
	return w.tree(ctx, m.meta.root, true)
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

// tree follows a tree of pages down. The leaves below a branch are read when the effort is deep or whole is set.
func (w *walk) tree(ctx context.Context, id uint64, whole bool) error {
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
	w.spaces[w.depth] = space{p.data, list}
	w.depth++
	defer func() { w.depth-- }()
	if p.flags == flagLeaf {
		return w.buckets(ctx, p, list)
	}
	return w.branch(ctx, list, whole)
}

func (w *walk) branch(ctx context.Context, list []element, whole bool) error {
	below, err := w.header(list[0].child, make([]byte, pageHeader))
	if err != nil {
		return err
	}
	skip := below.flags == flagLeaf && !whole && w.effort != deep // leaves are all on one level
	for _, e := range list {
		if skip {
			err = w.claim(e.child, 0)
		} else {
			err = w.tree(ctx, e.child, whole)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// buckets follows the buckets among the entries of a leaf. A small bucket is a page without an id inside the value.
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
		if err := inline(p.id, e.value[bucketBytes:]); err != nil {
			return err
		}
	}
	return nil
}

// bucket follows the tree of a bucket, unless the effort is to leave it out.
func (w *walk) bucket(ctx context.Context, name []byte, root uint64) error {
	if w.effort == brief && bytes.Equal(name, bucketKeys) {
		return w.claim(root, 0)
	}
	return w.tree(ctx, root, false)
}

func inline(id uint64, data []byte) error {
	if len(data) < pageHeader {
		return damaged("a bucket on page %d is too short", id)
	}
	p := page{id: id, flags: order.Uint16(data[8:]), count: int(order.Uint16(data[10:])), data: data}
	if p.flags != flagLeaf {
		return damaged("a bucket on page %d is not a leaf", id)
	}
	_, err := p.elements(nil)
	return err
}
