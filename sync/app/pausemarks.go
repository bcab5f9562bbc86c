package app

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"

	"acsync/store/postgres"
	"acsync/sync/config"
	"acsync/sync/tenant"
	"acsync/sync/work"
)

// pauseMarks are how a worker keeps passes from being made that cannot work, and lets them be made again.
type pauseMarks struct {
	db  *postgres.Database
	log *slog.Logger

	mu    sync.Mutex
	tried map[string]string // by tenant: the configuration with which this worker has resumed it
	said  map[string]bool   // the ledgers that were said to be missing
}

func newPauseMarks(db *postgres.Database, log *slog.Logger) *pauseMarks {
	return &pauseMarks{db: db, log: log, tried: map[string]string{}, said: map[string]bool{}}
}

// review resumes whoever was paused because passes could not work with its configuration, where that has
// changed, and tells who is never due because it has no ledger.
func (p *pauseMarks) review(ctx context.Context, all map[string]config.Config) {
	standings, err := p.db.Standings(ctx)
	if err != nil {
		return // the tick says so
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	there := map[string]postgres.Standing{}
	for _, s := range standings {
		there[s.Ledger] = s
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		ledger := all[name].LedgerName()
		s, made := there[ledger]
		switch {
		case !made && !p.said[ledger]:
			p.log.Warn("not served: it has no ledger in the database yet; acsync init makes it", "tenant", name)
		case s.Paused:
			p.resume(ctx, name, ledger, all[name])
		}
		p.said[ledger] = !made
	}
}

// resume ends a pause that is for another configuration than this worker reads. It does so once for each that
// it reads: two workers whose files differ would else undo for ever what the other one does.
func (p *pauseMarks) resume(ctx context.Context, name, ledger string, c config.Config) {
	mark, err := p.db.Paused(ctx, ledger)
	var why tenant.Pause
	if err != nil || json.Unmarshal(mark, &why) != nil || why.Until == "" {
		return
	}
	now := digestOf(c)
	if why.Until == now || p.tried[name] == now {
		return
	}
	if err := p.db.SetPaused(ctx, ledger, nil); err == nil {
		p.tried[name] = now
		p.log.Info("resumed: its configuration has changed", "tenant", name)
	}
}

// pause pauses a tenant whose pass could not work, and says what follows: where the database is at fault,
// which is no matter of one tenant and ends with no change of its files, the pass is tried again soon. Before
// is the digest of the configuration that the pass began with.
func (p *pauseMarks) pause(
	ctx context.Context, t *tenant.Tenant, before string, made madePass,
) work.Next {
	o := postgres.Options{AllowAsyncStandby: t.Config.Ledger.AllowAsyncStandby}
	if err := p.db.Usable(ctx, o); err != nil {
		p.log.Error("no pass can be made: it is tried again soon", "tenant", t.Name, "because", err)
		return work.Soon
	}
	reason := fmt.Sprintf("exit %d: %s", made.Exit, cmp.Or(made.Text, made.Exit.String()))
	if err := t.Pause(reason, before); err != nil {
		p.log.Error("it could not be paused", "tenant", t.Name, "because", err)
		return work.Soon
	}
	p.log.Error("paused until its configuration changes, or acsync tenants resume says so",
		"tenant", t.Name, "because", reason)
	return work.Held
}

// digestOf tells two states of a configuration apart, the files of its secrets included, by what is in them:
// when they were changed is another time on each machine.
func digestOf(c config.Config) string {
	sum := sha256.New()
	fmt.Fprintln(sum, c.Digest())
	paths := c.Paths()
	for _, secret := range config.Secrets() {
		if text, err := config.ReadSecretFile(paths[secret+"_file"]); err == nil {
			fmt.Fprintf(sum, "%s %x\n", secret, sha256.Sum256([]byte(text)))
		}
	}
	return hex.EncodeToString(sum.Sum(nil))[:16]
}
