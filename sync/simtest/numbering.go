package simtest

import (
	"sync"

	"acsync/store"
)

// numbering is what intents were given which numbers, and which ledgers are open.
type numbering struct {
	mu    sync.Mutex
	given map[uint64]string // to whom: process and conversation
	open  map[string]func() ([]store.Entry, error)
	of    map[string][]store.Key // the keys that a process has begun
}

// begun is how many intents a process was given.
func (n *numbering) begun(process string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.of[process])
}
