package bench

import (
	"context"
	"flag"
	"os/exec"
	"testing"
	"time"

	"acsync/sync/measure"
	"acsync/sync/sandbox"
)

var benchProgram = flag.String("acsync", "", "a built `program`, such as an older one; none: this checkout's")

// BenchmarkStart starts the built program: what its version costs, and a pass that has nothing to do. The
// wall time of the pass is mostly that it keeps the limit of Agent Connect's data.
func BenchmarkStart(b *testing.B) {
	program := *benchProgram
	if program == "" {
		built, err := measure.Build(b.Context(), b.TempDir(), "acsync")
		if err != nil {
			b.Fatal(err)
		}
		program = built[0]
	}
	b.Run("version", func(b *testing.B) {
		start(b, func(ctx context.Context) (measure.Cost, error) {
			return measure.Run(exec.CommandContext(ctx, program, "version"))
		})
	})
	b.Run("pass", func(b *testing.B) {
		stand, err := measure.Serve(sandbox.Options{Empty: true})
		if err != nil {
			b.Fatal(err)
		}
		defer stand.Close()
		from := time.Now().Add(-time.Hour)
		job := measure.Job{Program: program, Dir: b.TempDir(), Stand: stand, Start: from}
		if err := job.Init(b.Context()); err != nil {
			b.Fatal(err)
		}
		start(b, func(ctx context.Context) (measure.Cost, error) {
			_, cost, err := job.Run(ctx)
			return cost, err
		})
		calls := stand.Calls()
		b.ReportMetric(float64(calls.Kustomer+calls.Data)/float64(b.N), "calls/op")
	})
}

// start starts a program again and again.
func start(b *testing.B, run func(context.Context) (measure.Cost, error)) {
	b.Helper()
	var sum measure.Cost
	for b.Loop() {
		cost, err := run(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		sum = sum.Plus(cost)
	}
	b.ReportMetric(float64(sum.CPU.Microseconds())/float64(sum.Processes), "cpu-µs/op")
	b.ReportMetric(float64(sum.Peak)/(1<<20), "peak-MiB")
}
