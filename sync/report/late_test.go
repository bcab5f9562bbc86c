package report

import (
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"acsync/store"
	"acsync/store/bolt"
)

func TestLateStatus(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	if err := bolt.Create(path, at); err != nil {
		t.Fatal(err)
	}
	ledger, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer ledger.Close()
	if err := ledger.Commit(store.Batch{Late: []time.Duration{2 * time.Second, 3 * time.Second, 72 * time.Hour}}); err != nil {
		t.Fatal(err)
	}
	info, err := ledger.Info()
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(lateStatus(info.Lateness))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"count":3,"greatest_seconds":259200,"classes":[{"below_seconds":5,"count":2},{"below_seconds":null,"count":1}]}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
