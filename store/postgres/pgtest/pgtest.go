// Package pgtest runs PostgreSQL servers for tests: real ones, on loopback, in temporary directories, as a
// user without rights. Where no server is installed, tests are skipped; with CI=true they fail.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// The roles of every cluster. The first may do anything, the second owns the tables, the third works with
// them.
const (
	Super = "postgres"
	Owner = "acsync_owner"
	Plain = "acsync"
)

// patience is how long a server may take to start, or to stop.
const patience = time.Minute

// Cluster is a PostgreSQL server with its data. It is for one goroutine, but for URL and Fresh.
type Cluster struct {
	Dir  string // of its data
	Port int

	settings []string // "name=value"
	server   *exec.Cmd
	ended    chan struct{}
	made     sync.Once
	failed   error
	copies   atomic.Int64
}

// Find gives the directory of the server's programs, the newest where there are several.
func Find(t testing.TB) string {
	t.Helper()
	list, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	slices.SortFunc(list, func(a, b string) int { return version(b) - version(a) })
	if path, err := exec.LookPath("initdb"); err == nil && len(list) == 0 {
		list = append(list, path)
	}
	if len(list) > 0 {
		return filepath.Dir(list[0])
	}
	Missing(t, "PostgreSQL (Debian's postgresql)")
	return ""
}

// Missing skips a test because a program is not installed, or fails it where all have to be.
func Missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed", what)
	}
	t.Skipf("%s is not installed", what)
}

func version(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return n
}

// New makes a cluster of a test's own and starts it; it is gone when the test has ended. Settings are
// "name=value".
func New(t testing.TB, settings ...string) *Cluster {
	t.Helper()
	c := Empty(t, settings...)
	if err := c.make(Find(t)); err != nil {
		t.Fatal(err)
	}
	c.Start(t)
	return c
}

// Empty is a cluster of a test's own without data, for whoever brings them.
func Empty(t testing.TB, settings ...string) *Cluster {
	t.Helper()
	Find(t)
	c := &Cluster{settings: settings}
	if err := c.place(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.stop(syscall.SIGQUIT)
		_ = os.RemoveAll(c.Dir)
	})
	return c
}

// place finds the cluster a directory, which belongs to whoever runs the server, and a port.
func (c *Cluster) place() (err error) {
	if c.Dir, err = os.MkdirTemp("", "pgtest"); err != nil {
		return err
	}
	if err := giveAway(c.Dir); err != nil {
		return err
	}
	c.Port, err = FreePort()
	return err
}

// FreePort gives a port of loopback on which nobody listens.
func FreePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}

// Command is one of the server's programs, to be run as whoever runs the server.
func (c *Cluster) Command(bin, name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(bin, name), args...)
	if _, err := os.Stat(cmd.Path); err != nil {
		cmd = exec.Command(name, args...)
	}
	cmd.Dir = c.Dir
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "HOME="+c.Dir)
	cmd.SysProcAttr = processOf()
	return cmd
}

// Run runs one of the server's programs to its end.
func (c *Cluster) Run(t testing.TB, name string, args ...string) {
	t.Helper()
	if out, err := c.Command(Find(t), name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}

func (c *Cluster) make(bin string) error {
	out, err := c.Command(bin, "initdb", "-D", c.Dir, "-U", Super, "-A", "trust", "-E", "UTF8",
		"--locale=C.UTF-8", "--no-sync", "--no-instructions").CombinedOutput()
	if err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return nil
}

// Start starts the server, and waits until it answers.
func (c *Cluster) Start(t testing.TB) {
	t.Helper()
	if err := c.start(Find(t)); err != nil {
		t.Fatal(err)
	}
}

func (c *Cluster) start(bin string) error {
	args := []string{"-D", c.Dir, "-p", strconv.Itoa(c.Port), "-h", "127.0.0.1", "-k", ""}
	usual := []string{"max_connections=200", "autovacuum_naptime=1h", "wal_level=replica"}
	for _, s := range append(usual, c.settings...) {
		args = append(args, "-c", s)
	}
	log, err := os.OpenFile(c.Dir+".log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := c.Command(bin, "postgres", args...)
	cmd.Stdout, cmd.Stderr = log, log
	ended, started := make(chan struct{}), make(chan error)
	// A server must not outlive a test binary that is killed; the system ends it with the thread that started
	// it.
	go func() {
		runtime.LockOSThread()
		endWithParent(cmd.SysProcAttr)
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
		close(ended)
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("start PostgreSQL: %w", err)
	}
	c.server, c.ended = cmd, ended
	for until := time.Now().Add(patience); ; {
		select {
		case <-ended:
			text, _ := os.ReadFile(c.Dir + ".log")
			return fmt.Errorf("PostgreSQL has ended:\n%s", text)
		case <-time.After(20 * time.Millisecond):
		}
		err := c.answers()
		if err == nil {
			return nil
		}
		if time.Now().After(until) {
			return fmt.Errorf("PostgreSQL does not answer: %w", err)
		}
	}
}

func (c *Cluster) answers() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, c.URL(Super, "postgres"))
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

// Crash ends the server without giving it time for anything, as a crash does.
func (c *Cluster) Crash() { c.stop(syscall.SIGQUIT) }

// Stop ends the server as its operator does; what is connected is cut off.
func (c *Cluster) Stop() { c.stop(syscall.SIGINT) }

func (c *Cluster) stop(signal syscall.Signal) {
	if c.server == nil {
		return
	}
	_ = c.server.Process.Signal(signal)
	select {
	case <-c.ended:
	case <-time.After(patience):
		_ = c.server.Process.Kill()
		<-c.ended
	}
	_ = os.Remove(c.Dir + ".log")
	c.server = nil
}

// URL is the address of a database for a role.
func (c *Cluster) URL(role, database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.User(role), Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(c.Port)),
		Path: "/" + database, RawQuery: "sslmode=disable",
	}
	return u.String()
}

// Exec carries out statements as the role that may do anything, each in a transaction of its own.
func (c *Cluster) Exec(t testing.TB, database string, statements ...string) {
	t.Helper()
	if err := c.exec(database, statements...); err != nil {
		t.Fatal(err)
	}
}

func (c *Cluster) exec(database string, statements ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, c.URL(Super, database))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for _, s := range statements {
		if _, err := conn.Exec(ctx, s); err != nil {
			return fmt.Errorf("%.60s: %w", s, err)
		}
	}
	return nil
}

const template = "acsync_template"

// Fresh makes a database of a test's own, and gives its name. Prepare, which makes the tables, is called once
// for a cluster, with the address for their owner.
func (c *Cluster) Fresh(t testing.TB, prepare func(url string) error) string {
	t.Helper()
	c.made.Do(func() {
		c.failed = c.exec("postgres", "create role "+Owner+" login", "create role "+Plain+" login",
			"create database "+template+" owner "+Owner)
		if c.failed == nil {
			c.failed = prepare(c.URL(Owner, template))
		}
	})
	if c.failed != nil {
		t.Fatal(c.failed)
	}
	name := fmt.Sprintf("test_%d", c.copies.Add(1))
	copying.Lock()
	defer copying.Unlock()
	// Whoever has prepared it may be on its way out yet.
	err := c.exec("postgres", "create database "+name+" template "+template+" owner "+Owner)
	for until := time.Now().Add(patience); err != nil && time.Now().Before(until); {
		time.Sleep(50 * time.Millisecond)
		err = c.exec("postgres", "create database "+name+" template "+template+" owner "+Owner)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.exec("postgres", "drop database if exists "+name+" with (force)") })
	return name
}

// copying keeps two copies of one template apart, of which the server refuses the second.
var copying sync.Mutex

// shared is the cluster of a test binary.
var shared struct {
	sync.Mutex
	*Cluster
	err error
}

// Prepare starts the shared cluster before any test, makes a database in it, and gives the address for the
// plain role. Prepare makes the tables, with the address for their owner. Where no server is installed it is
// an error.
func Prepare(prepare func(url string) error) (url string, err error) {
	b := &bare{}
	defer func() {
		// What a test would be told.
		if recover() != nil || b.failed != "" {
			err = errors.New(b.failed)
		}
	}()
	c := Shared(b)
	return c.URL(Plain, c.Fresh(b, prepare)), nil
}

// bare is a test before any test.
type bare struct {
	testing.TB
	failed string
}

func (b *bare) Helper()        {}
func (b *bare) Cleanup(func()) {}

func (b *bare) fail(text string) {
	b.failed = text
	panic(text)
}

func (b *bare) Fatal(args ...any)                 { b.fail(fmt.Sprint(args...)) }
func (b *bare) Fatalf(format string, args ...any) { b.fail(fmt.Sprintf(format, args...)) }
func (b *bare) Skipf(format string, args ...any)  { b.fail(fmt.Sprintf(format, args...)) }

// Shared is the one cluster of a test binary, whose TestMain calls Main.
func Shared(t testing.TB) *Cluster {
	t.Helper()
	bin := Find(t)
	shared.Lock()
	defer shared.Unlock()
	if shared.Cluster == nil && shared.err == nil {
		c := &Cluster{}
		shared.err = c.place()
		if shared.err == nil {
			shared.err = c.make(bin)
		}
		if shared.err == nil {
			shared.err = c.start(bin)
		}
		shared.Cluster = c
	}
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.Cluster
}

// Main runs the tests of a package, and takes its shared cluster away.
func Main(m *testing.M) int {
	code := m.Run()
	shared.Lock()
	defer shared.Unlock()
	if c := shared.Cluster; c != nil {
		c.stop(syscall.SIGQUIT)
		if err := os.RemoveAll(c.Dir); err != nil && !errors.Is(err, os.ErrNotExist) {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	return code
}

// Text is the log of the server, for a test that fails.
func (c *Cluster) Text() string {
	text, _ := os.ReadFile(c.Dir + ".log")
	return strings.TrimSpace(string(text))
}
