package bolt

import (
	"errors"
	"io"
	"testing"

	"acsync/store"
)

// TestBare takes away what explain has added, with advice and without, and nothing else.
func TestBare(t *testing.T) {
	for _, err := range []error{io.ErrUnexpectedEOF, store.ErrDamaged, errors.New("acsync.db: it is itself")} {
		if got := bare("acsync.db", explain("acsync.db", err)); got.Error() != err.Error() || !errors.Is(got, err) {
			t.Errorf("%v became %v", err, got)
		}
	}
}
