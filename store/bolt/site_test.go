package bolt

import (
	"os"
	"path/filepath"
	"testing"
)

// TestSiteOf looks at the place of a ledger that is not there yet, and writes nothing.
func TestSiteOf(t *testing.T) {
	dir := t.TempDir()
	got := SiteOf(filepath.Join(dir, "a.db"))
	if got.Free == 0 || got.Unknown != nil || got.Network != nil || got.Unusable != nil {
		t.Errorf("got %+v", got)
	}
	if got := SiteOf(filepath.Join(dir, "none", "a.db")); got.Unusable == nil {
		t.Errorf("of no directory: got %+v", got)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("%v: it wrote %v", err, entries)
	}
}
