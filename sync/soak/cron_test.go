package soak

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"acsync/store"
	"acsync/store/bolt"
	surveysync "acsync/sync"
	"acsync/sync/agentconnect"
	"acsync/sync/config"
	"acsync/sync/exit"
	"acsync/sync/httpx"
	"acsync/sync/kustomer"
	"acsync/sync/measure"
	"acsync/sync/sandbox"
	"acsync/sync/tenant"
)

var (
	cronDays = flag.Int("soak.days", 0, "simulated days of TestCron, before two calm ones; 0: a short slice")
	cronHour = flag.Int("soak.perhour", 20, "conversations marked done in an hour of TestCron")
)

const (
	cronEvery = 15 * time.Minute
	// oneKillIn is how many passes have one that is killed.
	oneKillIn = 12
	// longest is how long an outage takes at most: far less than the 72 hours after which nobody is asked any
	// more.
	longest = 6 * time.Hour
)

// TestCron lives through days of cron with the real clients, the real ledger and the default settings, in
// virtual time: each service is down for hours, answers are lost, the search lags behind, passes are killed
// at any step of the ledger and started again. Nobody is lost or asked twice.
func TestCron(t *testing.T) {
	if testing.Short() {
		t.Skip("what runs at the same time here does so in the engine's own tests as well")
	}
	if *cronDays < 0 || *cronHour < 1 {
		t.Fatal("-soak.days takes 0 or more, -soak.perhour 1 or more")
	}
	synctest.Test(t, func(t *testing.T) {
		c := newCron(t, *soakSeed, 24*time.Hour, 6*time.Hour)
		if *cronDays > 0 {
			c = newCron(t, *soakSeed, time.Duration(*cronDays)*24*time.Hour, 48*time.Hour)
		}
		c.live(t)
		c.judge(t)
	})
}

// cron is a machine on which acsync is started every quarter of an hour.
type cron struct {
	stand      *sandbox.Sandbox
	read, post *http.Client
	path       string // of the ledger
	begin      time.Time
	calm, end  time.Time // nothing goes wrong any more; nothing is started any more
	random     *rand.Rand
	outages    [2][]outage // of Kustomer and of Agent Connect

	passes, kills, cut int
	calls              counted
}

// outage is a time in which a service is down.
type outage struct{ from, to time.Time }

func (o outage) holds(t time.Time) bool { return !t.Before(o.from) && t.Before(o.to) }

// counted is how often a service was called.
type counted struct {
	sync.Mutex

	n int
}

func newCron(t *testing.T, seed uint64, troubled, calm time.Duration) *cron {
	t.Helper()
	c := &cron{
		begin: time.Now(), random: rand.New(rand.NewPCG(seed, 24)), path: filepath.Join(t.TempDir(), "acsync.db"),
	}
	c.calm, c.end = c.begin.Add(troubled), c.begin.Add(troubled+calm)
	// What happens to a request is drawn by the service, whose requests come at the same time.
	hooks := [2]func(*http.Request) sandbox.Fault{}
	for i := range hooks {
		var mu sync.Mutex
		random := rand.New(rand.NewPCG(seed, uint64(i)))
		hooks[i] = func(r *http.Request) sandbox.Fault {
			if i == 0 {
				c.calls.Lock()
				c.calls.n++
				c.calls.Unlock()
			}
			mu.Lock()
			defer mu.Unlock()
			return c.meet(i, r, random)
		}
	}
	var err error
	c.stand, err = sandbox.New(sandbox.Options{
		Seed: seed, PerHour: *cronHour, Busy: 15 * time.Minute, Faults: sandbox.Faults{
			IndexLag: 20 * time.Second, IndexLagJitter: 5 * time.Minute,
			Kustomer:     sandbox.ServiceFaults{Hook: hooks[0]},
			AgentConnect: sandbox.ServiceFaults{Hook: hooks[1]},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	var stop [2]func()
	c.read, stop[0] = inMemory(c.stand.KustomerHandler())
	c.post, stop[1] = inMemory(c.stand.AgentConnectHandler())
	t.Cleanup(func() { stop[0](); stop[1]() })
	if err := bolt.Create(c.path, c.begin); err != nil {
		t.Fatal(err)
	}
	return c
}

// meet is what happens to a request to a service.
func (c *cron) meet(service int, r *http.Request, random *rand.Rand) sandbox.Fault {
	now := time.Now()
	f := sandbox.Fault{Delay: time.Duration(50+random.IntN(400)) * time.Millisecond}
	post := service == 1 && r.Method == http.MethodPost
	switch x := random.Float64(); {
	case slices.ContainsFunc(c.outages[service], func(o outage) bool { return o.holds(now) }):
		// Some requests are taken nevertheless.
		return []sandbox.Fault{{Status: 503}, {Break: true}, {Break: true, Processed: post}}[random.IntN(3)]
	case now.After(c.calm):
	case x < 0.005:
		f.Break, f.Processed = true, post
	case x < 0.010:
		f.Status = http.StatusBadGateway
	case x < 0.012:
		f.Status, f.Header = http.StatusTooManyRequests, http.Header{"Retry-After": {"20"}}
	}
	return f
}

// live starts a pass every quarter of an hour. Each service is down for some hours of each day, until it is
// calm.
func (c *cron) live(t *testing.T) {
	for day := c.begin; day.Before(c.calm); day = day.Add(24 * time.Hour) {
		for service := range c.outages {
			from := day.Add(time.Duration(c.random.Int64N(int64(24*time.Hour - longest))))
			long := time.Hour + time.Duration(c.random.Int64N(int64(longest-time.Hour)))
			c.outages[service] = append(c.outages[service], outage{from, from.Add(long)})
		}
	}
	for time.Now().Before(c.end) {
		time.Sleep(time.Until(time.Now().Truncate(cronEvery).Add(cronEvery)))
		c.pass(t)
	}
}

// pass is what cron starts, a process of its own: it opens the ledger, makes a pass, and closes it, or is
// killed.
func (c *cron) pass(t *testing.T) {
	t.Helper()
	c.passes++
	ledger, err := bolt.Open(c.path, bolt.Options{})
	if err != nil {
		t.Fatalf("pass %d after %d kills: %v", c.passes, c.kills, err)
	}
	ctx, kill := context.WithCancel(t.Context())
	defer kill()
	m := &mortal{Ledger: ledger, path: c.path, kill: kill}
	m.left.Store(math.MaxInt64)
	if c.random.IntN(oneKillIn) == 0 && time.Now().Before(c.calm) {
		m.left.Store(c.random.Int64N(25))
		m.applied = c.random.IntN(2) == 0
	}
	result, err := c.engine(t, m).Run(ctx)
	if m.died {
		c.kills++
	}
	if err := errors.Join(ledger.Close(), m.putBack()); err != nil {
		t.Fatal(err)
	}
	if m.died {
		return
	}
	code := exit.Code(tenant.ExitCode(result, err))
	fine := []exit.Code{exit.Done, exit.NeedsHand, exit.Temporary, exit.Fuse}
	if !slices.Contains(fine, code) || !result.Accounted() {
		t.Fatalf("pass %d ends with exit code %d, accounted %v: %v", c.passes, code, result.Accounted(), err)
	}
	if code == exit.Temporary || code == exit.Fuse {
		c.cut++
	}
}

// engine is what a process makes of the default configuration.
func (c *cron) engine(t *testing.T, ledger surveysync.Ledger) *surveysync.Engine {
	t.Helper()
	paced := func(name string, perMinute float64) *httpx.Pacer {
		return httpx.NewPacer(httpx.PacerOptions{Name: name, PerMinute: perMinute})
	}
	reader, first := kustomer.New(kustomer.Options{
		BaseURL: "http://127.0.0.1", APIKey: c.stand.KustomerKey(), Timeout: 30 * time.Second, HTTP: c.read,
		All: paced("all", 300), Search: paced("search", 60),
	})
	sender, second := agentconnect.New(agentconnect.Options{
		BaseURL: "http://127.0.0.1", Timeout: 30 * time.Second, HTTP: c.post,
		APIKey: c.stand.AgentConnectKey(), APISecret: c.stand.AgentConnectSecret(),
		Requests: paced("requests", 100), Data: paced("data", 100),
	})
	if err := errors.Join(first, second); err != nil {
		t.Fatal(err)
	}
	return &surveysync.Engine{
		Source: reader, Directory: reader, Sender: sender, Receiver: sender, Ledger: ledger,
		Observer: unheard{}, Options: tenant.Options(config.Default()),
	}
}

type unheard struct{}

// Observe does nothing.
func (unheard) Observe(surveysync.Event) {}

// judge compares what Agent Connect has received with what was marked done, but for the last hours, whose
// turn may be to come.
func (c *cron) judge(t *testing.T) {
	t.Helper()
	truth := measure.Know(c.stand, c.begin, time.Now().Add(-2*time.Hour))
	v := truth.Judge(c.stand.Requests())
	each := float64(c.calls.n) / float64(len(truth.Due)+len(truth.Never))
	t.Logf("%.0f days, %d passes, %d killed, %d cut short by an outage; %.3f calls to Kustomer each",
		c.calm.Sub(c.begin).Hours()/24, c.passes, c.kills, c.cut, each)
	t.Logf("of %d to be asked about: %d accepted, %d refused, %d lost, %d doubled",
		v.Due, v.Accepted, v.Refused, v.Lost, v.Doubled)
	if v.Lost > 0 || v.Doubled > 0 || v.Unwanted > 0 {
		t.Errorf("%d lost, %d doubled, %d unwanted", v.Lost, v.Doubled, v.Unwanted)
	}
	if c.kills == 0 || c.cut == 0 || v.Due < 300 {
		t.Errorf("%d kills, %d passes cut short, %d due: the test shows little", c.kills, c.cut, v.Due)
	}
	ledger, err := bolt.Open(c.path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer ledger.Close()
	open, err := ledger.Waiting(0, store.InDoubt, store.Sending, store.Retry)
	if err != nil || len(open) > 0 {
		t.Errorf("after the calm time %d are open: %v", len(open), err)
	}
	if err := ledger.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// mortal is a ledger whose process can be killed: at a step that writes, before it is done or after. From
// then on nothing is written any more, what a process does at its end included.
type mortal struct {
	*bolt.Ledger

	path    string
	kill    func() // ends what the process is doing
	applied bool   // the last step is done

	left   atomic.Int64 // steps that write until the death
	mu     sync.RWMutex // held for reading by those who write, so that a death comes between them
	died   bool
	corpse map[string][]byte // the files as they were then
}

var errKilled = errors.New("the process was killed")

// step makes a step that writes, unless the process is dead.
func (m *mortal) step(do func() error) error {
	m.mu.RLock()
	if m.died {
		m.mu.RUnlock()
		return errKilled
	}
	dies := m.left.Add(-1) == -1
	var err error
	if !dies || m.applied {
		err = do()
	}
	m.mu.RUnlock()
	if dies {
		m.die()
		return errKilled
	}
	return err
}

// die keeps the files as they are now.
func (m *mortal) die() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.died, m.corpse = true, map[string][]byte{}
	for _, ending := range []string{"", ".fence"} {
		if text, err := os.ReadFile(m.path + ending); err == nil {
			m.corpse[ending] = text
		}
	}
	m.kill()
}

// putBack lets the files be as the death has left them.
func (m *mortal) putBack() error {
	for ending, text := range m.corpse {
		if err := os.WriteFile(m.path+ending, text, 0o600); err != nil {
			return fmt.Errorf("put back what the death has left: %w", err)
		}
	}
	return nil
}

// Begin writes an intent.
func (m *mortal) Begin(key store.Key, resolution, now time.Time) (intent store.Intent, err error) {
	err = m.step(func() (err error) { intent, err = m.Ledger.Begin(key, resolution, now); return err })
	return intent, err
}

// Finish writes an outcome.
func (m *mortal) Finish(intent store.Intent, result store.Result) error {
	return m.step(func() error { return m.Ledger.Finish(intent, result) })
}

// Recover puts in doubt what was left open.
func (m *mortal) Recover(now time.Time) (list []store.Entry, err error) {
	err = m.step(func() (err error) { list, err = m.Ledger.Recover(now); return err })
	return list, err
}

// Reopen takes up again what was rejected.
func (m *mortal) Reopen(entries []store.Entry, result store.Result) error {
	return m.step(func() error { return m.Ledger.Reopen(entries, result) })
}

// Commit writes the dispositions of a window.
func (m *mortal) Commit(batch store.Batch) error {
	return m.step(func() error { return m.Ledger.Commit(batch) })
}

// Settle writes what became of what was in doubt.
func (m *mortal) Settle(key store.Key, intent uint64, result store.Result) error {
	return m.step(func() error { return m.Ledger.Settle(key, intent, result) })
}

// Prune forgets what is old.
func (m *mortal) Prune(ctx context.Context, before time.Time) (n int, err error) {
	err = m.step(func() (err error) { n, err = m.Ledger.Prune(ctx, before); return err })
	return n, err
}
