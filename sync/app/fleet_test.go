package app

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"acsync/sync/exit"
)

// TestFleetStopped begins no pass once it was told to stop, and says so for each tenant.
func TestFleetStopped(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "tenants"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"one", "two"} {
		text := "[kustomer]\norg = '" + name + "'\napi_key = 'k'\n[agent_connect]\napi_key = 'c'\n"
		if err := os.WriteFile(filepath.Join(dir, "tenants", name+".toml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(interrupted{syscall.SIGTERM})
	var out, errs bytes.Buffer
	args := []string{"acsync", "tenants", "run", "--all", "--config-dir", dir}
	code := App{}.Run(ctx, args, []string{"HOME=" + dir}, strings.NewReader(""), &out, &errs)
	if code != int(exit.Terminated) || strings.Count(out.String(), "not begun: it was told to stop") != 2 {
		t.Errorf("exit code %d\n%s%s", code, out.String(), errs.String())
	}
}

// TestMemberLines holds that lines of many do not mix, and say whose they are, in text and in JSON.
func TestMemberLines(t *testing.T) {
	var out bytes.Buffer
	shared := &sharedWriter{to: &out}
	one, two := shared.of("one"), shared.of("two")
	for _, each := range []struct {
		to   *memberWriter
		text string
	}{{one, "a"}, {two, "{\"msg\":\"x\"}\n"}, {one, "b\nhint: c\n"}} {
		if _, err := each.to.Write([]byte(each.text)); err != nil {
			t.Fatal(err)
		}
	}
	if want := "{\"tenant\":\"two\",\"msg\":\"x\"}\none: ab\none: hint: c\n"; out.String() != want || one.last != "ab" {
		t.Errorf("got %q, last %q, want %q", out.String(), one.last, want)
	}
}
