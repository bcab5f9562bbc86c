package fetch

import (
	"slices"
	stdsync "sync"
	"testing"
	"testing/synctest"
)

// TestCallLockInOrder: whoever comes first has the lock first, also before one that has just had it and comes
// again at once.
func TestCallLockInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l callLock
		var order []int
		var callers stdsync.WaitGroup
		l.Lock()
		for n := range 3 {
			callers.Go(func() {
				l.Lock()
				order = append(order, n)
				l.Unlock()
			})
			synctest.Wait()
		}
		l.Unlock()
		l.Lock()
		order = append(order, 3)
		l.Unlock()
		callers.Wait()
		if want := []int{0, 1, 2, 3}; !slices.Equal(order, want) {
			t.Errorf("they came in the order %v", order)
		}
	})
}
