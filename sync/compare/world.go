package main

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"time"

	"acsync/sync/measure"
	"acsync/sync/sandbox"
)

// world is what happens while a program works.
type world struct {
	name, what string

	lost   bool // answers of Agent Connect are lost after it has taken the request
	errors bool // both services answer now and then with 429 and 5xx
	late   bool // the search shows some conversations only after minutes
	again  bool // conversations are reopened, and marked done again
	kills  int  // so often the program is killed in the middle of its work, and started again
	rounds int  // so often cron starts the program, kills aside
}

var worlds = []world{
	{name: "calm", what: "nothing goes wrong", rounds: 2},
	{name: "lost", what: "2.5 % of the survey requests are taken, and the answer is lost", lost: true, rounds: 2},
	{name: "errors", what: "1 % of all calls are answered with a 5xx, some with a 429", errors: true, rounds: 2},
	{name: "late", what: "the search shows 3 % of the conversations up to 25 minutes late", late: true, rounds: 3},
	{name: "again", what: "3 % of the conversations are reopened, and marked done again", again: true, rounds: 3},
	{name: "killed", what: "the program is killed three times (kill -9), and started again", kills: 3, rounds: 2},
	{
		name: "everything", what: "all of that at once",
		lost: true, errors: true, late: true, again: true, kills: 3, rounds: 3,
	},
}

func worldNames() string {
	names := make([]string, len(worlds))
	for i, w := range worlds {
		names[i] = w.name
	}
	return strings.Join(names, ", ")
}

const (
	// Shares of the calls.
	lostAnswers, lostPages, failures = 0.02, 0.005, 0.01
	limited                          = 3 // calls of each service that are answered with 429
	// Shares of the conversations, by the end.
	lateShare, againShare = 0.03, 0.03
	// The times by which the search shows them late are drawn evenly on a logarithmic scale, so that half of
	// them are below five minutes.
	latestBy, earliestBy = 25 * time.Minute, time.Minute

	span    = 2 * time.Hour   // within which the conversations were marked done
	settled = 4 * time.Minute // ago, so that each program finds it settled

	moreRounds = 8 // at most
)

func (w world) faults() sandbox.Faults {
	var connect, kustomer []sandbox.Rule
	const requests = "POST /v1/requests"
	if w.lost {
		connect = append(connect,
			sandbox.Rule{On: requests, Share: lostAnswers, Fault: sandbox.Fault{Processed: true, Break: true}},
			sandbox.Rule{On: requests, Share: lostPages, Fault: sandbox.Fault{
				Processed: true, Status: http.StatusBadGateway,
			}})
	}
	if w.errors {
		wait := sandbox.Fault{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"1"}}}
		broken := sandbox.Fault{Status: http.StatusInternalServerError}
		connect = append(connect,
			sandbox.Rule{On: requests, Share: failures, Fault: broken},
			sandbox.Rule{On: requests, Share: failures, Times: limited, Fault: wait})
		kustomer = append(kustomer,
			sandbox.Rule{Share: failures, Fault: broken},
			sandbox.Rule{Share: failures, Times: limited, Fault: wait})
	}
	return sandbox.Faults{
		Kustomer:     sandbox.ServiceFaults{Rules: kustomer},
		AgentConnect: sandbox.ServiceFaults{Rules: connect},
	}
}

// result is what came of a program in a world.
type result struct {
	World         string          `json:"world"`
	Program       string          `json:"program"`
	Conversations int             `json:"conversations"` // marked done
	Calls         measure.Calls   `json:"calls"`
	WallSeconds   float64         `json:"wall_seconds"`
	CPUSeconds    float64         `json:"cpu_seconds"`
	PeakBytes     int64           `json:"peak_bytes"`
	Processes     int             `json:"processes"`
	Verdict       measure.Verdict `json:"verdict"`

	what string // of the world
}

// What Kustomer permits an organisation in its plan Enterprise, in calls a minute, and each API key in
// searches (documented).
const (
	callsAMinute    = 1000
	searchesAMinute = 100
)

// callsEach are the calls to Kustomer, of a conversation.
func (r result) callsEach() float64 { return float64(r.Calls.Kustomer) / float64(r.Conversations) }

// minutes is how long Kustomer's limits make so many conversations take, at the calls that each took.
func (r result) minutes(conversations int) int {
	calls := float64(r.Calls.Kustomer) / callsAMinute
	searches := float64(r.Calls.Searches) / searchesAMinute
	return int(math.Ceil(max(calls, searches) * float64(conversations) / float64(r.Conversations)))
}

// play lets a program work in a world.
func play(ctx context.Context, s settings, w world, p program, dir string) (result, error) {
	perHour := int(math.Ceil(float64(s.amount) / span.Hours()))
	options := sandbox.Options{Seed: s.seed, PerHour: perHour, Busy: span + time.Hour, Faults: w.faults()}
	stand, err := measure.Serve(options)
	if err != nil {
		return result{}, err
	}
	defer stand.Close()
	home, err := os.MkdirTemp(dir, strings.ReplaceAll(p.name, " ", "-")+"-")
	if err != nil {
		return result{}, err
	}
	begun := time.Now()
	from := begun.Add(-settled - span).Truncate(time.Second)
	c := p.make(place{home, from, stand, s})
	if err := c.start(ctx); err != nil {
		return result{}, err
	}
	l, err := newLife(s, w, stand.Sandbox, from, begun.Add(-settled))
	if err != nil {
		return result{}, err
	}
	cost, err := l.play(ctx, c, stand)
	truth := measure.Know(stand.Sandbox, from, l.until)
	return result{
		World: w.name, Program: p.name, what: w.what,
		Conversations: len(truth.Due) + len(truth.Never), Calls: stand.Calls(),
		WallSeconds: cost.Wall.Seconds(), CPUSeconds: cost.CPU.Seconds(),
		PeakBytes: cost.Peak, Processes: cost.Processes,
		Verdict: truth.Judge(stand.Requests()),
	}, err
}

// life lets a world happen.
type life struct {
	settings
	world

	stand  *sandbox.Sandbox
	random *rand.Rand
	first  []sandbox.Conversation // marked done before the first round
	spare  []sandbox.Conversation // not yet marked done
	until  time.Time              // what was marked done before it has happened
}

func newLife(s settings, w world, stand *sandbox.Sandbox, from, to time.Time) (*life, error) {
	l := &life{
		settings: s, world: w, stand: stand, random: rand.New(rand.NewPCG(s.seed, 7)),
		first: stand.Conversations(from, to), until: to,
	}
	// Conversations of another day, which the searches of this one do not show until they are marked done
	// again.
	day := 24 * time.Hour
	other, err := sandbox.New(sandbox.Options{
		Seed: s.seed, PerHour: int(math.Ceil(float64(s.amount) / span.Hours())), Busy: span,
		Now: func() time.Time { return time.Now().Add(-day) },
	})
	if err != nil {
		return nil, err
	}
	for _, c := range other.Conversations(from.Add(-day), to.Add(-day)) {
		// The trickle of them is shown.
		shown := len(stand.Conversations(c.Resolved, c.Resolved.Add(1))) > 0
		if c.Expect == sandbox.Send && c.DoneCount == 0 && !shown {
			l.spare = append(l.spare, c)
		}
	}
	return l, nil
}

// play lets the program work round by round, and some rounds more while it has something to do by its own
// account.
func (l *life) play(ctx context.Context, c contestant, stand *measure.Stand) (cost measure.Cost, err error) {
	events := ids(l.first)
	for round, open := 0, true; round < l.rounds || open && round < l.rounds+moreRounds; round++ {
		if round > 0 {
			events = l.happen(round < l.rounds)
		} else if l.kills > 0 {
			cost, err = l.die(ctx, c, stand, events)
			events = nil
		}
		if err = cmp.Or(err, ctx.Err()); err != nil {
			return cost, err
		}
		var took measure.Cost
		took, open, err = c.round(ctx, events)
		cost = cost.Plus(took)
		// Times in the ledger of acsync are whole seconds: what is in doubt must be older than the next
		// request.
		if open && err == nil {
			err = sleep(ctx, 1100*time.Millisecond)
		}
		if err != nil {
			return cost, err
		}
	}
	return cost, nil
}

// die starts the program and kills it in the middle of its work, some times.
func (l *life) die(
	ctx context.Context, c contestant, stand *measure.Stand, events []string,
) (cost measure.Cost, err error) {
	for range l.kills {
		mortal, kill := context.WithCancel(ctx)
		at := stand.Calls().Requests + len(l.first)/(l.kills+2)
		stand.OnRequest(func(n int) {
			if n >= at {
				kill()
			}
		})
		took, _, err := c.round(mortal, events)
		stand.OnRequest(nil)
		kill()
		cost, events = cost.Plus(took), nil
		if err != nil {
			return cost, err
		}
	}
	return cost, nil
}

// happen lets conversations be marked done between two rounds, and gives their ids. Oddly is with what is the
// matter in this world.
func (l *life) happen(oddly bool) (events []string) {
	now := time.Now()
	var put []sandbox.Conversation
	done := func(c sandbox.Conversation, at time.Time) {
		c.Resolved, c.Updated = at.UTC().Truncate(time.Millisecond), time.Time{}
		c.DoneCount = max(1, c.DoneCount) + 1
		put, events = append(put, c), append(events, c.ID)
	}
	next := func() sandbox.Conversation {
		c := l.spare[0]
		l.spare = l.spare[1:]
		return c
	}
	perRound := func(share float64) int { return max(1, int(share*float64(l.amount))/(l.rounds-1)) }
	until := now.Add(-settled)
	// What the stand-ins make by themselves.
	for _, c := range l.stand.Conversations(l.until, until) {
		events = append(events, c.ID)
	}
	l.until = until
	// Just before the end of what has settled.
	newest := until.Add(-2 * time.Millisecond)
	for range 3 {
		done(next(), newest)
	}
	if l.late && oddly {
		for range perRound(lateShare) {
			by := float64(earliestBy) * math.Pow(float64(latestBy)/float64(earliestBy), l.random.Float64())
			done(next(), newest.Add(-time.Duration(by)))
		}
	}
	if l.again && oddly {
		for range perRound(againShare) {
			c := l.first[l.random.IntN(len(l.first))]
			if c.Expect == sandbox.Send {
				done(c, newest)
			}
		}
	}
	l.stand.Put(sandbox.Records{Conversations: put})
	return events
}

func ids(all []sandbox.Conversation) []string {
	list := make([]string, len(all))
	for i, c := range all {
		list[i] = c.ID
	}
	return list
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for the next round: %w", ctx.Err())
	}
}
