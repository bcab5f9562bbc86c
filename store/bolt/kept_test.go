package bolt

import (
	"os"
	"path/filepath"
	"testing"
)

// TestKept knows a ledger, and what lies beside one, from any other file, so that no output is written over them; a
// fence also where its ledger is gone, because it alone tells that there was one.
func TestKept(t *testing.T) {
	l := testLedger(t, Options{})
	closeLedger(t, l)
	other := filepath.Join(t.TempDir(), "report.json")
	must(t, os.WriteFile(other, []byte("a report that is longer than the head of a ledger's first page"), 0o600))
	for path, want := range map[string]bool{
		l.path: true, l.path + fenceSuffix: true, l.path + holderSuffix: true, l.path + waitingSuffix: true,
		other: false, other + fenceSuffix: false, other + holderSuffix: false, filepath.Join(t.TempDir(), "gone"): false,
	} {
		if got := Kept(path); got != want {
			t.Errorf("%s: %t", filepath.Base(path), got)
		}
	}
	id := FencedID(l.path)
	again := reopened(t, l.path, Options{})
	wantSame(t, id, info(t, again).ID)
	closeLedger(t, again)
	must(t, os.Remove(l.path))
	if !Kept(l.path+fenceSuffix) || Kept(l.path) || FencedID(l.path) != id || FencedID(other) != "" {
		t.Errorf("without the ledger: the fence is kept: %t, its ledger is %q", Kept(l.path+fenceSuffix), FencedID(l.path))
	}
}
