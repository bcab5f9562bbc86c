package app

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"acsync/sync/config"
)

// TestDrainIsTimed begins with the signal, whatever has ended the pass before, and never without one.
func TestDrainIsTimed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		signalled, stop := context.WithCancel(t.Context())
		d := newDrain(signalled)
		d.limit(config.Duration(10 * time.Second))
		_, timeUp := context.WithCancel(signalled) // as --max-duration ends a pass
		timeUp()
		expect := func(cut, over bool) {
			t.Helper()
			synctest.Wait()
			if got := d.cutOff.Err() != nil; got != cut {
				t.Errorf("cut off: %t", got)
			}
			if got := d.printed.Err() != nil; got != over {
				t.Errorf("no more is printed: %t", got)
			}
		}
		time.Sleep(time.Hour)
		expect(false, false)
		stop()
		time.Sleep(10*time.Second - time.Nanosecond)
		expect(false, false)
		time.Sleep(time.Nanosecond)
		expect(true, false)
		if cause := context.Cause(d.cutOff).Error(); !strings.Contains(cause, "sync.drain (10s)") {
			t.Errorf("it says %q", cause)
		}
		time.Sleep(printTime)
		expect(true, true)
	})
}
