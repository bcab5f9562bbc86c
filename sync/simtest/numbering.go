package simtest

import (
	"slices"
	"sync"

	"acsync/store"
)

// numbering is what intents were given which numbers, and which ledgers are open.
type numbering struct {
	mu      sync.Mutex
	given   map[uint64]string // to whom: process and conversation
	open    map[string]func() ([]store.Entry, error)
	running int                    // processes
	of      map[string][]store.Key // the keys that a process has begun
}

// alone reports whether no process has the ledger open.
func (n *numbering) alone() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.running <= 1
}

// run counts a process that begins, or with -1 one that ends.
func (n *numbering) run(by int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.running += by
}

// gave reports whether a process has begun an intent for a key.
func (n *numbering) gave(process string, key store.Key) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Contains(n.of[process], key)
}

// begun is how many intents a process was given.
func (n *numbering) begun(process string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.of[process])
}
