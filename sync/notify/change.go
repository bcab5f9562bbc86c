package notify

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/exit"
)

// Change is something that is otherwise than after the pass before.
type Change struct {
	Kind string // one of the kinds below
	Text string // for people, in one or two sentences
}

// The kinds of changes.
const (
	Failing   = "failing"   // passes do not do what they should
	Recovered = "recovered" // they do again
	Killed    = "killed"    // the pass before came to no end
	Fuse      = "fuse"      // one blew
	Backlog   = "backlog"   // what waits becomes more
	Cleared   = "cleared"   // nothing of that waits any more
	Doubts    = "doubts"    // there are more in doubt
	Settled   = "settled"   // there are none any more
)

// Signal is a light of acsync status, which has words for what is so and what to do.
type Signal struct{ Name, Level, Text, Todo string }

const (
	// so many passes in a row that the next should have mended, or that leave more than the one before, are
	// no chance
	inARow = 3
	// how far the checkpoint is behind at least where it falls behind
	farBehind = time.Hour
)

// Works reports whether a pass with an exit code has done its work: also where it leaves something that a
// person should look at.
func Works(code exit.Code) bool { return code == exit.Done || code == exit.NeedsHand }

// Changes tells what the pass that has just ended, the first of runs, has changed against those before it,
// the newest of them first; as many as are known. What the ledger has in doubt is the same for passes of all
// modes; for the rest a pass is compared with those of its own. Who is the tenant of a ledger, and what its
// lights say, is for the words alone.
func Changes(tenant string, runs []store.Run, signals []Signal) (changes []Change) {
	if len(runs) == 0 {
		return nil
	}
	last, past := runs[0], runs[1:]
	s := &speaker{tenant: tenant, last: last, signals: signals}
	s.killed(past)
	before := standing{}
	for _, run := range slices.Backward(past) {
		before = before.after(run, last.Mode)
	}
	now := before.after(last, last.Mode)
	fails, failed := now.failing || now.fuse != "", before.failing || before.fuse != ""
	switch {
	case now.fuse != "" && now.fuse != before.fuse:
		s.say(Fuse, "a fuse blew: "+last.Fuse+". Nothing more was sent, the rest is kept", "last pass")
	case now.failing && !before.failing:
		s.say(Failing, "failing: "+ending(last), "last pass")
	case failed && !fails:
		s.say(Recovered, "recovered: "+ending(last), "")
	}
	switch {
	case now.backlog && !before.backlog:
		s.say(Backlog, "a backlog grows: "+now.behind(), "next due", "retries", "checkpoint")
	case !now.backlog && before.backlog:
		s.say(Cleared, "the backlog is gone", "")
	}
	switch doubts, known := inDoubt(last); {
	case !known:
	case doubts > before.doubts:
		s.say(Doubts, fmt.Sprintf("%d in doubt, %d before: they may have arrived, and are not sent again by "+
			"themselves", doubts, before.doubts), "in doubt")
	case doubts == 0 && before.doubts > 0:
		s.say(Settled, "nothing is in doubt any more", "")
	}
	return s.changes
}

func ending(r store.Run) string {
	return fmt.Sprintf("exit %d, %s", r.Exit, exit.Code(r.Exit))
}

// standing is where things stand after some passes.
type standing struct {
	failing bool
	strikes int    // passes in a row that the next should have mended
	fuse    string // the name of the one that blew; empty for none
	backlog bool
	waits   rising
	lag     rising
	reached time.Time // the checkpoint
	doubts  int
}

// after is where things stand when another pass has ended. What was killed or let go of the ledger in between
// has told nothing.
func (s standing) after(run store.Run, mode string) standing {
	if run.Killed {
		return s
	}
	if doubts, known := inDoubt(run); known {
		s.doubts = doubts
	}
	if run.Mode != mode {
		return s
	}
	s = s.ended(run)
	if run.Left != nil {
		s = s.left(run)
	}
	if run.Checkpoint.After(s.reached) {
		s.reached = run.Checkpoint
	}
	return s
}

// ended takes in how a pass ended.
func (s standing) ended(run store.Run) standing {
	fuse, _, _ := strings.Cut(run.Fuse, ":")
	switch code := exit.Code(run.Exit); {
	// Somebody stopped it, or another one is at work: neither says how passes go.
	case code == exit.Locked, code >= exit.HungUp:
		return s
	case fuse != "", code == exit.Fuse:
		return standing{
			fuse: fuse, backlog: s.backlog, waits: s.waits, lag: s.lag, reached: s.reached, doubts: s.doubts,
		}
	case code == exit.Temporary && (run.Outage != nil || !run.Checkpoint.After(s.reached)):
		if s.strikes++; s.strikes >= inARow {
			s.failing = true
		}
	// It goes on, though not with everything.
	case code == exit.Temporary, Works(code):
		s.failing, s.strikes = false, 0
	default:
		s.failing = true
	}
	s.fuse = ""
	return s
}

// left takes in what a pass has left to others. As long as passes fail, that is why they leave much.
func (s standing) left(run store.Run) standing {
	waits := run.Left[store.Retry.String()] + run.Reasons[string(decide.Paused)] +
		run.Reasons[string(decide.Stopped)]
	lag := run.Ended.Sub(run.Checkpoint)
	if run.Mode != "run" || lag < farBehind || s.failing {
		lag = 0
	}
	s.waits, s.lag = s.waits.to(waits), s.lag.to(int(lag.Seconds()))
	switch {
	case s.waits.times >= inARow, s.lag.times >= inARow:
		s.backlog = true
	case waits == 0 && lag == 0:
		s.backlog = false
	}
	return s
}

// behind says how large the backlog is.
func (s standing) behind() string {
	var parts []string
	if s.waits.now > 0 {
		parts = append(parts, fmt.Sprintf("%d wait", s.waits.now))
	}
	if s.lag.now > 0 {
		behind := time.Duration(s.lag.now) * time.Second
		parts = append(parts, fmt.Sprintf("the checkpoint is %s behind", behind.Round(time.Minute)))
	}
	return fmt.Sprintf("%s, and it was less after each of the %d passes before",
		strings.Join(parts, ", "), inARow)
}

// rising is a number that is looked at after each pass, and how often in a row it has become greater.
type rising struct{ now, times int }

func (r rising) to(n int) rising {
	switch {
	case n > r.now:
		return rising{n, r.times + 1}
	case n < r.now:
		return rising{n, 0}
	}
	return r
}

// inDoubt is how many a pass has left in doubt, with those that were under way; it is known since passes note
// what they leave.
func inDoubt(run store.Run) (doubts int, known bool) {
	return run.Left[store.InDoubt.String()] + run.Left[store.Sending.String()], run.Left != nil
}

// speaker finds the words for changes.
type speaker struct {
	tenant  string
	last    store.Run
	signals []Signal
	changes []Change
}

// killed tells of a pass between the last one and the one before it that has told something itself.
func (s *speaker) killed(past []store.Run) {
	for _, run := range past {
		switch {
		case !run.Killed:
			return
		case !run.LetGo:
			s.say(Killed, fmt.Sprintf("killed: pass %s (%s) of %s came to no end", run.Pass, run.Mode,
				run.Started.UTC().Format(time.RFC3339)), "")
			return
		}
	}
}

// say adds a change, with what to do about it by the first of some lights that is not green.
func (s *speaker) say(kind, what string, lights ...string) {
	text := fmt.Sprintf("acsync %s: %s (%s", s.tenant, what, s.last.Mode)
	if s.last.Pass != "" {
		text += ", pass " + s.last.Pass
	}
	text += ")."
	for _, name := range lights {
		i := slices.IndexFunc(s.signals, func(l Signal) bool { return l.Name == name && l.Todo != "" })
		if i >= 0 {
			text += " To do: " + s.signals[i].Todo + "."
			break
		}
	}
	s.changes = append(s.changes, Change{kind, text})
}
