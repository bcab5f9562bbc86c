package sync

import (
	"context"
	"math/rand/v2"
	"slices"
	stdsync "sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/deliver"
	"acsync/sync/dryrun"
	"acsync/sync/fetch"
	"acsync/sync/kustomer"
	"acsync/sync/plan"
)

func spellingWorlds() uint64 { return uint64(amount(15, 120)) }

// blurred is a Kustomer that tells the time of a resolution a little otherwise at each reading.
type blurred struct {
	*desk
	spread time.Duration // to either side
	within bool          // its search selects by what it tells, not by one certain time

	mu     stdsync.Mutex
	random *rand.Rand
}

// told is how a reading tells conversations.
func (b *blurred) told(rows []kustomer.Conversation) []kustomer.Conversation {
	b.mu.Lock()
	defer b.mu.Unlock()
	told := make([]kustomer.Conversation, len(rows))
	for i, row := range rows {
		if row.LastDone != nil && b.spread > 0 {
			done := *row.LastDone
			done.At = done.At.Add(time.Duration(b.random.Int64N(int64(2*b.spread/time.Millisecond))) * time.Millisecond).Add(-b.spread)
			row.LastDone = &done
		}
		told[i] = row
	}
	return told
}

func (b *blurred) SearchConversations(ctx context.Context, q kustomer.Query) (kustomer.Page[kustomer.Conversation], error) {
	if b.within {
		d := *newDesk(0)
		d.now, d.conversations = b.now, b.told(b.conversations)
		return d.SearchConversations(ctx, q)
	}
	page, err := b.desk.SearchConversations(ctx, q)
	page.Items = b.told(page.Items)
	return page, err
}

func (b *blurred) Conversations(ctx context.Context, ids []string) ([]kustomer.Conversation, error) {
	rows, err := b.desk.Conversations(ctx, ids)
	return b.told(rows), err
}

// life is when a conversation is marked done, and asked for a follow-up of.
type life struct {
	row  kustomer.Conversation
	done []time.Time
}

// livesOf are conversations of a night, each marked done at a whole second of its own, some of them several
// times, some only a few seconds later. Midnight is among the seconds.
func livesOf(random *rand.Rand, d *desk) (lives []life) {
	midnight, taken := testNow.Truncate(24*time.Hour), map[time.Time]bool{}
	free := func(at time.Time) time.Time {
		for taken[at] {
			at = at.Add(time.Second)
		}
		taken[at] = true
		return at
	}
	for i, row := range d.conversations {
		at := midnight.Add(time.Duration(i-len(d.conversations)/2) * time.Second)
		if random.IntN(3) == 0 {
			at = at.Add(time.Duration(random.IntN(120)-60) * 2 * time.Minute)
		}
		row.Spam = random.IntN(8) == 0
		at = free(at)
		one := life{row, []time.Time{at}}
		for random.IntN(3) == 0 {
			at = free(at.Add([]time.Duration{2 * time.Second, 3 * time.Minute, 2 * time.Hour}[random.IntN(3)]))
			one.done = append(one.done, at)
		}
		lives = append(lives, one)
	}
	return lives
}

// show lets the desk have the conversations as they are at a time.
func (d *desk) show(lives []life, now time.Time) {
	d.now, d.conversations = now, nil
	for _, one := range lives {
		row := one.row
		for i, at := range one.done {
			if at.After(now) {
				break
			}
			row.LastDone = &kustomer.Done{At: at, By: row.LastDone.By, AssignedUsers: row.LastDone.AssignedUsers}
			row.Custom = map[string]any{"recoveryBool": i > 0}
		}
		if !one.done[0].After(now) {
			d.conversations = append(d.conversations, row)
		}
	}
}

// told is what a pass tells of what it did.
type told struct {
	Mode          string
	Found, Due    int
	Counts        map[store.State]int
	Reasons       Reasons
	Planned, Late int
	Sent          []string // so far
}

// night is a world in which passes are made; whatever depends on chance is the same whether its times are
// blurred or not.
func night(t *testing.T, seed uint64, blur *blurred, r fetch.PageLimits) (passes []told, sent *receiver) {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 5))
	blur.desk, blur.random = newDesk(10+random.IntN(60)), rand.New(rand.NewPCG(seed, 6))
	lives, midnight := livesOf(random, blur.desk), testNow.Truncate(24*time.Hour)
	sent = &receiver{}
	ledger := newMemoryLedger(midnight.Add(-3 * time.Hour))
	e := &Engine{
		Source: blur, Directory: blur, Sender: sent, Ledger: ledger, Observer: unheard{},
		Now: func() time.Time { return blur.now }, Reach: r,
		Options: Options{
			Policy: testPolicy(), Settle: modelSettle, Overlap: modelOverlap, Concurrency: 1,
			Recheck: time.Duration(random.IntN(2)) * time.Hour,
		},
	}
	o := &e.Options
	o.Policy.Delay = []time.Duration{0, 0, 40 * time.Minute}[random.IntN(3)]
	switch random.IntN(3) {
	case 0:
		o.SurveyPer = store.PerResolution
	case 1:
		o.Policy.Recovery = mustRecovery(t, `custom.recoveryBool == true`)
	}
	var plan *plan.Plan
	var foretold *Result
	now := midnight.Add(-2 * time.Hour).Add(100 * time.Millisecond) // so that windows end close to a resolution
	if o.Policy.Delay > 0 {
		now = now.Add(400 * time.Millisecond) // whether a delay is over is for the time that is told
	}
	for now.Before(midnight.Add(12 * time.Hour)) {
		now = now.Add(time.Duration(1+random.IntN(40)) * time.Minute)
		blur.show(lives, now)
		o.Mode, o.Range, o.Plan, o.Limits = "run", fetch.Window{}, nil, deliver.Limits{ErrorRate: 1, Max: []int{0, 0, 1, 4}[random.IntN(4)]}
		pass := *e
		switch random.IntN(8) {
		case 0: // a plan for later, or for now
			made, _, _ := planOf(t, pass)
			plan = &made
		case 3, 4:
			if plan != nil {
				pass.Options.Plan, pass.Options.Mode = plan, "apply"
			}
		case 1:
			if now.Before(midnight.Add(modelSettle)) {
				continue
			}
			// What waits is in the range by the time that was told first.
			to := midnight.Add(-time.Duration(random.IntN(3)) * time.Second).Add(-500 * time.Millisecond)
			pass.Options.Range, pass.Options.Mode = fetch.Window{From: midnight.Add(-time.Hour), To: to}, "backfill"
		case 2:
			dry := pass
			dry.Sender, dry.Ledger, dry.Options.DryRun = dryrun.Sender{}, &dryrun.Ledger{ReadLedger: untouched{e.Ledger}}, true
			if result, err := dry.Run(t.Context()); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			} else {
				foretold = &result
			}
		}
		result, err := pass.Run(t.Context())
		if err != nil || !result.Accounted() {
			t.Fatalf("seed %d: %v, found %d, %v", seed, err, result.Found, result.Counts)
		}
		if foretold != nil && !blur.within && (foretold.Planned != result.Counts[store.Accepted] ||
			foretold.Counts[store.Skipped] != result.Counts[store.Skipped]) {
			t.Errorf("seed %d: a dry run has %d and %v, the pass after it %v", seed, foretold.Planned, foretold.Counts, result.Counts)
		}
		foretold = nil
		if !pass.Options.Range.From.IsZero() { // where one goes on, it reads again what was skipped just before
			result.Found -= result.Counts[store.Skipped]
			delete(result.Counts, store.Skipped)
			delete(result.Reasons, store.Skipped)
		}
		passes = append(passes, told{
			result.Mode, result.Found, result.Due, result.Counts, result.Reasons, result.Planned, result.Late, names(sent.got),
		})
	}
	o.Mode, o.Range, o.Plan, o.Limits = "run", fetch.Window{}, nil, deliver.Limits{ErrorRate: 1}
	for range 2 { // all that is left
		if result, err := e.Run(t.Context()); err != nil || !result.Accounted() {
			t.Fatalf("seed %d: %v, found %d, %v", seed, err, result.Found, result.Counts)
		}
	}
	askedOnce(t, seed, lives, ledger)
	return passes, sent
}

// askedOnce holds that no resolution was asked about twice: by two keys, or as its own follow-up.
func askedOnce(t *testing.T, seed uint64, lives []life, ledger *memoryLedger) {
	t.Helper()
	for _, one := range lives {
		asked := map[time.Time]bool{}
		for key, r := range ledger.of(one.row) {
			if r.State != store.Accepted {
				continue
			}
			at := r.Resolution.Round(time.Second) // all are marked done at whole seconds
			if asked[at] || !slices.ContainsFunc(one.done, at.Equal) {
				t.Errorf("seed %d: %+v is asked about as well, of %s", seed, key, at)
			}
			asked[at] = true
		}
	}
}

// names are the conversations of requests, those of recoveries marked, in their order.
func names(requests []agentconnect.Request) (list []string) {
	for _, r := range requests {
		name := r.ExtInteractionID[20:]
		if r.Recovery {
			name += " recovery"
		}
		list = append(list, name)
	}
	return list
}

// TestSpelling makes the same passes in worlds where each reading of a conversation tells its resolution up
// to 400 ms otherwise, and in worlds where all tell the same: every pass counts the same, and the same
// customers are asked, in the same order.
func TestSpelling(t *testing.T) {
	asked, seeds := 0, spellingWorlds()
	for seed := uint64(1); seed <= seeds && !t.Failed(); seed++ {
		plain, sent := night(t, seed, &blurred{}, fetch.PageLimits{})
		other, _ := night(t, seed, &blurred{spread: 400 * time.Millisecond}, fetch.PageLimits{})
		for i := range plain {
			if diff := cmp.Diff(plain[i], other[i]); diff != "" {
				t.Errorf("seed %d, pass %d of %d: told alike -, otherwise each time +:\n%s", seed, i, len(plain), diff)
				break
			}
		}
		asked += len(sent.got)
	}
	if asked < int(seeds) {
		t.Errorf("%d customers were asked in %d worlds", asked, seeds)
	}
}

// TestSpellingOfSearches lets the search, too, select by another time at each call, and show so little at
// once that it is called often: a conversation may be in two windows, or in none until the overlap of a later
// pass. Nobody is asked twice, and few come too late.
func TestSpellingOfSearches(t *testing.T) {
	few, wanted, got := fetch.PageLimits{Page: 3, Target: 2, Rows: 60, Pages: 20}, 0, 0
	for seed := uint64(1); seed <= spellingWorlds() && !t.Failed(); seed++ {
		_, plain := night(t, seed, &blurred{}, few)
		_, other := night(t, seed, &blurred{spread: 400 * time.Millisecond, within: true}, few)
		wanted, got = wanted+len(plain.got), got+len(other.got)
	}
	if got < wanted*9/10 {
		t.Errorf("%d of %d were asked", got, wanted)
	}
}

// TestSpellingsDoNotMerge marks a conversation done three times, each less than a second after the time
// before: the first one is the measure, so that the third is another resolution.
func TestSpellingsDoNotMerge(t *testing.T) {
	b := newBench(t, 1)
	b.engine.Options.SurveyPer, b.engine.Options.Overlap = store.PerResolution, 3*time.Hour
	first := testNow.Add(-time.Hour)
	for i, want := range []int{1, 1, 2, 2} {
		b.done(0, first.Add([]time.Duration{0, 900, 1800, 2700}[i]*time.Millisecond))
		if b.mustRun(t); len(b.got) != want {
			t.Errorf("told the %d. way: asked %d times, want %d", i+1, len(b.got), want)
		}
	}
}

// TestSpellingsOfOldLedgers has a ledger in which one resolution waits under two keys, as an older version
// may have left it, or waits and was asked about.
func TestSpellingsOfOldLedgers(t *testing.T) {
	for _, recheck := range []time.Duration{0, time.Hour} {
		for other, want := range map[store.State]int{store.Scheduled: 1, store.Accepted: 0} {
			b := newBench(t, 1)
			b.engine.Options.SurveyPer, b.engine.Options.Recheck = store.PerResolution, recheck
			if err := b.ledger.Commit(store.Batch{Identity: store.PerResolution}); err != nil {
				t.Fatal(err)
			}
			for i, state := range []store.State{store.Scheduled, other} {
				at := b.conversations[0].LastDone.At.Add(time.Duration(i-1) * 700 * time.Millisecond)
				entry := store.Entry{Key: decide.SurveyPer(store.PerResolution).KeyAt(decide.KeyOf(b.conversations[0]), at), Record: store.Record{
					State: state, Resolution: at, At: testNow,
				}}
				if state == store.Scheduled {
					entry.Due = testNow.Add(-time.Minute)
				}
				if err := b.ledger.Commit(store.Batch{Entries: []store.Entry{entry}}); err != nil {
					t.Fatal(err)
				}
			}
			for range 3 {
				b.engine.Run(t.Context())
			}
			if waiting, err := b.ledger.Waiting(0); len(b.got) != want || len(waiting) != 0 || err != nil {
				t.Errorf("beside one that is %s: asked %d times, want %d, and %d wait (%v)", other, len(b.got), want, len(waiting), err)
			}
		}
	}
}

// scripted is a Kustomer whose search answers by rote.
type scripted struct {
	*desk
	rows func(q kustomer.Query) []kustomer.Conversation
}

func (s scripted) SearchConversations(_ context.Context, q kustomer.Query) (kustomer.Page[kustomer.Conversation], error) {
	return cutPage(s.rows(q), q, s.now), nil
}

// TestSpellingDecidedAnew shows a conversation in two windows, a little otherwise: first as one to be
// skipped, then as one to be asked about. It is counted once, and the ledger has it once, as it was told
// first.
func TestSpellingDecidedAnew(t *testing.T) {
	b := newBench(t, 1)
	b.engine.Options.SurveyPer = store.PerResolution
	bound := testNow.Add(-23 * time.Hour) // the first window's end
	row := b.conversations[0]
	tell := func(at time.Time, spam bool) []kustomer.Conversation {
		told := row
		told.LastDone, told.Spam = &kustomer.Done{At: at, AssignedUsers: row.LastDone.AssignedUsers}, spam
		return []kustomer.Conversation{told}
	}
	b.engine.Source = scripted{b.desk, func(q kustomer.Query) []kustomer.Conversation {
		switch {
		case q.To.Equal(bound):
			return tell(bound.Add(-100*time.Millisecond), true)
		case q.From.Equal(bound):
			return tell(bound.Add(100*time.Millisecond), false)
		}
		return nil
	}}
	got, err := b.engine.Run(t.Context())
	if err != nil || got.Found != 1 || !got.Accounted() || got.Counts[store.Accepted] != 1 {
		t.Fatalf("found %d, %v: %v", got.Found, got.Counts, err)
	}
	known, err := b.ledger.Lookup([]store.Key{decide.KeyOf(row)})
	key := decide.SurveyPer(store.PerResolution).KeyAt(decide.KeyOf(row), bound.Add(-100*time.Millisecond))
	if err != nil || len(known) != 1 || known[key].State != store.Accepted {
		t.Errorf("the ledger has %v (%v)", known, err)
	}
}

// TestSpellingAtTheEndOfAWindow has a back-fill stop before a conversation that is told as done just behind
// the end of the window that shows it: it is left to the back-fill, and found by it again.
func TestSpellingAtTheEndOfAWindow(t *testing.T) {
	b := newBench(t, 2)
	from := testNow.Add(-10 * time.Hour)
	bound := from.Add(time.Hour) // the first window's end
	b.conversations[0].LastDone.At, b.conversations[1].LastDone.At = bound.Add(-10*time.Minute), bound.Add(-100*time.Millisecond)
	b.engine.Source = scripted{b.desk, func(q kustomer.Query) []kustomer.Conversation {
		rows := b.match(q)
		for i := range rows {
			done := *rows[i].LastDone
			done.At = done.At.Add(300 * time.Millisecond)
			rows[i].LastDone = &done
		}
		return rows
	}}
	b.backfill(from, testNow.Add(-time.Hour))
	b.engine.Options.Limits.Max = 1
	result := b.mustRun(t)
	waiting, err := b.ledger.Waiting(0)
	if err != nil || result.Reasons[store.Scheduled][decide.Paused] != 1 || len(waiting) != 0 {
		t.Errorf("%v, %d wait for the passes from the checkpoint (%v)", result.Reasons, len(waiting), err)
	}
	b.engine.Options.Limits.Max = 0
	if b.mustRun(t); len(b.got) != 2 {
		t.Errorf("%d were asked, want both", len(b.got))
	}
}

// TestSpellingIsNoFollowUp tells the resolution that was asked about again, nearer to a record of another
// than to its own: less than a second later it is no follow-up.
func TestSpellingIsNoFollowUp(t *testing.T) {
	for after, want := range map[time.Duration]int{950 * time.Millisecond: 0, decide.SameWithin - time.Millisecond: 0, decide.SameWithin: 1} {
		b := recovering(t, 1)
		first := b.state(t, 0)
		key := decide.KeyOf(b.conversations[0])
		key.Recovery = true
		at := first.Resolution.Add(decide.SameWithin - 50*time.Millisecond)
		skipped := store.Record{State: store.Skipped, Reason: string(decide.NoRecovery), Resolution: at, At: testNow}
		if want > 0 {
			skipped.Resolution = first.Resolution.Add(-time.Hour)
		}
		if err := b.ledger.Commit(store.Batch{Entries: []store.Entry{{Key: key, Record: skipped}}}); err != nil {
			t.Fatal(err)
		}
		b.again(0, true)
		b.done(0, first.Resolution.Add(after))
		if b.mustRun(t); len(b.got) != want {
			t.Errorf("%s after what was asked about: %d follow-ups, want %d", after, len(b.got), want)
		}
	}
}

// TestSpellingOfAnOldPlan carries out a plan after a pass has scheduled the same resolution, as it was told
// to that.
func TestSpellingOfAnOldPlan(t *testing.T) {
	b := newBench(t, 1)
	b.engine.Options.SurveyPer = store.PerResolution
	at := b.conversations[0].LastDone.At
	plan, _, _ := planOf(t, *b.engine)
	told := decide.SurveyPer(store.PerResolution).KeyAt(decide.KeyOf(b.conversations[0]), at.Add(400*time.Millisecond))
	entry := store.Entry{Key: told, Record: store.Record{
		State: store.Scheduled, Resolution: at.Add(400 * time.Millisecond), At: testNow, Due: testNow.Add(-time.Hour),
	}}
	if err := b.ledger.Commit(store.Batch{Identity: store.PerResolution, Entries: []store.Entry{entry}}); err != nil {
		t.Fatal(err)
	}
	b.done(0, at.Add(800*time.Millisecond))
	if result := b.apply(t, plan); result.Counts[store.Accepted] != 1 || result.Due != 1 {
		t.Errorf("got %v, %d due", result.Counts, result.Due)
	}
	if b.mustRun(t); len(b.got) != 1 {
		t.Errorf("asked %d times", len(b.got))
	}
}
