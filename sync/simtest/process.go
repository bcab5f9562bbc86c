package simtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/config"
	"acsync/sync/dryrun"
	"acsync/sync/exit"
	"acsync/sync/fetch"
	"acsync/sync/httpx"
	"acsync/sync/plan"
	"acsync/sync/rebuild"
	"acsync/sync/tenant"
	"acsync/sync/verify"
)

// process is one call of the program.
type process struct {
	name    string
	turn    int // the how manieth it is
	gate    *gate
	config  config.Config
	dir     string // of the ledger and all that belongs to it
	network *network
	fails   float64 // share of writes that fail
	reach   fetch.PageLimits
	given   func(process string, key store.Key, number uint64)
	began   func(process string, open func() ([]store.Entry, error)) // the ledger is open for a pass
	log     *logbook
}

// logbook is what a process has logged.
type logbook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write takes a line.
func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logbook) bytes() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Clone(l.text.Bytes())
}

func (p *process) tenant() *tenant.Tenant {
	return &tenant.Tenant{
		Config: p.config, Name: "simulation", Env: []string{"XDG_STATE_HOME=" + filepath.Join(p.dir, "state")},
		Dial: p.network.dialer(p.gate),
	}
}

func (p *process) logger() *slog.Logger {
	var to io.Writer = p.log
	return slog.New(slog.NewTextHandler(to, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// pass makes a pass as the commands do.
func (p *process) pass(
	ctx context.Context,
	prepare func(*tenant.Tenant, *surveysync.Options) error,
) (o outcome) {
	t := p.tenant()
	engine := &surveysync.Engine{Options: tenant.Options(p.config), Reach: p.reach}
	engine.Options.Mode, engine.Options.Pass = "run", p.passID()
	if err := prepare(t, &engine.Options); err != nil {
		return ended(err)
	}
	clients, err := t.Connect("acsync/simulated", p.logger())
	if err != nil {
		return ended(err)
	}
	t.Attach(engine, clients)
	engine.Source, engine.Directory = source{clients.Kustomer, p.gate}, source{clients.Kustomer, p.gate}
	closeLedger, err := p.attach(t, engine, clients)
	if err != nil {
		return ended(err)
	}
	o.result, o.err = engine.Run(ctx)
	o.code = exit.Code(o.result.Exit)
	if err := closeLedger(); err != nil {
		o.err = errors.Join(o.err, err)
		if o.code == exit.Done {
			o.code = exit.Or(err, exit.Failed)
		}
	}
	return o
}

// passID is that of the pass that the process makes.
func (p *process) passID() string {
	return fmt.Sprintf("%s-%04x", time.Now().UTC().Format("20060102T150405Z"), p.turn)
}

// attach gives an engine its ledger.
func (p *process) attach(
	t *tenant.Tenant, engine *surveysync.Engine, clients *tenant.Clients,
) (closeLedger func() error, err error) {
	if err := p.gate.pass("open", ""); err != nil {
		return nil, err
	}
	if engine.Options.DryRun {
		below, closeLedger, err := t.ReadLedger()
		if err != nil {
			return nil, err
		}
		engine.Ledger, engine.Observer = &dryrun.Ledger{ReadLedger: below}, deaf{}
		return closeLedger, nil
	}
	ledger, err := t.OpenLedger()
	if err != nil {
		return nil, err
	}
	p.slowDown(ledger)
	heart := tenant.StartHeartbeat(ledger, engine.Options.Mode, clients.WaitingFor)
	shared := t.Share(ledger, engine.Options.Mode, tenant.Access{}, heart)
	engine.Sender = sender{clients.AgentConnect, p.gate}
	engine.Ledger, engine.Turns, engine.Observer = &steps{
		Shared: shared, gate: p.gate, fails: p.fails,
		given: func(key store.Key, number uint64) { p.given(p.name, key, number) },
	}, shared, heart
	engine.Backups = t.Backups(shared)
	p.began(p.name, func() ([]store.Entry, error) { return shared.OpenIntents() })
	closeLedger = heart.Before(shared.Close)
	if err := p.gate.pass("opened", ""); err != nil {
		return nil, errors.Join(err, closeLedger())
	}
	return closeLedger, nil
}

// slowDown lets a commit take its time, so that those that come meanwhile share the next, and a kill can fall
// between the one and the other.
func (p *process) slowDown(ledger tenant.Ledger) {
	ledger.(interface {
		OnCommit(func(committed bool) error)
	}).OnCommit(func(committed bool) error {
		if committed {
			return p.gate.pass("committed", "")
		}
		r := p.gate.dice.throw(p.name+" disk", "", p.gate.counts.next("disk"))
		time.Sleep(pick(r, 5*time.Millisecond, 20*time.Millisecond, 20*time.Millisecond, time.Second))
		return p.gate.pass("gathered", "")
	})
}

// deaf hears of nothing.
type deaf struct{}

// Observe does nothing.
func (deaf) Observe(surveysync.Event) {}

// ended is how a process ends that comes to no report.
func ended(err error) outcome {
	if err == nil {
		return outcome{}
	}
	return outcome{code: exit.Or(err, exit.Failed), err: err}
}

// run is a pass from the checkpoint.
func (p *process) run(ctx context.Context, change func(*surveysync.Options)) outcome {
	return p.pass(ctx, func(_ *tenant.Tenant, o *surveysync.Options) error {
		change(o)
		return nil
	})
}

// backfill is a pass over a range.
func (p *process) backfill(ctx context.Context, over fetch.Window) outcome {
	return p.run(ctx, func(o *surveysync.Options) {
		o.Mode, o.Range, o.Policy.MaxAge = "backfill", over, 0
	})
}

// dryRun is a pass that sends and writes nothing.
func (p *process) dryRun(ctx context.Context) outcome {
	return p.run(ctx, func(o *surveysync.Options) { o.DryRun = true })
}

// makePlan is a dry run that is kept for apply.
func (p *process) makePlan(ctx context.Context) outcome {
	planner := surveysync.NewPlanner(receiverKey)
	t := p.tenant()
	engine := &surveysync.Engine{Options: tenant.Options(p.config), Reach: p.reach}
	engine.Options.Mode, engine.Options.DryRun, engine.Options.Pass = "plan", true, p.passID()
	clients, err := t.Connect("acsync/simulated", p.logger())
	if err != nil {
		return ended(err)
	}
	t.Attach(engine, clients)
	engine.Source, engine.Directory = source{clients.Kustomer, p.gate}, source{clients.Kustomer, p.gate}
	closeLedger, err := p.attach(t, engine, clients)
	if err != nil {
		return ended(err)
	}
	engine.Observer = planner
	result, err := engine.Run(ctx)
	o := outcome{result: result, code: exit.Code(result.Exit), err: err}
	if info, failed := engine.Ledger.Info(); err == nil && failed == nil {
		made, err := planner.Plan(result, info, t.PlanTerms(time.Now()), 24*time.Hour)
		if o.err = err; err == nil {
			o.plan = &made
		}
	}
	o.err = errors.Join(o.err, closeLedger())
	return o
}

// apply carries out a plan.
func (p *process) apply(ctx context.Context, made plan.Plan) outcome {
	return p.pass(ctx, func(t *tenant.Tenant, o *surveysync.Options) error {
		text, err := plan.Marshal(made)
		if err != nil {
			return err
		}
		read, err := plan.Read(text, t.PlanTerms(time.Now()))
		if err != nil {
			return err
		}
		o.Mode, o.Plan = "apply", &read
		return nil
	})
}

// withLedger opens the ledger for a command that makes no pass.
func (p *process) withLedger(
	a tenant.Access,
	act func(*tenant.Tenant, tenant.Ledger, *tenant.Clients) error,
) (o outcome) {
	if err := p.gate.pass("open", ""); err != nil {
		return ended(err)
	}
	t := p.tenant()
	clients, err := t.Connect("acsync/simulated", p.logger())
	if err != nil {
		return ended(err)
	}
	ledger, err := t.Open(a)
	if err != nil {
		return ended(err)
	}
	closeLedger := ledger.Close
	if !a.ReadOnly {
		closeLedger = tenant.StartHeartbeat(ledger, "command", clients.WaitingFor).Before(ledger.Close)
	}
	err = p.gate.pass("opened", "")
	if err == nil {
		err = act(t, ledger, clients)
	}
	return ended(errors.Join(err, closeLedger()))
}

// resolve lets Agent Connect's data settle what is in doubt.
func (p *process) resolve(ctx context.Context) (o outcome) {
	var settled []verify.Settled
	o = p.withLedger(tenant.Access{}, func(t *tenant.Tenant, l tenant.Ledger, c *tenant.Clients) (err error) {
		settled, err = verify.Verify(ctx, l, t.Verification(c))
		return err
	})
	o.text = settledText(settled)
	return o
}

// byHand carries out what an operator has decided about conversations.
func (p *process) byHand(ctx context.Context, action verify.Action, ids []string) (o outcome) {
	var settled []verify.Settled
	o = p.withLedger(tenant.Access{}, func(_ *tenant.Tenant, l tenant.Ledger, _ *tenant.Clients) (err error) {
		settled, err = verify.Resolve(ctx, l, verify.Selection{IDs: ids}, action)
		return err
	})
	o.text = settledText(settled)
	return o
}

func settledText(settled []verify.Settled) string {
	var parts []string
	for _, s := range settled {
		parts = append(
			parts,
			fmt.Sprintf("%s %s->%s %s%s", s.Conversation, s.Before, s.State, s.Standing, s.Refusal),
		)
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}

// retry takes up again what was refused for a cause that has been mended.
func (p *process) retry(ctx context.Context, o verify.RetryOptions) (out outcome) {
	taken := 0
	out = p.withLedger(
		tenant.Access{ReadOnly: o.DryRun},
		func(t *tenant.Tenant, l tenant.Ledger, c *tenant.Clients) error {
			var v verify.Verification
			if t.Remembers() {
				v = t.Verification(c)
			}
			reopened, err := verify.Retry(ctx, l, o, v)
			for _, each := range reopened {
				if each.Changed() {
					taken++
				}
			}
			return err
		},
	)
	out.text = fmt.Sprintf("%d taken up again", taken)
	return out
}

// rebuild learns from Agent Connect who was asked.
func (p *process) rebuild(ctx context.Context, o rebuild.Options) (out outcome) {
	var done rebuild.Result
	o.Stamped = p.config.AgentConnect.Stamp
	out = p.withLedger(
		tenant.Access{AcceptRestored: true},
		func(_ *tenant.Tenant, l tenant.Ledger, c *tenant.Clients) (err error) {
			done, err = rebuild.Run(ctx, l, c.AgentConnect, o)
			return err
		},
	)
	out.text = fmt.Sprintf("%d written", done.Written)
	return out
}

// restore puts a copy in the place of the ledger, and learns who was asked since.
func (p *process) restore(ctx context.Context, copied string) outcome {
	r, err := p.tenant().NewRestoration(copied, tenant.Access{AcceptRestored: true})
	if err != nil {
		return ended(err)
	}
	if !r.Begun {
		_, err = r.Place()
	}
	if err = errors.Join(err, r.Close()); err != nil {
		return ended(err)
	}
	return p.rebuild(ctx, rebuild.Options{})
}

// terminable gives a context that a SIGTERM ends: what has begun is finished within a while.
func terminable(ctx context.Context, drain time.Duration) (ending context.Context, sigterm, release func()) {
	ctx, stop := context.WithCancelCause(ctx)
	cutOff, cut := context.WithCancelCause(context.Background())
	sigterm = func() {
		stop(exit.New(exit.Terminated, "SIGTERM"))
		time.AfterFunc(drain, func() { cut(errors.New("no answer came within the drain")) })
	}
	return httpx.WithCutOff(ctx, cutOff), sigterm, func() {
		stop(nil)
		cut(nil)
	}
}
