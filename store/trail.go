package store

import (
	"bytes"
	"slices"
)

// longest is more pages than any way from the root to a leaf has.
const longest = 64

// trail checks the way to a key from page to page before bbolt goes it: that each page is sound, that it holds only keys
// that belong there, with their own records, and that there is no circle. A damaged page is then an error, and never
// "this key is not there", which would have somebody asked twice. It reads what the last commit left, as bbolt does for what its own transaction
// has not changed.
type trail struct {
	open  func() (*image, error)
	root  uint64 // of the tree of keys; 0 while that lies inside another page, which was inspected
	image *image // nil until first needed
	seen  map[uint64]tract

	buffer []byte
	list   []element
}

// tract is a page that has been read.
type tract struct {
	first, last []byte    // keys; nil for none
	list        []element // of a branch
}

// follow goes the way to a key.
func (w *trail) follow(key []byte) error {
	_, err := w.descend(key, false)
	return err
}

// beside goes the ways to the leaves next to the one where a key would be: when a damaged branch leads away from the key,
// one of these holds keys that its branches deny. A key between two keys of one leaf can be in no other.
func (w *trail) beside(key []byte) error {
	here, err := w.descend(key, false)
	if err != nil {
		return err
	}
	if here.high != nil && bytes.Compare(key, here.last) > 0 {
		if _, err := w.descend(here.high, false); err != nil {
			return err
		}
	}
	if here.low != nil && bytes.Compare(key, here.first) < 0 {
		_, err = w.descend(here.low, true)
	}
	return err
}

// bounds are what the branches above say of a page, low <= keys < high where nil is no bound, and what keys it has.
type bounds struct{ low, high, first, last []byte }

// descend goes the way to the leaf where a key would be, or, with before, to the one before that which begins with it.
func (w *trail) descend(key []byte, before bool) (bounds, error) {
	var here bounds
	if w.root == 0 {
		return here, nil
	}
	id := w.root
	for range longest {
		p, err := w.read(id)
		if err != nil {
			return here, err
		}
		if (here.low != nil && bytes.Compare(p.first, here.low) < 0) || (here.high != nil && bytes.Compare(p.last, here.high) >= 0) {
			return here, damaged("page %d holds keys that do not belong there", id)
		}
		if p.list == nil {
			here.first, here.last = p.first, p.last
			return here, nil
		}
		i, found := slices.BinarySearchFunc(p.list, key, func(e element, k []byte) int { return bytes.Compare(e.key, k) })
		if (!found || before) && i > 0 {
			i--
		}
		if i > 0 {
			here.low = p.list[i].key
		}
		if i+1 < len(p.list) {
			here.high = p.list[i+1].key
		}
		id = p.list[i].child
	}
	return here, damaged("the pages from %d on run in a circle", w.root)
}

// read reads a page, once in a transaction.
func (w *trail) read(id uint64) (tract, error) {
	if p, ok := w.seen[id]; ok {
		return p, nil
	}
	if w.image == nil {
		image, err := w.open()
		if err != nil {
			return tract{}, err
		}
		w.image, w.seen, w.buffer = image, make(map[uint64]tract), make([]byte, image.pageSize)
	}
	p, err := w.image.read(id, w.buffer)
	if err != nil {
		return tract{}, err
	}
	branch := p.flags == flagBranch
	space := w.list
	if branch { // it and its entries are kept
		space, w.buffer = nil, make([]byte, w.image.pageSize)
	}
	list, err := p.elements(space)
	if err != nil {
		return tract{}, err
	}
	if len(list) == 0 {
		if id != w.root {
			return tract{}, damaged("page %d is empty", id)
		}
		return tract{}, nil
	}
	t := tract{first: bytes.Clone(list[0].key), last: bytes.Clone(list[len(list)-1].key)}
	if branch {
		t.list = list
	} else if w.list, err = list, whole(list); err != nil {
		return tract{}, err
	}
	w.seen[id] = t
	return t, nil
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
