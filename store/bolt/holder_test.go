package bolt

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"acsync/store"
)

func TestHolder(t *testing.T) {
	l := testLedger(t, Options{})
	h, err := ReadHolder(l.path)
	if err != nil {
		t.Fatal(err)
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, h, store.Holder{PID: os.Getpid(), Host: host, Since: h.Since, At: h.Since, Opening: l.fenced.Opening})
	_, err = Open(l.path, Options{Timeout: -1, ReadOnly: true})
	wantError(t, err, store.ErrLocked)
	if !strings.Contains(err.Error(), h.String()) {
		t.Errorf("%q does not name the holder, %s", err, h)
	}
	closeLedger(t, l)
	_, err = ReadHolder(l.path)
	wantError(t, err, os.ErrNotExist)
	l.Report(store.Progress{Pass: "late"})
	_, err = ReadHolder(l.path)
	wantError(t, err, os.ErrNotExist)
}

func TestReadersHoldNothing(t *testing.T) {
	l := testLedger(t, Options{})
	closeLedger(t, l)
	r := openLedger(t, l.path, Options{ReadOnly: true})
	r.Report(store.Progress{Pass: "none"})
	_, err := ReadHolder(l.path)
	wantError(t, err, os.ErrNotExist)
}

func TestReportOnceASecond(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	synctest.Test(t, func(t *testing.T) {
		n, err := newHolderFile(path, fence{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 30 { // one every 100 ms
			n.report(store.Progress{Pass: "p", Checkpoint: noon, Found: 100, Done: i}, 0)
			time.Sleep(100 * time.Millisecond)
		}
		h, err := ReadHolder(path)
		if err != nil {
			t.Fatal(err)
		}
		wantSame(t, h.Progress, store.Progress{Pass: "p", Checkpoint: noon, Found: 100, Done: 20})
		wantSame(t, h.At.Sub(h.Since), 2*time.Second) // how old the report is can be seen
		if err := n.remove(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestHolderIsNoHolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	for _, said := range []string{"{}", `{"pid":1,"host":"a\nb"}`, `{"pid":1,"pass":"\u001b[2J"}`, `{"pid":1,"mode":"\u009b"}`, strings.Repeat(" ", mostBeside) + `{"pid":1}`} {
		if err := os.WriteFile(path+holderSuffix, []byte(said), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadHolder(path); err == nil {
			t.Errorf("%.40s was believed", said)
		}
	}
}

// TestBesideIsShared lets what lies beside a ledger be open to whoever may use the ledger, and to nobody else: also in
// the place of what an earlier version left.
func TestBesideIsShared(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes are other ones")
	}
	for _, mode := range []os.FileMode{0o600, 0o640, 0o664, 0o755} {
		path := filepath.Join(t.TempDir(), "ledger.db")
		must(t, Create(path, noon))
		must(t, os.Chmod(path, mode))
		for _, left := range []string{path + holderSuffix, path + holderSuffix + ".tmp", path + fenceSuffix + ".tmp"} {
			must(t, os.WriteFile(left, []byte("{}"), 0o604))
		}
		l := openLedger(t, path, Options{})
		l.Report(store.Progress{Pass: "p", WaitingFor: "Kustomer"})
		for _, suffix := range []string{fenceSuffix, holderSuffix} {
			info, err := os.Stat(path + suffix)
			must(t, err)
			if got, want := info.Mode().Perm(), mode&0o666; got != want {
				t.Errorf("beside a ledger with mode %v, %s has %v", mode, suffix, got)
			}
		}
	}
}
