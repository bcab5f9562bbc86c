package simtest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing/synctest"
	"time"

	"acsync/store"
	"acsync/sync/fetch"
	"acsync/sync/tenant"
)

// world is a Kustomer, an Agent Connect, a machine with its disk, and those who work with it.
type world struct {
	*checker
	dice   dice
	calm   time.Time // from then on nothing goes wrong any more
	turn   int       // processes so far
	last   endedProcess
	mended bool // what Agent Connect refuses was set right there
}

func newWorld(seed uint64, dir string) *world {
	d := dice(seed)
	w := &world{
		dice: d, checker: &checker{
			journal: newJournal(), dir: dir, told: map[string]int{}, unseen: map[string]bool{},
			habits: newHabits(d, dir), began: time.Now(),
			numbers: &numbering{
				given: map[uint64]string{},
				open:  map[string]func() ([]store.Entry, error){},
				of:    map[string][]store.Key{},
			},
		},
	}
	w.entries = w.look
	r := d.throw("world", "", 0)
	c := w.habits.config
	reread := time.Duration(0)
	if c.Sync.Reread > 0 && r.IntN(2) == 0 {
		reread = 6 * time.Hour
	}
	start := w.began.Add(w.habits.before)
	w.society = newSociety(d, start, start.Add(w.habits.length), time.Duration(c.Sync.Settle)-30*time.Second,
		time.Duration(c.Sync.Overlap), reread)
	w.calm = start.Add(w.habits.length + time.Hour)
	if end := w.society.end(); end.After(w.calm) && reread == 0 {
		w.calm = end
	}
	w.crm = &organisation{
		society: w.society, journal: w.journal,
		ahead: between(r, -20*time.Second, 20*time.Second).Truncate(time.Millisecond), rows: 500,
		reach: 10_000, budget: pick(r, 0, 200, 1000),
	}
	if w.habits.reach.Page > 0 {
		w.crm.rows, w.crm.reach = w.habits.reach.Page, w.habits.reach.Rows
	}
	w.receiver = &receiver{
		dice: d, journal: w.journal, ahead: between(r, -30*time.Second, 30*time.Second),
		lag: pick(r, 2*time.Second, time.Minute, 4*time.Minute, 4*time.Minute), rows: pick(r, 3, 10, 1000),
		mended: func(string) bool { return w.mended }, arrives: w.arrives, left: map[string][]time.Time{},
		refusals: map[string]int{},
	}
	posts := append(append([]mishap{}, common...), ofPosts...)
	w.weathers = []*weather{
		newWeather(d, "kustomer", w.began, w.calm, common),
		newWeather(d, "receiver", w.began, w.calm, posts),
	}
	w.network = &network{
		dice: d, journal: w.journal, conns: map[string][]*conn{}, noes: map[string]map[string]bool{},
		hush: map[string]hush{}, final: map[string][]string{}, services: map[string]*station{
			kustomerHost: {name: "kustomer", service: w.crm, weather: w.weathers[0]},
			receiverHost: {name: "receiver", service: w.receiver, weather: w.weathers[1], alone: true},
		},
	}
	return w
}

// process is the next one.
func (w *world) process(command string, killAt kill, fails float64) *process {
	w.turn++
	name := fmt.Sprintf("p%d %s", w.turn, command)
	return &process{
		name: name, turn: w.turn, gate: newGate(w.dice, w.journal, name, killAt),
		config: w.habits.config, dir: w.dir,
		network: w.network, fails: fails, reach: w.habits.reach, given: w.given, began: w.opened, log: &logbook{},
	}
}

// act is what a process does.
type act func(context.Context, *process) outcome

// perform lets a process come to its end, be that its own or a kill.
func (w *world) perform(p *process, sigterm kill, do act) endedProcess {
	w.journal.note("%s begins", p.name)
	w.numbers.run(1)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	running, send, release := terminable(ctx, time.Duration(p.config.Sync.Drain))
	defer release()
	p.gate.ask, p.gate.sigterm = sigterm, send
	over := make(chan outcome, 1)
	go func() { over <- do(running, p) }()
	e := endedProcess{name: p.name}
	select {
	case e.outcome = <-over:
	case <-p.gate.killed:
		e.killed = true
		// What was under way comes to a stand, and the disk is kept as a kill leaves it.
		synctest.Wait()
		disk, err := keep(w.dir)
		stop()
		p.gate.free()
		<-over
		if err == nil {
			err = disk.put(w.dir)
		}
		if err != nil {
			w.journal.failf("the disk of %s cannot be kept: %v", p.name, err)
		}
	}
	w.network.hangUp(p.name)
	w.last = e
	w.journal.note("%s ends: %s", p.name, e.told(w.dir))
	w.checkProcess(p, e)
	w.numbers.run(-1)
	return e
}

// found makes the ledger.
func (w *world) found() error {
	for _, dir := range []string{"ledger", "state", "backups"} {
		if err := os.MkdirAll(filepath.Join(w.dir, dir), 0o700); err != nil {
			return err
		}
	}
	p := w.process("init", kill{}, 0)
	return p.tenant().CreateLedger(w.began.Add(w.crm.ahead).Truncate(time.Millisecond), false)
}

// look reads the ledger as anybody can; false where it cannot be read.
func (w *world) look() (list []store.Entry, info store.Info, ok bool) {
	p := w.process("look", kill{}, 0)
	w.turn--
	ledger, err := p.tenant().Open(tenant.Access{ReadOnly: true, AcceptRestored: true})
	if err != nil {
		return nil, info, false
	}
	defer ledger.Close()
	info, err = ledger.Info()
	if err != nil {
		return nil, info, false
	}
	err = ledger.Each(func(e store.Entry) error {
		list = append(list, e)
		return nil
	})
	return list, info, err == nil
}

// range of conversations for a back-fill.
func (w *world) someRange(turn int) fetch.Window {
	r := w.dice.throw("range", "", turn)
	now := w.crm.now()
	from := w.began.Add(w.crm.ahead).Add(between(r, 0, now.Sub(w.began)/2))
	return fetch.Window{
		From: from.Truncate(time.Minute).Add(time.Minute),
		To:   now.Truncate(time.Minute).Add(-5 * time.Minute),
	}
}
