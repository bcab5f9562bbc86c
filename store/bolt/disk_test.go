package bolt

import (
	"path/filepath"
	"testing"

	"acsync/store"
)

func TestRoom(t *testing.T) {
	wantError(t, roomFor(MinRoom-1), store.ErrNoRoom)
	if err := roomFor(MinRoom); err != nil {
		t.Error(err)
	}
	free, err := freeSpace(filepath.Join(t.TempDir(), "not there yet"))
	if err != nil || free == 0 {
		t.Errorf("got %d bytes (%v), want some on the disk of the tests", free, err)
	}
	if err := testLedger(t, Options{}).Room(); free > 2*MinRoom && err != nil {
		t.Error(err)
	}
}
