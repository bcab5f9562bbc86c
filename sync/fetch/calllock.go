package fetch

import stdsync "sync"

// callLock is a lock that is held while calls are made, which may take minutes. Unlike with a Mutex, a test
// in virtual time sees that it is waited for, and lets the call come to its end. The zero callLock is free.
type callLock struct {
	mu      stdsync.Mutex
	held    bool
	waiting int // how many wait, whom freed wakes in their order
	freed   *stdsync.Cond
}

// Lock waits for its turn, which comes in the order of the calls.
func (l *callLock) Lock() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.held {
		l.held = true
		return
	}
	if l.freed == nil {
		l.freed = stdsync.NewCond(&l.mu)
	}
	l.waiting++
	// Nothing but Unlock ends it, which has handed the lock over then.
	l.freed.Wait()
}

// Unlock lets the next one have its turn.
func (l *callLock) Unlock() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiting == 0 {
		l.held = false
		return
	}
	l.waiting--
	l.freed.Signal()
}
