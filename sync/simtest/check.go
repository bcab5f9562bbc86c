package simtest

import (
	"slices"
	"strings"
	"time"

	"acsync/store"
	"acsync/sync/config"
	"acsync/sync/decide"
	"acsync/sync/exit"
	"acsync/sync/plan"
)

// checker holds what happens in a world against what must always hold.
type checker struct {
	journal  *journal
	dir      string
	habits   habits
	began    time.Time
	society  *society
	crm      *organisation
	receiver *receiver
	weathers []*weather
	network  *network

	numbers *numbering      // that intents have had
	suspect *suspicion      // an older copy was put back; nil: none was
	told    map[string]int  // how often a process that remembers was told of a refusal, by what was asked
	unseen  map[string]bool // who may have been counted as not to be read
	whole   bool            // the machine was put back: what Agent Connect has not taken nobody can know
	retried bool            // somebody has taken up again what was refused
	// reads the ledger as anybody can; false where it cannot be read
	entries func() ([]store.Entry, store.Info, bool)
}

// suspicion is a disk on which an older copy was put back.
type suspicion struct {
	what   string
	before folder // what was there
	copied folder // what was put there
	since  int    // arrivals that the copy knows nothing of
}

// arrives holds each request that Agent Connect gets against the ledger of the process that has sent it: its
// intent must be there, open, with the number that the request bears.
func (w *checker) arrives(process, id string, number uint64) {
	w.numbers.mu.Lock()
	open := w.numbers.open[process]
	w.numbers.mu.Unlock()
	w.checkStillDone(process, id)
	if open == nil {
		w.journal.wrongf("I3", "%s has sent a request about %s without a ledger", process, id)
		return
	}
	entries, err := open()
	if err != nil {
		return // the process was killed, and its ledger is closed by now
	}
	for _, e := range entries {
		if e.Conversation == id && (number == 0 || e.Intent == number) {
			return
		}
	}
	w.journal.wrongf("I3", "%s has sent a request about %s (#%d), and its ledger has no such intent", process,
		id, number)
}

func (w *checker) given(process string, key store.Key, number uint64) {
	w.numbers.mu.Lock()
	defer w.numbers.mu.Unlock()
	to := process + " about " + key.Conversation
	if earlier := w.numbers.given[number]; earlier != "" && (!w.whole || w.receiver.knows(number)) {
		w.journal.wrongf("I13", "intent #%d was given twice: by %s and by %s", number, earlier, to)
	}
	w.numbers.given[number] = to
	w.numbers.of[process] = append(w.numbers.of[process], key)
}

func (w *checker) opened(process string, open func() ([]store.Entry, error)) {
	w.numbers.mu.Lock()
	defer w.numbers.mu.Unlock()
	w.numbers.open[process] = open
}

// checkStillDone holds a request that arrives against the conversation as it is now. What was read longer ago
// than a pass may take without reading it again must not have been open since.
func (w *checker) checkStillDone(process, id string) {
	c := w.society.byID[id]
	if c == nil {
		w.journal.wrongf("I2", "%s asks about %q, which there is not", process, id)
		return
	}
	s := w.habits.config.Sync
	ago := time.Now().Add(-time.Duration(s.RecheckAfter) - 15*time.Minute)
	// A pass may have read it in a search that has not heard of it.
	if shown, ok := c.latest(ago, true); ok && shown.status == "done" && !shown.gone {
		return
	}
	now, _ := c.latest(time.Now(), false)
	before, was := c.latest(ago, false)
	if now.status == "done" && !now.gone || !was || before.status == "done" && !before.gone {
		return
	}
	for _, v := range c.life {
		if (v.at.After(ago) && v.at.Before(time.Now()) || v.shown.After(ago) && v.shown.Before(time.Now())) &&
			v.status == "done" {
			return
		}
	}
	w.journal.wrongf("I2", "%s asks about %s, which has not been done for long", process, id)
}

// checkApplied holds what was sent by a plan against the plan.
func (w *checker) checkApplied(made plan.Plan, began time.Time, process string) {
	w.numbers.mu.Lock()
	keys := slices.Clone(w.numbers.of[process])
	w.numbers.mu.Unlock()
	for _, key := range keys {
		i := slices.IndexFunc(made.Send, func(p plan.Planned) bool { return p.ID == key.Conversation })
		if i < 0 {
			w.journal.wrongf("I6", "%s asks about %s, which is not in the plan", process, key.Conversation)
			continue
		}
		v, _ := w.society.byID[key.Conversation].latest(began, false)
		if v.status != "done" || v.gone {
			w.journal.wrongf("I6", "%s asks about %s, which is %s by now", process, key.Conversation, v.status)
		}
		if planned := made.Send[i].Resolution; planned.Sub(v.done.Add(w.crm.ahead)).Abs() > time.Second {
			w.journal.wrongf("I6", "%s asks about %s, which was marked done again since it was planned", process,
				key.Conversation)
		}
	}
}

// checkProcess holds a process that has ended against what must always hold.
func (w *checker) checkProcess(p *process, e endedProcess) {
	w.checkHost(p, e)
	if leaked := leak(p.log.bytes()); leaked != "" {
		w.journal.wrongf("I9", "the log of %s has %s", p.name, leaked)
	}
	if e.err != nil {
		if leaked := leak([]byte(e.err.Error())); leaked != "" {
			w.journal.wrongf("I9", "the error of %s has %s", p.name, leaked)
		}
	}
	w.checkRate(p)
	w.checkTwice()
	if !e.killed && p.fails == 0 {
		w.checkAgain(p)
	}
	if w.suspect != nil && w.suspect.since > 0 && w.numbers.begun(p.name) > 0 {
		w.journal.wrongf("I8", "%s has sent by a ledger that was put back (%s)", p.name, w.suspect.what)
	}
	if e.killed {
		return
	}
	w.checkRefusal(p, e)
	if serious(e.code) && w.suspect == nil {
		w.journal.wrongf("I10", "%s ends with %d, and nothing was done to its ledger: %s", p.name, e.code,
			e.told(w.dir))
	}
	if e.result.Mode == "" {
		return
	}
	if !e.result.Accounted() {
		w.journal.wrongf("I5", "%s does not add up: %s", p.name, e.told(w.dir))
	}
	w.checkCode(e)
	w.checkPassedOver(e)
	w.checkClosed(p, e)
}

// checkHost finds a process that this machine has left without what it needs, be it said or logged.
func (w *checker) checkHost(p *process, e endedProcess) {
	said := string(p.log.bytes())
	if e.err != nil {
		said += e.err.Error()
	}
	if short := shortage(said); short != "" {
		w.journal.failf("%s met a shortage of this machine: %s", p.name, short)
	}
}

// checkClosed lets no intent stay open behind a pass that has come to its end, and could write that down.
func (w *checker) checkClosed(p *process, e endedProcess) {
	if p.fails > 0 || w.suspect != nil || e.result.DryRun || !w.numbers.alone() {
		return
	}
	entries, _, _ := w.entries()
	for _, each := range entries {
		// One that could not begin leaves what it finds.
		if each.State == store.Sending && (e.err == nil || w.numbers.gave(p.name, each.Key)) {
			w.journal.wrongf("I2", "%s has left the intent of %s open, which nobody sees", p.name, each.Conversation)
		}
	}
}

// checkCode holds the exit code against the report.
func (w *checker) checkCode(e endedProcess) {
	r := e.result
	todo := r.Counts[store.Rejected] + r.Counts[store.InDoubt] + r.Oddities()
	clean := e.err == nil && r.Fuse == "" && !r.Refused && r.Down == "" && todo == 0 &&
		r.Counts[store.Retry] == 0
	if clean != (e.code == exit.Done) {
		w.journal.wrongf("I10", "%s ends with %d: %s", e.name, e.code, e.told(w.dir))
	}
	if e.err == nil && r.Fuse == "" && !r.Refused && todo > 0 && e.code != exit.NeedsHand {
		w.journal.wrongf("I10", "%s ends with %d although %d need a hand: %s", e.name, e.code, todo, e.told(w.dir))
	}
}

// checkRefusal lets a key count as refused only where that was said of several requests.
func (w *checker) checkRefusal(p *process, e endedProcess) {
	if said := w.network.refused(p.name); e.code == exit.Credentials && said < 2 {
		w.journal.wrongf("I10", "%s ends with %d after %d requests were refused: %s", p.name, e.code, said,
			e.told(w.dir))
	}
}

// checkRate holds the requests of a process against the limit, in any minute.
func (w *checker) checkRate(p *process) {
	w.receiver.mu.Lock()
	left := slices.Clone(w.receiver.left[p.name])
	w.receiver.mu.Unlock()
	slices.SortFunc(left, time.Time.Compare)
	limit := p.config.AgentConnect.RequestsPerMinute
	for i := range left {
		if i+limit < len(left) && left[i+limit].Sub(left[i]) < time.Minute {
			w.journal.wrongf("I7", "%s has sent more than %d requests in the minute from %s", p.name, limit,
				since(w.began, left[i]))
			return
		}
	}
}

// checkTwice finds who was asked twice, or again although that was refused.
func (w *checker) checkTwice() {
	for id, times := range w.asked() {
		if c := w.society.byID[id]; times > w.most(c) {
			w.journal.wrongf("I1", "%s was asked about %d times", id, times)
		}
	}
}

// checkAgain finds who was asked about again although that was refused, and the process was told so.
func (w *checker) checkAgain(p *process) {
	for _, about := range w.network.refusals(p.name) {
		w.told[about]++
		id := strings.TrimPrefix(about, "POST of ")
		left := w.habits.config.Sync.MaxErrorRate < 1 || w.habits.restore || w.retried
		if times := w.told[about]; !left && times > w.most(w.society.byID[id]) {
			w.journal.wrongf("I1", "%s was refused %d times, and nobody has taken it up again", id, times)
		}
	}
}

// asked counts the requests that were carried out, by conversation.
func (w *checker) asked() map[string]int {
	times := map[string]int{}
	for _, each := range w.receiver.all() {
		times[each.id]++
	}
	return times
}

// most is how often a conversation may be asked about: once, or once for each time that it was marked done.
func (w *checker) most(c *conversation) int {
	if w.habits.config.Sync.SurveyPer == config.SurveyPerConversation {
		return 1
	}
	resolutions := map[time.Time]bool{}
	for _, v := range c.life {
		if v.status == "done" && !v.at.After(time.Now()) {
			resolutions[v.done] = true
		}
	}
	return len(resolutions)
}

// checkPassedOver finds a conversation that searches have shown all the time in what a pass has read, and
// that the ledger has never heard of.
func (w *checker) checkPassedOver(e endedProcess) {
	r := e.result
	if r.DryRun || r.Mode != "run" || r.From.IsZero() {
		return
	}
	entries, info, ok := w.entries()
	if !ok {
		return
	}
	if info.Checkpoint.After(w.crm.now().Add(time.Second)) {
		w.journal.wrongf("I4", "the checkpoint is %s, which has not come", info.Checkpoint)
	}
	w.checkRejected(entries)
	heard := map[string]bool{}
	for _, each := range entries {
		heard[each.Conversation] = true
	}
	for _, c := range w.society.conversations {
		shown, ok := c.latest(r.Started, true)
		now, _ := c.latest(time.Now(), true)
		done := shown.done.Add(w.crm.ahead)
		if !ok || shown.status != "done" || now.status != "done" || !shown.done.Equal(now.done) || now.gone ||
			heard[c.id] {
			continue
		}
		// What was read by its id is as it is by now, and comes in a later window where it was closed again.
		if is, _ := c.latest(time.Now(), false); c.trait == brokenRow && !is.done.Equal(now.done) {
			continue
		}
		from := r.From
		if e.err != nil || r.Fuse != "" || r.Down != "" {
			// It may not have come to read again what lies before the checkpoint.
			from = from.Add(time.Duration(w.habits.config.Sync.Overlap))
		}
		if c.trait == unreadable || done.Before(from) || !done.Before(r.Checkpoint) {
			continue
		}
		// It may be among those that could not be read, of which the report tells.
		if r.Unseen > 0 {
			w.unseen[c.id] = true
		} else {
			w.journal.wrongf("I4", "the checkpoint has passed %s (%s), which is not in the ledger", c.id, c.trait)
		}
	}
}

// checkRejected lets nobody count as refused whom Agent Connect itself has not refused.
func (w *checker) checkRejected(entries []store.Entry) {
	w.receiver.mu.Lock()
	defer w.receiver.mu.Unlock()
	for _, e := range entries {
		reason := decide.Reason(e.Reason)
		said := e.State == store.Rejected && reason != decide.GaveUp && reason != decide.UnreadableRecord
		if said && w.receiver.refusals[e.Conversation] == 0 {
			w.journal.wrongf("I2", "%s is rejected (%s), and Agent Connect has never said so", e.Conversation,
				e.Reason)
		}
	}
}

// checkUntouched holds what was only to be looked at against what it was.
func (w *checker) checkUntouched(process string, before, after folder) {
	was, is := before.sum(), after.sum()
	for name, sum := range is {
		if was[name] != sum {
			w.journal.wrongf("I6", "%s has changed %s", process, name)
		}
	}
	for name := range was {
		if is[name] == "" {
			w.journal.wrongf("I6", "%s has removed %s", process, name)
		}
	}
	if w.numbers.begun(process) > 0 {
		w.journal.wrongf("I6", "%s has sent", process)
	}
}

// checkForetold holds a dry run against the pass after it, where nothing has changed in between.
func (w *checker) checkForetold(dry, real endedProcess, began time.Time) {
	if dry.err != nil || real.err != nil || real.result.Fuse != "" || !w.quiet(began) {
		return
	}
	w.journal.meets("operator: a dry run foretells")
	if sent := w.numbers.begun(real.name); sent != dry.result.Planned {
		w.journal.wrongf("I6", "%s has foretold %d survey requests, and %s has made %d", dry.name,
			dry.result.Planned, real.name, sent)
	}
}

// quiet reports whether nothing has happened since a time, and nothing may have gone wrong.
func (w *checker) quiet(since time.Time) bool {
	for _, each := range w.weathers {
		if each.share > 0 || len(each.spells) > 0 {
			return false
		}
	}
	// What was marked done is read once it has settled.
	from := since.Add(-time.Duration(w.habits.config.Sync.Settle) - time.Minute)
	for _, c := range w.society.conversations {
		for _, v := range c.life {
			if v.at.After(from) && v.at.Before(time.Now()) || v.shown.After(since) && v.shown.Before(time.Now()) {
				return false
			}
		}
	}
	// What waits may have its time in between.
	entries, _, ok := w.entries()
	return ok && !slices.ContainsFunc(entries, func(e store.Entry) bool {
		return e.State.Waiting() || e.At.After(since) && e.Attempts > 1
	})
}

// truth parts what is in doubt into what has arrived and what has not.
func (w *checker) truth(entries []store.Entry) (arrived, lost []string) {
	for _, e := range entries {
		if e.State != store.InDoubt && e.State != store.Sending {
			continue
		}
		id := named(e)
		if w.has(e) {
			arrived = append(arrived, id)
		} else {
			lost = append(lost, id)
		}
	}
	return arrived, lost
}

// named is how an operator names an entry.
func named(e store.Entry) string {
	if e.Key.Resolution == 0 {
		return e.Conversation
	}
	return e.Conversation + "@" + time.UnixMilli(e.Key.Resolution).UTC().Format("2006-01-02T15:04:05.000Z")
}

// has reports whether Agent Connect has carried out the request of an entry.
func (w *checker) has(e store.Entry) bool {
	return slices.ContainsFunc(w.receiver.all(), func(a arrival) bool {
		return a.id == e.Conversation && (a.number == 0 || a.number == e.Intent || e.Key.Resolution == 0)
	})
}

// checkEnd holds what has become of every conversation against what should have.
func (w *checker) checkEnd() {
	entries, _, ok := w.entries()
	if !ok {
		w.journal.wrongf("I2", "the ledger cannot be read in the end")
		return
	}
	states := map[string][]store.Entry{}
	for _, e := range entries {
		states[e.Conversation] = append(states[e.Conversation], e)
	}
	asked := w.asked()
	for _, c := range w.society.conversations {
		w.checkConversation(c, states[c.id], asked[c.id])
	}
	if disk, err := keep(w.dir); err == nil {
		for name, text := range disk {
			if leaked := leak(text); leaked != "" {
				w.journal.wrongf("I9", "%s has %s", name, leaked)
			}
		}
	}
}

func (w *checker) checkConversation(c *conversation, entries []store.Entry, asked int) {
	last := c.last()
	if !c.trait.sendable() {
		if asked > 0 {
			w.journal.wrongf("I2", "%s (%s) was asked about, and must not be", c.id, c.trait)
		}
		return
	}
	if last.gone || last.status != "done" {
		return
	}
	for _, e := range entries {
		if e.State == store.Accepted && asked == 0 {
			w.journal.wrongf("I2", "%s is accepted, and Agent Connect has never had it", c.id)
		}
	}
	// What could not be read when a pass came by is read again with a day, if that is wanted.
	if asked > 0 || w.unseen[c.id] && w.habits.config.Sync.Reread == 0 {
		return
	}
	text := "nothing"
	for _, e := range entries {
		text = e.State.String() + " " + e.Reason
	}
	w.journal.wrongf("I2", "%s (%s), done since %s, was not asked about: the ledger has %s", c.id, c.trait,
		since(w.began, last.done), text)
}
