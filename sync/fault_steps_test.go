package sync

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	stdsync "sync"
	"testing"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/deliver"
	"acsync/sync/fetch"
	"acsync/sync/kustomer"
)

// The steps of a pass: whatever it asks or tells the world outside its memory.
const (
	stepInfo     = "info"
	stepRecover  = "recover"
	stepWaiting  = "waiting"
	stepLookup   = "lookup"
	stepBegin    = "begin"
	stepFinish   = "finish"
	stepCommit   = "commit"
	stepClock    = "clock"
	stepSearch   = "search"
	stepJoin     = "search customers"
	stepReread   = "conversations"
	stepCustomer = "customer"
	stepUsers    = "users"
	stepTags     = "tags"
	stepCreate   = "create"
	stepRoom     = "room"
	stepSettle   = "settle"
	stepPrune    = "prune"
	stepData     = "data"
)

// durations are how long the steps take, in microseconds. They differ, and so do nearly all of their sums, so that what goes
// on at the same time happens in the same order each time.
var durations = map[string]time.Duration{
	stepInfo: 1009, stepRecover: 1103, stepWaiting: 1201, stepLookup: 1301, stepBegin: 3109, stepFinish: 3407, stepCommit: 3803,
	stepClock: 50021, stepSearch: 90011, stepJoin: 70051, stepReread: 60029, stepCustomer: 40037, stepUsers: 30029,
	stepTags: 20021, stepCreate: 110017, stepRoom: 1409, stepSettle: 3511, stepPrune: 3607, stepData: 80021,
}

const stepsOfAPass = 200 // more of them run in circles

// step is one of them: the nth of its kind since the world began.
type step struct {
	kind string
	n    int
}

func (s step) String() string { return fmt.Sprintf("%s %d", s.kind, s.n) }

var errMishap = errors.New("mishap")

// mishap is what goes wrong with a step.
type mishap struct {
	name    string
	applied bool // the step takes effect
	fails   bool // and is reported as failed
	dies    bool // the process ends with it: nothing that comes after it takes effect
	stops   bool // a signal comes just before it

	answer  agentconnect.Answer // to a survey request
	doubt   bool                // no answer tells whether the survey request was taken
	refusal bool                // the answer says that it is refused for good
}

// ordeal is a world in which planned steps go wrong, with all that is to be known of it afterwards: the receiver's own log,
// and what the ledger cannot know.
type ordeal struct {
	*desk
	ledger Ledger // the real one, below the faults

	mu     stdsync.Mutex
	plan   map[step]mishap
	watch  func(at step, done bool) // called before a step, and when it has taken effect; nil: nobody watches
	counts map[string]int           // of steps, by kind
	trace  []step
	struck int // mishaps that happened
	failed int // steps of this pass that failed, which it must tell
	dead   bool
	cancel context.CancelCauseFunc // the signal
	wrong  []string                // what must never happen, and did

	recoveries bool // this is about the recoveries of the conversations

	data     bool                       // passes can read the receiver's own data
	log      []agentconnect.Interaction // what these show
	accepted map[string]int             // the same, by conversation
	floor    time.Time                  // of the ledger, before the pass
	open     map[string]bool            // an intent is in the ledger, and no outcome
	excused  map[string]bool            // a mishap accounts for that
	doubtful map[string]bool            // nobody on this side can know
	refused  map[string]bool
}

func newOrdeal(d *desk, ledger Ledger, plan map[step]mishap) *ordeal {
	return &ordeal{
		desk: d, ledger: ledger, plan: plan, counts: map[string]int{}, accepted: map[string]int{},
		open: map[string]bool{}, excused: map[string]bool{}, doubtful: map[string]bool{}, refused: map[string]bool{},
	}
}

func (o *ordeal) wrongf(format string, args ...any) {
	o.wrong = append(o.wrong, fmt.Sprintf(format, args...))
}

// step counts a step, which is about a conversation or about none, and tells which it is and what goes wrong
// with it.
func (o *ordeal) step(kind, conversation string) (step, mishap) {
	time.Sleep(durations[kind] * time.Microsecond)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.dead {
		return step{}, mishap{fails: true, answer: agentconnect.Answer{Err: errMishap}}
	}
	o.counts[kind]++
	this := step{kind, o.counts[kind]}
	o.trace = append(o.trace, this)
	o.watched(this, false)
	m, planned := o.plan[this]
	if !planned {
		return this, mishap{applied: true, answer: taken()}
	}
	o.struck++
	if m.stops {
		o.cancel(errMishap)
	}
	if o.dead = m.dies; m.fails {
		o.excused[conversation] = true
		o.failed++
	}
	return this, m
}

// watched lets whoever watches look at the world beside a step.
func (o *ordeal) watched(at step, done bool) {
	if o.watch != nil {
		o.watch(at, done)
	}
}

// done tells that a step has taken effect.
func (o *ordeal) done(this step) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.watched(this, true)
}

// perform makes a step that either takes effect or does not, and either tells so or does not.
func perform[T any](o *ordeal, kind, conversation string, do func() (T, error)) (T, error) {
	var none T
	this, m := o.step(kind, conversation)
	if !m.applied {
		return none, errMishap
	}
	got, err := do()
	o.done(this)
	if err == nil && m.fails {
		return none, errMishap
	}
	return got, err
}

// brittle is the ledger as the engine meets it.
type brittle struct {
	Ledger
	*ordeal
}

func (b brittle) Info() (store.Info, error) { return perform(b.ordeal, stepInfo, "", b.Ledger.Info) }

func (b brittle) Recover(now time.Time) ([]store.Entry, error) {
	return perform(b.ordeal, stepRecover, "", func() ([]store.Entry, error) { return b.Ledger.Recover(now) })
}

func (b brittle) Waiting(limit int, states ...store.State) ([]store.Entry, error) {
	return perform(b.ordeal, stepWaiting, "", func() ([]store.Entry, error) { return b.Ledger.Waiting(limit, states...) })
}

func (b brittle) Lookup(keys []store.Key) (map[store.Key]store.Record, error) {
	return perform(b.ordeal, stepLookup, "", func() (map[store.Key]store.Record, error) { return b.Ledger.Lookup(keys) })
}

func (b brittle) Begin(key store.Key, resolution, now time.Time) (store.Intent, error) {
	return perform(b.ordeal, stepBegin, key.Conversation, func() (store.Intent, error) {
		intent, err := b.Ledger.Begin(key, resolution, now)
		if err == nil {
			b.intend(key.Conversation, true)
		}
		return intent, err
	})
}

func (b brittle) Finish(intent store.Intent, result store.Result) error {
	_, err := perform(b.ordeal, stepFinish, intent.Key.Conversation, func() (struct{}, error) {
		err := b.Ledger.Finish(intent, result)
		if err == nil {
			b.intend(intent.Key.Conversation, false)
		}
		return struct{}{}, err
	})
	return err
}

func (b brittle) Commit(batch store.Batch) error {
	_, err := perform(b.ordeal, stepCommit, "", func() (struct{}, error) { return struct{}{}, b.Ledger.Commit(batch) })
	return err
}

func (b brittle) Room() error {
	_, err := perform(b.ordeal, stepRoom, "", func() (struct{}, error) { return struct{}{}, b.Ledger.Room() })
	return err
}

func (b brittle) Settle(key store.Key, intent uint64, result store.Result) error {
	_, err := perform(b.ordeal, stepSettle, "", func() (struct{}, error) { return struct{}{}, b.Ledger.Settle(key, intent, result) })
	return err
}

func (b brittle) Prune(ctx context.Context, before time.Time) (int, error) {
	return perform(b.ordeal, stepPrune, "", func() (int, error) { return b.Ledger.Prune(ctx, before) })
}

func (o *ordeal) intend(conversation string, open bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.open[conversation] = open; !open {
		delete(o.open, conversation)
	}
}

// The reads of Kustomer.

func (o *ordeal) ServerTime(ctx context.Context) (time.Time, error) {
	return perform(o, stepClock, "", func() (time.Time, error) { return o.desk.ServerTime(ctx) })
}

func (o *ordeal) SearchConversations(ctx context.Context, q kustomer.Query) (kustomer.Page[kustomer.Conversation], error) {
	return perform(o, stepSearch, "", func() (kustomer.Page[kustomer.Conversation], error) { return o.desk.SearchConversations(ctx, q) })
}

func (o *ordeal) SearchCustomers(ctx context.Context, q kustomer.Query) (kustomer.Page[kustomer.Customer], error) {
	return perform(o, stepJoin, "", func() (kustomer.Page[kustomer.Customer], error) { return o.desk.SearchCustomers(ctx, q) })
}

func (o *ordeal) Conversations(ctx context.Context, ids []string) ([]kustomer.Conversation, error) {
	return perform(o, stepReread, "", func() ([]kustomer.Conversation, error) { return o.desk.Conversations(ctx, ids) })
}

func (o *ordeal) Customer(ctx context.Context, id string) (kustomer.Customer, error) {
	return perform(o, stepCustomer, "", func() (kustomer.Customer, error) { return o.desk.Customer(ctx, id) })
}

func (o *ordeal) Users(ctx context.Context) ([]kustomer.User, error) {
	return perform(o, stepUsers, "", func() ([]kustomer.User, error) { return o.desk.Users(ctx) })
}

func (o *ordeal) Tags(ctx context.Context) ([]kustomer.Tag, error) {
	return perform(o, stepTags, "", func() ([]kustomer.Tag, error) { return o.desk.Tags(ctx) })
}

// Ready lets the sender go on at once.
func (o *ordeal) Ready(ctx context.Context) error { return ctx.Err() }

// Create is the receiver. What reaches it must stand in the ledger already, under the intent that it bears.
func (o *ordeal) Create(_ context.Context, request agentconnect.Request) agentconnect.Answer {
	id := request.ExtInteractionID
	this, m := o.step(stepCreate, id)
	o.mu.Lock()
	defer o.mu.Unlock()
	if m.answer.Written || m.applied {
		o.intended(request)
	}
	if m.applied {
		o.take(id, request.CustomProperties["acsync_intent"])
		o.watched(this, true)
	}
	if m.doubt {
		o.doubtful[id] = true
	}
	if m.refusal {
		o.refused[id] = true
	}
	return m.answer
}

// take accepts a request.
func (o *ordeal) take(id, stamp string) {
	o.accepted[id]++
	o.log = append(o.log, agentconnect.Interaction{ExtInteractionID: id, Intent: stamp, CreatedAt: time.Now()})
}

// Since shows the receiver's own data.
func (o *ordeal) Since(context.Context, time.Time) iter.Seq2[agentconnect.Interaction, error] {
	return func(yield func(agentconnect.Interaction, error) bool) {
		rows, err := perform(o, stepData, "", func() ([]agentconnect.Interaction, error) { return o.log, nil })
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
		if err != nil {
			yield(agentconnect.Interaction{}, err)
		}
	}
}

// Between shows the same.
func (o *ordeal) Between(ctx context.Context, since, _ time.Time) iter.Seq2[agentconnect.Interaction, error] {
	return o.Since(ctx, since)
}

func (o *ordeal) intended(request agentconnect.Request) {
	key := store.Key{Conversation: request.ExtInteractionID, Recovery: request.Recovery}
	known, err := o.ledger.Lookup([]store.Key{key})
	record, stamp := known[key], request.CustomProperties["acsync_intent"]
	if err != nil || record.State != store.Sending || !request.Recovery && !strings.HasSuffix(stamp, fmt.Sprintf("-%x", record.Intent)) ||
		request.Recovery != o.recoveries || request.Recovery && stamp != "" {
		o.wrongf("I3: %s was posted with intent %q, but the ledger has %+v (%v)", key.Conversation, stamp, record, err)
	}
}

// pass makes one pass with a new engine, as a new process would, and checks what holds for each. It reports whether all went
// well.
func (o *ordeal) pass(t *testing.T, options Options) (result Result, calm bool) {
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	o.dead, o.cancel, o.failed, o.excused = false, cancel, 0, map[string]bool{}
	steps, struck := len(o.trace), o.struck
	told := &heard{}
	engine := &Engine{
		Source: o, Directory: o, Sender: o, Ledger: brittle{o.ledger, o}, Observer: told, Options: options,
		Now: func() time.Time { return o.now },
	}
	if o.data {
		engine.Receiver = o
	}
	result, err := engine.Run(ctx)
	for id := range o.open { // undecided for good: the next pass finds it in doubt
		if o.doubtful[id] = true; !o.excused[id] && !o.dead {
			o.wrongf("the pass left the intent of %s open", id)
		}
	}
	clear(o.open)
	if !o.dead {
		o.judge(result, err, told)
	}
	o.judgeFloor(result.Window, options.Overlap)
	if len(o.trace)-steps > stepsOfAPass {
		o.wrongf("the pass took %d steps", len(o.trace)-steps)
	}
	return result, err == nil && struck == o.struck
}

// judge checks a pass that came to its end.
func (o *ordeal) judge(result Result, err error, told *heard) {
	if errors.Is(err, ErrAccounting) || !result.Accounted() || len(told.rows()) != result.Found {
		o.wrongf("I5: the pass does not add up: %d rows, error %v, %+v", len(told.rows()), err, result)
	}
	if o.failed > 0 && err == nil {
		o.wrongf("a step failed, and the pass told of no error")
	}
	if err != nil && !errors.Is(err, errMishap) && !errors.Is(err, deliver.ErrRefused) && !errors.Is(err, deliver.ErrNoSuchAddress) {
		o.wrongf("the pass failed by itself: %v", err)
	}
}

// judgeFloor checks that the pass began where the ledger had forgotten nothing, and that the next one can.
func (o *ordeal) judgeFloor(w fetch.Window, overlap time.Duration) {
	info, err := o.ledger.Info()
	if err != nil || info.Floor.After(info.Checkpoint.Add(-overlap)) || !w.Empty() && w.From.Before(o.floor) {
		o.wrongf("the pass began at %s; the floor was %s and is %s, with the checkpoint at %s (%v)", w.From, o.floor, info.Floor, info.Checkpoint, err)
	}
	o.floor = info.Floor
}

// records are what the ledger has for the conversations, in their order.
func (o *ordeal) records() ([]store.Record, error) {
	keys := make([]store.Key, len(o.conversations))
	for i, c := range o.conversations {
		keys[i] = decide.KeyOf(c)
		keys[i].Recovery = o.recoveries
	}
	known, err := o.ledger.Lookup(keys)
	records := make([]store.Record, len(keys))
	for i, key := range keys {
		records[i] = known[key]
	}
	return records, err
}

// verdict compares the end with the truth. There is exactly one right disposition for each conversation.
func (o *ordeal) verdict(last Result) {
	records, err := o.records()
	if err != nil {
		o.wrongf("the ledger cannot be read: %v", err)
	}
	for i, c := range o.conversations {
		want, most, least := store.Accepted, 1, 1
		switch {
		case o.data && o.accepted[c.ID] > 0: // they have told
		case c.Spam:
			want, most, least = store.Skipped, 0, 0
		case o.doubtful[c.ID]:
			want, least = store.InDoubt, 0
		case o.refused[c.ID]:
			want, most, least = store.Rejected, 0, 0
		}
		if got := o.accepted[c.ID]; got > most || got < least {
			o.wrongf("I1, I2: %s was accepted %d times by the receiver, the ledger has %+v", c.ID, got, records[i])
		}
		if records[i].State != want {
			o.wrongf("I2: %s is %s in the ledger, want %s", c.ID, records[i].State, want)
		}
	}
	maps.DeleteFunc(o.doubtful, func(id string, _ bool) bool { return o.data && o.accepted[id] > 0 })
	if got := last.Counts[store.InDoubt]; got != len(o.doubtful) {
		o.wrongf("I2: the last pass shows %d in doubt; they are %q", got, slices.Sorted(maps.Keys(o.doubtful)))
	}
}
