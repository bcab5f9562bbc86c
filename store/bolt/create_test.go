package bolt

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"acsync/store"
)

func TestCreate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	if err := Create(path, noon); err != nil {
		t.Fatal(err)
	}
	info, err := openLedger(t, path, Options{}).Info()
	if err != nil {
		t.Fatal(err)
	}
	if len(info.ID) != 2*idBytes || info.Size == 0 || time.Since(info.Created) > time.Hour || info.Transaction == 0 {
		t.Errorf("got %+v, want an id, a size, a transaction and a fresh time of creation", info)
	}
	if info.Witnessed.Sub(info.Created).Abs() > time.Minute {
		t.Errorf("nothing was held against it since %s, and it was created %s", info.Witnessed, info.Created)
	}
	info.ID, info.Size, info.Created, info.Witnessed, info.Transaction = "", 0, time.Time{}, time.Time{}, 0
	ms := noon.Truncate(time.Millisecond)
	wantSame(t, info, store.Info{Path: path, Format: newest(migrations), Start: ms, Checkpoint: ms, Identity: store.PerConversation, Counts: map[store.State]int{}})
	if stat, err := os.Stat(path); err != nil || stat.Mode().Perm() != 0o600 {
		t.Errorf("got mode %v (%v), want 0600", stat.Mode(), err)
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range left {
		names = append(names, e.Name())
	}
	wantSame(t, names, []string{"ledger.db", "ledger.db.fence", "ledger.db.holder"})
}

func TestCreateNeverOverwrites(t *testing.T) {
	for name, put := range map[string]func(path string) error{
		"a ledger":        func(p string) error { return Create(p, noon) },
		"an empty file":   func(p string) error { return os.WriteFile(p, nil, 0o600) },
		"a directory":     func(p string) error { return os.Mkdir(p, 0o700) },
		"a dangling link": func(p string) error { return os.Symlink(p+".gone", p) },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ledger.db")
			if err := put(path); err != nil {
				t.Fatal(err)
			}
			before, err := os.Lstat(path)
			if err != nil {
				t.Fatal(err)
			}
			wantError(t, Create(path, noon), store.ErrExists)
			after, err := os.Lstat(path)
			if err != nil || !os.SameFile(before, after) || before.ModTime() != after.ModTime() {
				t.Errorf("what was there has changed: %v", err)
			}
		})
	}
}

func TestCreateRefuses(t *testing.T) {
	t.Run("no directory", func(t *testing.T) {
		wantError(t, Create(filepath.Join(t.TempDir(), "none", "ledger.db"), noon), os.ErrNotExist)
	})
	t.Run("no start", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "ledger.db")
		if err := Create(path, time.Time{}); err == nil {
			t.Error("a ledger without a start was made")
		}
		_, err := os.Stat(path)
		wantError(t, err, os.ErrNotExist)
	})
}

// Of several processes that create the same ledger at once, one succeeds and its ledger stays, by a link or
// by a claim.
func TestPublishOnce(t *testing.T) {
	for name, publish := range map[string]func(temp, path string) error{"link": publish, "claim": publishByClaim} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "ledger.db")
			errs := make([]error, 8)
			var wg sync.WaitGroup
			for i := range errs {
				temp := filepath.Join(dir, string(rune('a'+i)))
				if err := os.WriteFile(temp, []byte(temp), 0o600); err != nil {
					t.Fatal(err)
				}
				wg.Go(func() { errs[i] = publish(temp, path) })
			}
			wg.Wait()
			winner := ""
			for i, err := range errs {
				switch {
				case err == nil && winner == "":
					winner = filepath.Join(dir, string(rune('a'+i)))
				case !errors.Is(err, store.ErrExists):
					t.Errorf("got %v, want one winner and ErrExists for the others", err)
				}
			}
			got, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			wantSame(t, string(got), winner)
		})
	}
}
