package app_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"acsync/store"
	"acsync/store/bolt"
	"acsync/sync/sandbox"
)

// zoo is a sound ledger as a pass left it, the stand-ins that it was made with, and a place for damaged copies of it.
type zoo struct {
	stand   *sandbox.Sandbox
	mu      sync.Mutex
	now     time.Time // of the stand-ins and of the program; set changes it
	dir     string
	content []byte // of the ledger
	fence   []byte
	older   []byte // the ledger before its last pass
}

func newZoo(t *testing.T) *zoo {
	t.Helper()
	return newZooIn(t, t.TempDir())
}

// newZooIn has its ledger in a directory, where that stays: elsewhere it would be refused.
func newZooIn(t *testing.T, dir string) *zoo {
	t.Helper()
	z := emptyZooIn(t, dir)
	for _, args := range [][]string{{"init", "--start", z.stand.Start().Format(time.RFC3339)}, {"run", "--max", "20"}, {"run", "--max", "5"}} {
		if code, said := z.run(args...); code != 0 && code != 3 {
			t.Fatalf("%s: exit code %d\n%s", args, code, said)
		}
		z.older, z.content = z.content, z.read(t, z.ledger())
	}
	z.fence = z.read(t, z.ledger()+".fence")
	return z
}

// emptyZooIn has stand-ins and a configuration for them, and no ledger.
func emptyZooIn(t *testing.T, dir string) *zoo {
	t.Helper()
	z := &zoo{now: time.Now().UTC().Truncate(time.Second), dir: dir}
	var err error
	if z.stand, err = sandbox.Start(sandbox.Options{Busy: someBusy, Now: z.clock}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := z.stand.Close(); err != nil {
			t.Error(err)
		}
	})
	z.configure(t, z.stand.Org())
	return z
}

// clock is what the stand-ins go by.
func (z *zoo) clock() time.Time {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.now
}

// set sets the clock.
func (z *zoo) set(now time.Time) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.now = now
}

func (z *zoo) ledger() string { return filepath.Join(z.dir, "acsync.db") }

// configure writes a configuration of the stand-ins for an organisation.
func (z *zoo) configure(t *testing.T, org string) {
	t.Helper()
	config := fmt.Sprintf("[kustomer]\norg = %q\nbase_url = %q\napi_key = %q\nrequests_per_minute = 60000\nsearches_per_minute = 60000\n"+
		"[agent_connect]\nbase_url = %q\napi_key = %q\napi_secret = %q\nrequests_per_minute = 60000\n[ledger]\npath = %q\n",
		org, z.stand.KustomerURL(), z.stand.KustomerKey(), z.stand.AgentConnectURL(), z.stand.AgentConnectKey(),
		z.stand.AgentConnectSecret(), z.ledger())
	if err := os.WriteFile(filepath.Join(z.dir, "config.toml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
}

// run carries out one command line, and gives its exit code and what it said on stderr.
func (z *zoo) run(args ...string) (code int, said string) {
	flags := []string{"--config", filepath.Join(z.dir, "config.toml"), "--quiet"}
	line := slices.Concat(args, flags)
	if args[0] == "apply" { // its argument stands behind the flags
		line = slices.Concat([]string{"apply"}, flags, args[1:])
	}
	code, _, said = commandLine(z.dir, z.now, line...)
	return code, said
}

func (z *zoo) read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// place puts a ledger and a fence into the zoo, and takes away what was there; nil is none.
func (z *zoo) place(t *testing.T, content, fence []byte) {
	t.Helper()
	for path, b := range map[string][]byte{z.ledger(): content, z.ledger() + ".fence": fence, z.ledger() + ".holder": nil} {
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
		if b == nil {
			continue
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// zooCommands are those that are kept away from a damaged ledger. The first reports whether it is one.
var zooCommands = []string{"ledger check", "run", "run --dry-run", "status", "resolve", "resolve --accept --all", "ledger backup --out copy.db"}

// refused carries out every command on what is in the zoo: each must end with the exit code and say what is wanted, and
// nothing may be sent or changed.
func (z *zoo) refused(t *testing.T, code int, says string) {
	t.Helper()
	for _, command := range zooCommands {
		z.refuses(t, command, code, says)
	}
}

// refuses carries out one command in that way.
func (z *zoo) refuses(t *testing.T, command string, code int, says string) {
	t.Helper()
	before, sent := z.look(t), len(z.stand.Requests())
	got, said := z.run(strings.Fields(command)...)
	if got != code {
		t.Errorf("%s: exit code %d, want %d\n%s", command, got, code, said)
	}
	if !regexp.MustCompile("(?s)"+says).MatchString(said) || strings.Count(said, "\n") > 22 {
		t.Errorf("%s says %q, want %q", command, said, says)
	}
	if strings.Contains(said, "panic") || strings.Contains(said, "goroutine") {
		t.Errorf("%s fell over: %s", command, said)
	}
	if after := z.look(t); after != before {
		t.Fatalf("%s has changed the ledger or its fence", command)
	}
	if now := len(z.stand.Requests()); now != sent {
		t.Errorf("%d survey requests were sent", now-sent)
	}
}

// look is all that is in the zoo's ledger and its fence.
func (z *zoo) look(t *testing.T) string {
	t.Helper()
	var all []string
	for _, path := range []string{z.ledger(), z.ledger() + ".fence"} {
		b, err := os.ReadFile(path)
		if stat, failed := os.Stat(path); failed == nil && stat.IsDir() {
			b, err = []byte("a directory"), nil
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprint(err == nil), string(b))
	}
	return strings.Join(all, "\n")
}

// edited is a copy of the sound ledger that was changed from within.
func (z *zoo) edited(t *testing.T, change func(meta *bbolt.Bucket) error) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "edited.db")
	if err := os.WriteFile(path, z.content, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error { return change(tx.Bucket([]byte("meta"))) })
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	return z.read(t, path)
}

const (
	unfenced = "its fence \\S+ is missing.*Put the fence back beside it.*ledger rebuild --config \\S+, or.*ledger restore --config \\S+ FILE"

	restore = "(ledger restore --config \\S+ FILE.*leave its fence where it is|Leave the fence where it is.*ledger restore --config \\S+ FILE).*(rebuild|its witness away.*init --config \\S+ --adopt --start TIME)"
	backup  = "ledger restore --config \\S+ FILE with the newest copy of it.*leave its fence.*Only if all copies are lost.*its witness away.*init --config \\S+ --adopt --start TIME"
)

// TestZoo keeps every kind of damaged ledger, and shows each to the program.
func TestZoo(t *testing.T) {
	t.Parallel()
	oneByOne(t)
	z := newZoo(t)
	newer := z.edited(t, func(meta *bbolt.Bucket) error { return meta.Put([]byte("format"), []byte{0, 0, 0, 0, 0, 0, 0, 9}) })
	strange := z.edited(t, func(meta *bbolt.Bucket) error { return meta.Put([]byte("id"), []byte("another!")) })
	for _, c := range []struct {
		name           string
		content, fence []byte
		code           int
		says           string
	}{
		{"missing, and its fence is left", nil, z.fence, 10, "fence.*is left.*" + backup},
		{"empty", []byte{}, z.fence, 14, restore},
		{"text", []byte("milk, bread\n"), z.fence, 14, restore},
		{"much text", bytes.Repeat([]byte("milk, bread\n"), 9999), z.fence, 14, restore},
		{"zeros", make([]byte, len(z.content)), z.fence, 14, restore},
		{"random", noise(len(z.content)), z.fence, 14, restore},
		{"an older copy", z.older, z.fence, 14, restore},
		{"another ledger beside this fence", strange, z.fence, 14, restore},
		{"a newer format", newer, z.fence, 1, "newer format.*version of acsync"},
		{"without its fence", z.content, nil, 14, unfenced},
		{"an empty fence", z.content, []byte{}, 14, restore},
		{"a fence of text", z.content, []byte("milk, bread\n"), 14, restore},
		{"half a fence", z.content, z.fence[:len(z.fence)/2], 14, restore},
		{"the fence of another ledger", z.content, regexp.MustCompile(`"ledger":"....`).ReplaceAll(z.fence, []byte(`"ledger":"0000`)), 14, restore},
	} {
		t.Run(c.name, func(t *testing.T) {
			z.place(t, c.content, c.fence)
			z.refused(t, c.code, c.says)
		})
	}
	t.Run("missing", func(t *testing.T) {
		z.place(t, nil, nil)
		for _, command := range zooCommands {
			if command != "run --dry-run" { // that needs none, and says so
				z.refuses(t, command, 10, "its witness.*is left.*"+backup)
			}
		}
	})
	t.Run("a directory", func(t *testing.T) {
		z.place(t, nil, z.fence)
		if err := os.Mkdir(z.ledger(), 0o700); err != nil {
			t.Fatal(err)
		}
		z.refused(t, 14, restore)
	})
	t.Run("another tenant's", func(t *testing.T) {
		z.place(t, z.content, z.fence)
		z.configure(t, "other")
		z.refused(t, 14, "Kustomer sandbox .*Kustomer other .*--accept-tenant")
		z.configure(t, z.stand.Org())
	})
	t.Run("none of these", func(t *testing.T) {
		z.place(t, z.content, z.fence)
		if code, said := z.run("ledger", "check"); code != 0 {
			t.Errorf("a sound ledger: exit code %d\n%s", code, said)
		}
	})
}

// noise is the same bytes each time, in no order.
func noise(n int) []byte {
	b, x := make([]byte, n), uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}

// TestZooCutOff cuts the ledger off at some places, or at many. What lies behind the last page in use is kept
// free for growth.
func TestZooCutOff(t *testing.T) {
	t.Parallel()
	oneByOne(t)
	z := newZoo(t)
	used := len(bytes.TrimRight(z.content, "\x00"))
	for at := 1; at < used; at += 1 + used/amount(5, 25) {
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			z.place(t, z.content[:at], z.fence)
			z.refused(t, 14, restore)
		})
	}
}

// TestZooZeroedPages zeroes every page, or every other one, as a file system may after a power failure. Only
// where nothing of the ledger was on it does the program go on.
func TestZooZeroedPages(t *testing.T) {
	t.Parallel()
	oneByOne(t)
	z := newZoo(t)
	size := os.Getpagesize()
	refusals := 0
	for at := 0; at+size <= len(z.content); at += size {
		if len(bytes.Trim(z.content[at:at+size], "\x00")) == 0 || at/size%amount(2, 1) > 0 {
			continue
		}
		t.Run(fmt.Sprint(at/size), func(t *testing.T) {
			bad := slices.Clone(z.content)
			clear(bad[at : at+size])
			z.place(t, bad, z.fence)
			if code, _ := z.run("ledger", "check"); code == 0 {
				z.wantSame(t)
				return
			}
			if at < 2*size && z.spare(t) {
				return
			}
			refusals++
			z.refused(t, 14, restore)
		})
	}
	if refusals < 5 {
		t.Errorf("only %d pages were missed", refusals)
	}
}

// spare tells that the damaged meta page is the one that the next change overwrites, as after a power failure in a commit:
// the ledger has lost nothing, check says what it found, and a pass may go on.
func (z *zoo) spare(t *testing.T) bool {
	t.Helper()
	code, _ := z.run("status")
	if code == 0 {
		z.wantSame(t)
	}
	return code == 0
}

// wantSame makes sure that the ledger in the zoo says what the sound one said.
func (z *zoo) wantSame(t *testing.T) {
	t.Helper()
	got, path := z.entries(t, z.ledger()), filepath.Join(t.TempDir(), "sound.db")
	if err := os.WriteFile(path, z.content, 0o600); err != nil {
		t.Fatal(err)
	}
	if want := z.entries(t, path); !slices.Equal(got, want) {
		t.Error("the ledger has changed, and nothing was noticed")
	}
}

func (z *zoo) entries(t *testing.T, path string) (list []store.Entry) {
	t.Helper()
	ledger, err := bolt.Open(path, bolt.Options{ReadOnly: true, AcceptFence: true})
	if err != nil {
		t.Fatal(err)
	}
	err = ledger.Each(func(e store.Entry) error { list = append(list, e); return nil })
	if err := errors.Join(err, ledger.Close()); err != nil {
		t.Fatal(err)
	}
	return list
}
