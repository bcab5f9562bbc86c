package bolt

import (
	"errors"
	"fmt"

	"acsync/store"
)

// MinRoom is the free space, in bytes, below which [Ledger.Room] warns: enough for the outcomes of everything
// that is being sent, and for bbolt to rewrite its list of free pages many times.
const MinRoom = 32 << 20

// checkRoom gives ErrNoRoom when the disk of a file is nearly full.
func checkRoom(path string) error {
	free, err := FreeSpace(path)
	if errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	if err != nil {
		return err
	}
	return roomFor(free)
}

func roomFor(free uint64) error {
	if free >= MinRoom {
		return nil
	}
	return fmt.Errorf("%w: %d MiB are free, %d MiB are needed", store.ErrNoRoom, free>>20, MinRoom>>20)
}
