package postgres

import (
	"context"
	"fmt"
	"os/exec"
	"testing"
	"time"

	"acsync/store"
)

// TestGone: the ledger of a process of this very system that is certainly no more is free at once. Of one of
// another machine, or one that lives, its lease decides.
func TestGone(t *testing.T) {
	ended := exec.Command("true")
	must(t, ended.Run())
	pid := ended.ProcessState.Pid()
	for name, c := range map[string]struct {
		change string
		free   bool
	}{
		"gone":            {fmt.Sprintf(`{"pid": %d}`, pid), true},
		"alive":           {`{"pid": 1}`, false},
		"another host":    {fmt.Sprintf(`{"pid": %d, "host": "elsewhere"}`, pid), false},
		"started anew":    {fmt.Sprintf(`{"pid": %d, "boot": "another"}`, pid), false},
		"no word of that": {fmt.Sprintf(`{"pid": %d, "boot": ""}`, pid), false},
	} {
		t.Run(name, func(t *testing.T) {
			d := created(t, Options{})
			kill(opened(t, d, "acme", Options{Lease: time.Hour}))
			owner(t, d, "update acsync.ledgers set holder = (holder::jsonb || '"+c.change+"')::json")
			if _, holds, err := d.Holder(context.Background(), "acme"); err != nil || holds == c.free {
				t.Errorf("whoever asks is told that it holds it: %v, %v", holds, err)
			}
			l, err := d.Open(context.Background(), "acme", Options{Timeout: -1})
			if !c.free {
				wantError(t, err, store.ErrLocked)
				return
			}
			must(t, err)
			must(t, l.Close())
		})
	}
}
