package simtest

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/decide"
	"acsync/sync/exit"
	"acsync/sync/rebuild"
	"acsync/sync/verify"
)

// operator is cron, and whoever looks after the program.
type operator struct {
	*world
	copies []backup
}

// backup is a copy of the machine's disk, and what was true when it was made.
type backup struct {
	at       time.Time
	disk     folder
	arrivals int
}

// live is the time in which conversations are marked done, and things go wrong.
func (w *operator) live() {
	for turn := 1; time.Now().Before(w.calm) && turn < 60; turn++ {
		r := w.dice.throw("turn", "", turn)
		pause := between(r, w.habits.every/2, w.habits.every*3/2)
		if r.IntN(12) == 0 {
			w.journal.meets("operator: cron is out for hours")
			pause += between(r, time.Hour, 4*time.Hour)
		}
		doubt := w.last.result.Counts[store.InDoubt] > 0
		if (doubt || w.last.killed || w.last.code == exit.Temporary) && r.IntN(2) == 0 {
			w.journal.meets("operator: the next pass at once")
			pause = between(r, time.Second, pick(r, 10*time.Second, 2*time.Minute))
		}
		time.Sleep(pause)
		w.habits.change(w.dice, turn)
		w.act(r, turn)
	}
}

// newKill is early or late in a process, or where it hurts most.
func newKill(r *rand.Rand) kill {
	step := pick(r, "", "", "begin", "begin done", "finish", "finish done", "ready", "create", "written",
		"commit", "commit done", "search", "gathered", "committed")
	if step == "" {
		return kill{nth: 1 + r.IntN(pick(r, 20, 60, 200))}
	}
	return kill{step, 1 + r.IntN(3)}
}

// act is what happens in a turn.
func (w *operator) act(r *rand.Rand, turn int) {
	killAt, signalled, fails := kill{}, kill{}, 0.0
	switch x := r.Float64(); {
	case x < w.habits.kills:
		killAt = newKill(r)
	case x < w.habits.kills+w.habits.signals:
		signalled = kill{
			pick(r, "ready", "begin", "create", "dial", "write", "written", "written", "finish", "commit", "search"),
			1 + r.IntN(3),
		}
	case r.Float64() < w.habits.fails:
		fails = 0.1
	}
	if w.suspect != nil {
		w.repair(r, killAt)
		return
	}
	switch n := r.IntN(100); {
	case w.habits.restore && n < 12:
		w.putBack(r)
	case n < 60:
		w.perform(w.process("run", killAt, fails), signalled, run)
	case n < 68:
		over := w.someRange(turn)
		if over.From.Before(over.To) {
			w.journal.meets("operator: back-fill")
			_, before, _ := w.entries()
			e := w.perform(
				w.process("backfill", killAt, fails),
				signalled,
				func(ctx context.Context, p *process) outcome {
					return p.backfill(ctx, over)
				},
			)
			if _, after, ok := w.entries(); ok && !after.Checkpoint.Equal(before.Checkpoint) {
				w.journal.wrongf("I4", "%s has moved the checkpoint", e.name)
			}
		}
	case n < 73:
		w.dryRunThenRun()
	case n < 81:
		w.planThenApply(r, killAt)
	case n < 84:
		if w.asks() {
			w.journal.meets("operator: resolve")
			w.perform(w.process("resolve", killAt, 0), kill{},
				func(ctx context.Context, p *process) outcome { return p.resolve(ctx) })
		}
	case n < 87:
		w.settleByHand(killAt)
	case n < 89:
		w.mend(r)
	case n < 93:
		w.overlap()
	default:
		w.copy()
		w.perform(w.process("run", killAt, fails), signalled, run)
	}
}

func run(ctx context.Context, p *process) outcome { return p.run(ctx, func(*surveysync.Options) {}) }

// asks reports whether Agent Connect's data can be asked.
func (w *operator) asks() bool { return w.habits.config.AgentConnect.APISecret.IsSet() }

// dryRunThenRun makes a dry run, and then what it has foretold, where nothing happens in between.
func (w *operator) dryRunThenRun() {
	w.journal.meets("operator: dry run")
	before, err := keep(w.dir)
	began := time.Now()
	dry := w.perform(
		w.process("dry run", kill{}, 0),
		kill{},
		func(ctx context.Context, p *process) outcome { return p.dryRun(ctx) },
	)
	after, failed := keep(w.dir)
	if err == nil && failed == nil {
		w.checkUntouched(dry.name, before, after)
	}
	real := w.perform(w.process("run", kill{}, 0), kill{}, run)
	w.checkForetold(dry, real, began)
}

// planThenApply saves a plan, lets something happen or not, and carries it out.
func (w *operator) planThenApply(r *rand.Rand, killAt kill) {
	w.journal.meets("operator: plan and apply")
	made := w.perform(
		w.process("plan", kill{}, 0),
		kill{},
		func(ctx context.Context, p *process) outcome { return p.makePlan(ctx) },
	)
	if made.plan == nil {
		return
	}
	switch r.IntN(5) {
	case 0:
		w.journal.meets("operator: plan behind which others send")
		w.perform(w.process("run", kill{}, 0), kill{}, run)
	case 1, 2:
		w.journal.meets("operator: plan of an hour ago")
		time.Sleep(time.Hour)
	case 3:
		w.journal.meets("operator: plan that has expired")
		time.Sleep(25 * time.Hour)
	}
	began := time.Now()
	applied := w.perform(w.process("apply", killAt, 0), kill{}, func(ctx context.Context, p *process) outcome {
		return p.apply(ctx, *made.plan)
	})
	w.checkApplied(*made.plan, began, applied.name)
	if !made.plan.Expires.After(began) && w.numbers.begun(applied.name) > 0 {
		w.journal.wrongf("I6", "%s has sent by a plan that has expired", applied.name)
	}
}

// settleByHand lets an operator look at Agent Connect, and say of each doubt what is true.
func (w *operator) settleByHand(killAt kill) {
	entries, _, ok := w.entries()
	if !ok {
		return
	}
	arrived, lost := w.truth(entries)
	if len(arrived) > 0 {
		w.journal.meets("operator: resolve --accept")
		w.perform(w.process("resolve --accept", killAt, 0), kill{}, func(ctx context.Context, p *process) outcome {
			return p.byHand(ctx, verify.Accept, arrived)
		})
	}
	if len(lost) > 0 {
		w.journal.meets("operator: resolve --resend")
		w.perform(w.process("resolve --resend", kill{}, 0), kill{}, func(ctx context.Context, p *process) outcome {
			return p.byHand(ctx, verify.Resend, lost)
		})
	}
}

// retryByHand lets an operator look at Agent Connect, and take up again what was given up and is not there.
func (w *operator) retryByHand() {
	entries, _, ok := w.entries()
	if !ok {
		return
	}
	var ids []string
	for _, e := range entries {
		if e.State == store.Rejected && decide.Reason(e.Reason) == decide.GaveUp && !w.has(e) {
			ids = append(ids, named(e))
		}
	}
	if len(ids) == 0 {
		return
	}
	w.journal.meets("operator: retry --may-have-arrived")
	w.perform(w.process("retry --id", kill{}, 0), kill{}, func(ctx context.Context, p *process) outcome {
		return p.retry(ctx, verify.RetryOptions{Refusals: verify.Refusals{IDs: ids}, MayHaveArrived: true})
	})
}

// mend sets right at Agent Connect what it refuses, and takes up again what it has refused.
func (w *operator) mend(r *rand.Rand) {
	w.journal.meets("operator: retry")
	w.mended, w.retried = true, true
	reasons := []decide.Reason{decide.EmployeeNotFound, decide.GaveUp, decide.Refused}
	if dry := r.IntN(2) == 0; dry {
		before, err := keep(w.dir)
		e := w.perform(
			w.process("retry --dry-run", kill{}, 0),
			kill{},
			func(ctx context.Context, p *process) outcome {
				return p.retry(ctx, verify.RetryOptions{Refusals: verify.Refusals{Reasons: reasons}, DryRun: true})
			},
		)
		if after, failed := keep(w.dir); err == nil && failed == nil {
			w.checkUntouched(e.name, before, after)
		}
	}
	w.perform(w.process("retry", kill{}, 0), kill{}, func(ctx context.Context, p *process) outcome {
		return p.retry(ctx, verify.RetryOptions{Refusals: verify.Refusals{Reasons: reasons}})
	})
}

// overlap begins a second pass while the first is under way.
func (w *operator) overlap() {
	w.journal.meets("operator: overlapping passes")
	first, second := w.process("run", kill{}, 0), w.process("run", kill{}, 0)
	over := make(chan endedProcess)
	w.numbers.run(1)
	go func() { over <- endedProcess{name: first.name, outcome: run(context.Background(), first)} }()
	time.Sleep(w.dice.nanoseconds("overlap", first.name, 0) * 500)
	w.perform(second, kill{}, run)
	e := <-over
	w.network.hangUp(first.name)
	w.journal.note("%s ends: %s", e.name, e.told(w.dir))
	w.checkProcess(first, e)
	w.numbers.run(-1)
}

// copy keeps a copy of the disk, as backups of machines are made: while nothing runs.
func (w *operator) copy() {
	if disk, err := keep(w.dir); err == nil {
		w.copies = append(w.copies, backup{time.Now(), disk, len(w.receiver.all())})
	}
}

// putBack puts an older copy back: the ledger alone, its folder, or the whole machine.
func (w *operator) putBack(r *rand.Rand) {
	if len(w.copies) == 0 {
		w.copy()
		return
	}
	copied := pick(r, w.copies...)
	before, err := keep(w.dir)
	if err != nil {
		return
	}
	what := pick(r, "ledger alone", "folder", "machine", "nothing")
	// Nothing but Agent Connect's data can tell of a machine that was put back.
	if what == "machine" && (!w.asks() || !w.habits.config.AgentConnect.Stamp) {
		what = "folder"
	}
	// Those show what was sent last.
	time.Sleep(w.receiver.lag + time.Minute)
	now := folder{}
	for name, text := range before {
		kept := (what == "ledger alone" || what == "nothing") && name != filepath.Join("ledger", "acsync.db") ||
			what == "folder" && filepath.Dir(name) != "ledger"
		if kept {
			now[name] = text
		}
	}
	for name, text := range copied.disk {
		if _, kept := now[name]; !kept && what != "nothing" {
			now[name] = text
		}
	}
	if err := now.put(w.dir); err != nil {
		w.journal.failf("the older copy cannot be put back: %v", err)
		return
	}
	w.whole = w.whole || what == "machine"
	w.journal.meets("disk: put back: " + what)
	w.journal.note("the %s is put back from %s", what, since(w.began, copied.at))
	w.suspect = &suspicion{
		what:   what,
		before: before,
		since:  len(w.receiver.all()) - copied.arrivals,
		copied: copied.disk,
	}
}

// repair is what follows on a copy that was put back: the next pass has to refuse, and an operator repairs
// it.
func (w *operator) repair(r *rand.Rand, killAt kill) {
	e := w.perform(w.process("run", kill{}, 0), kill{}, run)
	switch {
	case !serious(e.code) && w.suspect.since == 0 && w.suspect.what != "nothing":
		w.suspect = nil // nothing was sent since the copy was made
		return
	case !serious(e.code):
		return // it came to nothing; checkProcess looks whether it has sent
	}
	if !w.asks() {
		// Without the secret only what was there before is known to be true.
		w.journal.note("what was there before is put there again")
		if err := w.suspect.before.put(w.dir); err != nil {
			w.journal.failf("what was there cannot be put back: %v", err)
		}
		w.suspect = nil
		return
	}
	command, do := "rebuild", act(func(ctx context.Context, p *process) outcome {
		return p.rebuild(ctx, rebuild.Options{})
	})
	if copied := w.copyOf(); e.code == exit.LedgerMissing || r.IntN(3) == 0 {
		command, do = "restore", func(ctx context.Context, p *process) outcome { return p.restore(ctx, copied) }
	}
	w.journal.meets("operator: " + command)
	if repaired := w.perform(w.process(command, killAt, 0), kill{}, do); !repaired.killed &&
		repaired.err == nil {
		w.suspect = nil
	}
}

// copyOf is a file with the ledger as the copy has it.
func (w *operator) copyOf() string {
	path := filepath.Join(filepath.Dir(w.dir), "copy.db")
	if err := os.WriteFile(path, w.suspect.copied[filepath.Join("ledger", "acsync.db")], 0o600); err != nil {
		w.journal.failf("the copy of the ledger cannot be written: %v", err)
	}
	return path
}

// rest is the time in which nothing goes wrong any more: passes come to an end with everything, and an
// operator with what needs a hand.
func (w *operator) rest() {
	if left := time.Until(w.calm); left > 0 {
		time.Sleep(left)
	}
	w.journal.note("from here on nothing goes wrong")
	w.habits.config.Sync.MaxPerRun, w.habits.config.Sync.MaxErrorRate = 5000, 1
	w.mended = true
	for n := 0; w.suspect != nil && n < 5; n++ {
		w.repair(w.dice.throw("repair", "", n), kill{})
		time.Sleep(10 * time.Minute)
	}
	for range 3 {
		w.perform(w.process("run", kill{}, 0), kill{}, run)
		time.Sleep(2*time.Hour + 10*time.Minute)
	}
	w.mend(w.dice.throw("mend", "", -1))
	w.settleByHand(kill{})
	for _, pause := range []time.Duration{time.Hour, 7 * time.Hour, 25 * time.Hour, time.Hour} {
		w.perform(w.process("run", kill{}, 0), kill{}, run)
		time.Sleep(pause)
	}
	w.settleByHand(kill{})
	// What was given up since then, too.
	w.mend(w.dice.throw("mend", "", -2))
	w.retryByHand()
	w.perform(w.process("run", kill{}, 0), kill{}, run)
}
