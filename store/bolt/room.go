package bolt

import (
	"errors"
	"fmt"

	"acsync/store"
)

// MinRoom is the free space, in bytes, below which Room warns: enough for the outcomes of everything that is being sent,
// and for bbolt to rewrite its list of free pages many times.
const MinRoom = 32 << 20

// Room gives ErrNoRoom when the disk of the ledger is nearly full. It is to be asked before survey requests are sent,
// because the outcome of one that was sent must find its place. Systems that do not tell are taken to have room.
func (l *Ledger) Room() error {
	free, err := FreeSpace(l.path)
	if errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	if err != nil {
		return explain(l.path, err)
	}
	return explain(l.path, roomFor(free))
}

func roomFor(free uint64) error {
	if free >= MinRoom {
		return nil
	}
	return fmt.Errorf("%w: %d MiB are free, %d MiB are needed", store.ErrNoRoom, free>>20, MinRoom>>20)
}
