//go:build unix

package bench

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"acsync/store"
	"acsync/store/bolt"
	surveysync "acsync/sync"
	"acsync/sync/config"
	"acsync/sync/dryrun"
	"acsync/sync/measure"
	"acsync/sync/sandbox"
	"acsync/sync/tenant"
)

var (
	benchAmount = flag.Int("conversations", 2000, "of each pass")
	benchFlight = flag.Int("concurrency", 8, "survey requests at the same time")
)

// standVariable is set in the process that serves the stand-ins: this test's own program, started once more,
// so that their processor time is none of the pass's.
const standVariable = "ACSYNC_BENCH_STAND"

func TestMain(m *testing.M) {
	if perHour, err := strconv.Atoi(os.Getenv(standVariable)); err == nil {
		if err := serve(perHour); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// stand is where the stand-ins are.
type stand struct {
	Org, Kustomer, KustomerKey, Connect, ConnectKey string
}

// span is the time within which the conversations of a pass were marked done.
const span = 2 * time.Hour

// serve serves stand-ins until the benchmark closes the standard input.
func serve(perHour int) error {
	s, err := measure.Serve(sandbox.Options{Seed: 1, PerHour: perHour, Busy: span + time.Hour})
	if err != nil {
		return err
	}
	defer s.Close()
	err = json.NewEncoder(os.Stdout).Encode(stand{
		s.Org(), s.KustomerURL(), s.KustomerKey(), s.AgentConnectURL(), s.AgentConnectKey(),
	})
	_, ended := io.Copy(io.Discard, os.Stdin)
	return errors.Join(err, ended)
}

// startStand starts the stand-ins in a process of their own.
func startStand(tb testing.TB, conversations int) stand {
	tb.Helper()
	self, err := os.Executable()
	if err != nil {
		tb.Fatal(err)
	}
	perHour := int(math.Ceil(float64(conversations) / span.Hours()))
	cmd := exec.CommandContext(tb.Context(), self)
	cmd.Env, cmd.Stderr = append(os.Environ(), fmt.Sprintf("%s=%d", standVariable, perHour)), os.Stderr
	in, first := cmd.StdinPipe()
	out, second := cmd.StdoutPipe()
	if err := errors.Join(first, second, cmd.Start()); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadBytes('\n')
	var s stand
	if err = errors.Join(err, json.Unmarshal(line, &s)); err != nil {
		tb.Fatal(err)
	}
	return s
}

// configuration is the default one, but for the pace.
func (s stand) configuration() config.Config {
	const most = 100_000 // requests a minute
	cfg := config.Default()
	cfg.Kustomer.Org, cfg.Kustomer.BaseURL = s.Org, s.Kustomer
	cfg.Kustomer.APIKey = config.NewSecret(s.KustomerKey)
	cfg.Kustomer.RequestsPerMinute, cfg.Kustomer.SearchesPerMinute = most, most
	cfg.AgentConnect.BaseURL, cfg.AgentConnect.APIKey = s.Connect, config.NewSecret(s.ConnectKey)
	cfg.AgentConnect.RequestsPerMinute, cfg.AgentConnect.Concurrency = most, *benchFlight
	cfg.Sync.MaxPerRun = math.MaxInt32
	return cfg
}

// spent is what a pass has taken.
type spent struct {
	found   int
	cpu     time.Duration
	allocs  uint64
	bytes   uint64 // allocated
	disk    int64  // bytes written, of which a file system in memory tells nothing
	commits int
	calls   tenant.Calls
}

func (s spent) plus(o spent) spent {
	s.found, s.cpu, s.commits = s.found+o.found, s.cpu+o.cpu, s.commits+o.commits
	s.allocs, s.bytes, s.disk = s.allocs+o.allocs, s.bytes+o.bytes, s.disk+o.disk
	s.calls.Kustomer += o.calls.Kustomer
	s.calls.AgentConnect += o.calls.AgentConnect
	return s
}

// pass makes the first pass of a new ledger over the stand-ins' conversations, a dry run or not.
func pass(tb testing.TB, s stand, dry bool) spent {
	tb.Helper()
	cfg := s.configuration()
	clients, err := tenant.Connect(cfg, "acsync-bench", slog.New(slog.DiscardHandler))
	if err != nil {
		tb.Fatal(err)
	}
	path := filepath.Join(tb.TempDir(), "acsync.db")
	if err := bolt.Create(path, time.Now().Add(-span)); err != nil {
		tb.Fatal(err)
	}
	ledger, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	defer ledger.Close()
	e := &surveysync.Engine{
		Source: clients.Kustomer, Directory: clients.Kustomer, Sender: clients.AgentConnect, Ledger: ledger,
		Observer: unheard{}, Options: tenant.Options(cfg),
	}
	if dry {
		e.Sender, e.Ledger, e.Options.DryRun = dryrun.Sender{}, &dryrun.Ledger{ReadLedger: ledger}, true
	}
	before := now(tb, ledger)
	result, err := e.Run(tb.Context())
	after := now(tb, ledger)
	if err != nil || !result.Accounted() || !dry && result.Counts[store.Accepted] < result.Found*3/5 {
		tb.Fatalf("%d found, %d accepted: %v", result.Found, result.Counts[store.Accepted], err)
	}
	return spent{
		result.Found, after.cpu - before.cpu, after.allocs - before.allocs, after.bytes - before.bytes,
		after.disk - before.disk, after.commits - before.commits, clients.Calls(),
	}
}

type unheard struct{}

// Observe does nothing.
func (unheard) Observe(surveysync.Event) {}

// now is what this process has taken so far.
func now(tb testing.TB, ledger *bolt.Ledger) spent {
	tb.Helper()
	info, err := ledger.Info()
	if err != nil {
		tb.Fatal(err)
	}
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		tb.Fatal(err)
	}
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return spent{
		cpu:    time.Duration(usage.Utime.Nano() + usage.Stime.Nano()),
		allocs: memory.Mallocs, bytes: memory.TotalAlloc, disk: written(), commits: int(info.Transaction),
	}
}

// written is how many bytes this process has let be written to disk, as Linux counts them; 0 elsewhere.
func written() int64 {
	text, _ := os.ReadFile("/proc/self/io")
	for line := range bytes.Lines(text) {
		if after, ok := bytes.CutPrefix(line, []byte("write_bytes: ")); ok {
			n, _ := strconv.ParseInt(string(bytes.TrimSpace(after)), 10, 64)
			return n
		}
	}
	return 0
}

func benchmarkPass(b *testing.B, dry bool) {
	s := startStand(b, *benchAmount)
	pass(b, s, dry) // what is made once, such as connections
	var sum spent
	for b.Loop() {
		sum = sum.plus(pass(b, s, dry))
	}
	each := func(n float64) float64 { return n / float64(sum.found) }
	b.ReportMetric(each(float64(sum.cpu.Microseconds())), "cpu-µs/conversation")
	b.ReportMetric(each(float64(sum.allocs)), "objects/conversation")
	b.ReportMetric(each(float64(sum.bytes)), "heap-B/conversation")
	b.ReportMetric(each(float64(sum.calls.Kustomer)), "kustomer-calls/conversation")
	if !dry {
		b.ReportMetric(each(float64(sum.calls.AgentConnect)), "requests/conversation")
		b.ReportMetric(each(float64(sum.commits)), "commits/conversation")
		if sum.disk > 0 {
			b.ReportMetric(each(float64(sum.disk)), "disk-B/conversation")
		}
	}
}

// BenchmarkRun makes whole passes with the real clients and the real ledger, of which each conversation takes
// so much.
func BenchmarkRun(b *testing.B) { benchmarkPass(b, false) }

// BenchmarkDryRun makes the same passes without sending or writing.
func BenchmarkDryRun(b *testing.B) { benchmarkPass(b, true) }

// What a pass may allocate for each conversation.
const (
	mostPlanned = 130     // objects of a dry run
	mostSent    = 130_000 // bytes of a run
)

// TestCounts holds what does not depend on the machine: how often a pass calls, how often it commits, and how
// much it leaves to the collector.
func TestCounts(t *testing.T) {
	if testing.Short() {
		t.Skip("it counts calls, which no race changes")
	}
	s := startStand(t, 600)
	run, dry := pass(t, s, false), pass(t, s, true)
	if calls := float64(run.calls.Kustomer) / float64(run.found); calls > 0.05 {
		t.Errorf("%.3f calls to Kustomer a conversation, at most 0.05 are allowed", calls)
	}
	if run.calls.AgentConnect > run.found || run.calls.AgentConnect < run.found*3/5 {
		t.Errorf("%d survey requests for %d conversations", run.calls.AgentConnect, run.found)
	}
	// An intent and an outcome for each request, and a handful for the windows.
	if most := 2*run.calls.AgentConnect + 20; run.commits > most || run.commits == 0 {
		t.Errorf("%d commits for %d survey requests", run.commits, run.calls.AgentConnect)
	}
	if dry.commits != 0 || dry.calls.AgentConnect != 0 || dry.calls.Kustomer > run.calls.Kustomer {
		t.Errorf("a dry run makes %d commits and %+v calls, the run %+v", dry.commits, dry.calls, run.calls)
	}
	if objects := dry.allocs / uint64(dry.found); objects > mostPlanned {
		t.Errorf("a dry run makes %d objects a conversation, at most %d are allowed", objects, mostPlanned)
	}
	if size := run.bytes / uint64(run.found); size > mostSent {
		t.Errorf("a run allocates %d bytes a conversation, at most %d are allowed", size, mostSent)
	}
}
