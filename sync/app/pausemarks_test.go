package app

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"acsync/store/postgres"
	"acsync/store/postgres/pgtest"
	"acsync/sync/config"
	"acsync/sync/tenant"
)

// TestResumedOnce: two workers that read different files do not undo for ever what the other one does, and who has no
// ledger is told.
func TestResumedOnce(t *testing.T) {
	c := pgtest.Shared(t)
	ctx := context.Background()
	db, err := postgres.Connect(ctx, c.URL(pgtest.Plain, c.Fresh(t, func(url string) error {
		d, err := postgres.Connect(ctx, url, postgres.Pool{})
		if err != nil {
			return err
		}
		defer d.Close()
		return d.Migrate(ctx, pgtest.Plain)
	})), postgres.Pool{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	if err := db.Create(ctx, "acme", time.Now(), postgres.Options{}); err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(t.TempDir(), "key")
	write := func(text string) {
		if err := os.WriteFile(key, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("first")
	cfg := config.Default()
	cfg.Kustomer.Org, cfg.Kustomer.APIKeyFile = "acme", key
	paused := func(until string) {
		t.Helper()
		mark, err := json.Marshal(tenant.Pause{Reason: "exit 4", Until: until})
		if err == nil {
			err = db.SetPaused(ctx, "acme", mark)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var said strings.Builder
	marks := newPauseMarks(db, slog.New(slog.NewTextHandler(&said, nil)))
	resumes := func(what string, want bool) {
		t.Helper()
		marks.review(ctx, map[string]config.Config{"acme": cfg, "new": {Kustomer: config.Kustomer{Org: "new"}}})
		mark, err := db.Paused(ctx, "acme")
		if got := mark == nil; got != want || err != nil {
			t.Errorf("%s: resumed %v (%v)", what, got, err)
		}
	}
	paused(digestOf(cfg))
	resumes("as it was when it was paused", false)
	if err := os.Chtimes(key, time.Time{}, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	resumes("with the same key in a file of another age", false)
	paused("of a worker with other files")
	resumes("for the first time", true)
	paused("of a worker with other files")
	resumes("again", false)
	write("second")
	resumes("with another key", true)
	paused("")
	resumes("by a person alone", false)
	if n := strings.Count(said.String(), "no ledger"); n != 1 || strings.Contains(said.String(), "first") {
		t.Errorf("it was said %d times that one has no ledger:\n%s", n, said.String())
	}
}
