package deliver

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	stdsync "sync"
	"time"

	"acsync/store"
	"acsync/sync/decide"
)

// Limits are what makes a pass stop sending and keep the rest for later. Zero switches all but the last off.
type Limits struct {
	Requests  int     // at most so many survey requests: max_per_run
	Max       int     // the operator's own limit for this pass: --max
	First     int     // what the first pass of a ledger may send: --confirm-first-run; 0 = any number
	ErrorRate float64 // share of rejected requests, 0 to 1, once enough were sent; 1 = any: max_error_rate
}

// AtMost is what a pass may send by its limits; 0 = any number.
func (l Limits) AtMost() int {
	if l.Max > 0 && l.Requests > 0 {
		return min(l.Max, l.Requests)
	}
	return max(l.Max, l.Requests)
}

const (
	enoughToJudge  = 40              // requests before the share of rejected ones counts
	enoughAlike    = 10              // requests that are enough when every one of them was rejected
	limitedInARow  = 40              // answers 429 in a row before the service is taken to be closed to us
	limitedFor     = 5 * time.Minute // or answers 429 alone for so long
	failuresInARow = 5               // answers that tell nothing, or none, before it is taken to be down
	refusedInARow  = 5               // requests that are refused the key, after others were not
	refusedAtFirst = 2               // and before any other was answered, ever
	astrayInARow   = 5               // that no address is found for, before any other was answered in this pass
	oftenTried     = 3               // attempts from which on a request in doubt says nothing of the service
	mostInVain     = 10              // requests in a row, tried before or not, after which that is no longer so
)

// fuse admits survey requests until a limit is reached; once blown it stays so for the pass.
type fuse struct {
	limits Limits
	// earlier passes had their answers: at this address, with this key
	proven bool
	// what was marked done from one on and before the other, and is still sent, others did not get accepted
	takenFrom, takenTo time.Time

	mu       stdsync.Mutex
	admitted int
	judged   int
	rejected int
	left     int      // of the judged: those of the range that was taken over
	heard    int      // answers in Agent Connect's own words: accepted or rejected
	failures int      // in a row
	vain     int      // in a row: neither accepted nor rejected, though an answer may have come
	astray   int      // answers 404 of something else
	silences int      // in a row: no connection at all
	unknown  int      // of the judged: none of their answers was recognised, and no other came yet
	looks    []string // what those looked like
	blown    string
	full     bool               // it blew because of the number alone: what was admitted before is sent
	enough   string             // the operator's own limit that is reached: no fault
	limited  int                // in a row: answered 429
	since    time.Time          // when the first of those came
	alike    []Refused          // of the judged, while all were rejected for one reason
	refused  map[store.Key]bool // that were refused the key, in a row
	tells    bool               // a request was sent that never failed before, or there is no connection
	knocking bool               // it was found down: one request at a time, until one is answered
	lost     bool               // so many in a row got no usable answer that it is taken to be down
	down     string             // Agent Connect takes nothing: nothing is lost, a later pass will do
	turns    context.Context    // ends when what was admitted and waits for its turn is to stay here too
	trip     func()             // ends it
}

func newFuse(l Limits) *fuse {
	f := &fuse{limits: l, refused: map[store.Key]bool{}}
	f.turns, f.trip = context.WithCancel(context.Background())
	return f
}

// admit takes a place for one more request; false when the pass is to stop sending.
func (f *fuse) admit() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.blown != "" || f.enough != "" || f.down != "":
		return false
	case f.limits.Max > 0 && f.admitted >= f.limits.Max:
		f.enough = "max"
		return false
	case f.limits.First > 0 && f.admitted >= f.limits.First:
		f.enough = "confirm-first-run"
		return false
	case f.limits.Requests > 0 && f.admitted >= f.limits.Requests:
		f.full = true
		f.blown = fmt.Sprintf("max_per_run: %d survey requests were created in this pass", f.admitted)
		return false
	}
	f.admitted++
	return true
}

func (f *fuse) release() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.admitted--
}

// seen is an outcome as far as the pass knows more than its answer tells: when others had their answers, it
// is about this request alone, and so when they had theirs before. One that was tried so often, and would be
// tried again, is given up while others are taken.
func (f *fuse) seen(o Outcome, before store.Record, attempt int) Outcome {
	f.mu.Lock()
	defer f.mu.Unlock()
	if o.Reason == decide.Credentials && (f.heard > 0 || decide.Reason(before.Reason) == decide.Forbidden) {
		o.Reason = decide.Forbidden
	}
	if f.heard == 0 {
		return o
	}
	if o.Reason.Parked() && attempt >= decide.MostAttempts && f.vain < mostInVain {
		o.State, o.Reason = store.Rejected, decide.GaveUp
	}
	return o
}

// note counts an outcome of a request, whose attempt it was. It returns why nothing more is to be sent at
// all.
func (f *fuse) note(c decide.Case, o Outcome, attempt int) error {
	key := c.Key
	// It says nothing of the service.
	if o == notSent || o.Reason == decide.TooLate {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	// That it fails again, while others do not, says nothing new. Of doubts, which cost most, that is believed
	// last.
	again := f.heard > 0 && f.vain < mostInVain && o.State != store.Accepted &&
		(o.State == store.Retry && attempt > 1 || attempt >= oftenTried)
	switch {
	case o.State == store.Accepted, o.State == store.Rejected && o.Reason != decide.GaveUp:
		f.vain = 0
	case o.Reason != decide.Limited && o.Reason != decide.Unreachable:
		f.vain++
	}
	if attempt == 1 || o.Reason == decide.Unreachable {
		f.tells = true
	}
	switch o.Reason {
	case decide.Credentials, decide.Forbidden:
		// Alone it says nothing of the key, which was good when it was refused before.
		alone := f.heard == 0 && o.Reason == decide.Forbidden && f.vain < mostInVain
		if !again && !alone {
			f.refused[key] = true
		}
		if n := len(f.refused); n >= refusedInARow || f.unheard() && n >= refusedAtFirst {
			return ErrRefused
		}
		return nil
	// Nobody has judged it.
	case decide.GaveUp:
		f.silences, f.limited = 0, 0
	case decide.Gateway:
		f.silences, f.limited = 0, 0
		if !again {
			f.failures++
		}
		if o.Status == http.StatusNotFound && attempt == 1 && !key.Recovery {
			f.astray++
		}
		switch {
		case f.heard == 0 && (f.astray >= astrayInARow || f.astray > 0 && f.unheard()):
			// What answers is not Agent Connect, of which nothing is known.
			f.failures, f.silences = 0, 0
			return ErrNoSuchAddress
		case f.down != "":
		case f.failures >= failuresInARow:
			f.lost = true
			f.down = fmt.Sprintf("%d requests in a row were turned away by something before it (%d, %s)",
				f.failures, o.Status, cmp.Or(o.Message, "without a word"))
		}
	case decide.Unreachable:
		if f.silences++; f.silences >= failuresInARow && f.down == "" {
			f.lost = true
			f.down = fmt.Sprintf("%d attempts in a row made no connection (%s)", f.silences, o.Message)
		}
	case decide.Limited:
		if f.limited++; f.limited == 1 {
			f.since = time.Now()
		}
		if f.down == "" && (f.limited >= limitedInARow || time.Since(f.since) >= limitedFor) {
			f.down = fmt.Sprintf("it answered 429 %d times in a row, for %s", f.limited,
				time.Since(f.since).Round(time.Second))
			if f.limited >= limitedInARow {
				f.down += "; lower agent_connect.requests_per_minute"
			}
		}
	default:
		f.silences, f.limited = 0, 0
		if o.heard() {
			clear(f.refused)
			f.heard++
		}
		if !again {
			f.judge(key, o, f.takenOver(c.Resolution()))
		}
	}
	f.knocked()
	if f.blown != "" && !f.full || f.down != "" {
		f.trip()
	}
	return nil
}

// unheard reports whether no request was ever answered, so that little is needed to doubt address and key.
func (f *fuse) unheard() bool { return f.heard == 0 && !f.proven }

// Proven says that earlier passes had their answers.
func (f *fuse) Proven() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.proven = true
}

// TookOver says for which range the ledger knows from Agent Connect's data whom others have asked. What is
// left of it was perhaps refused to these as well, which says little of the account.
func (f *fuse) TookOver(from, to time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.takenFrom, f.takenTo = from, to
}

func (f *fuse) takenOver(resolution time.Time) bool {
	return !f.takenFrom.IsZero() && !resolution.Before(f.takenFrom) && resolution.Before(f.takenTo)
}

// Stay lets nothing be sent, because Agent Connect is down for a reason that is known.
func (f *fuse) Stay(why string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down = why
}

// Knock lets one request be sent at a time until one is answered, and no more once one is not.
func (f *fuse) Knock() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.knocking = true
}

func (f *fuse) isKnocking() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.knocking
}

// knocked takes in the first answer after an outage.
func (f *fuse) knocked() {
	switch failed := f.failures+f.silences > 0; {
	case f.heard > 0:
		f.knocking = false
	case f.knocking && failed && f.down == "":
		f.down = "it was found down before, and the one request that was sent first got no usable answer"
	}
}

// Receiver reports whether Agent Connect is up, by the last answers; known is false when nothing tells: what
// failed before fails, perhaps, by its own fault.
func (f *fuse) Receiver() (up, known bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	failed := f.failures+f.silences > 0 && (f.tells || f.knocking)
	return !f.lost && f.heard > 0, f.lost || f.heard > 0 || failed
}

// waiting is a context for those that wait for their turn: it ends when the fuse trips.
func (f *fuse) waiting(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(f.turns, cancel)
	return ctx, func() { stop(); cancel() }
}

// Refused is a survey request that was rejected, and why.
type Refused struct {
	Key    store.Key
	Reason decide.Reason
}

// compare keeps what was rejected while all of it was rejected for one reason.
func (f *fuse) compare(key store.Key, o Outcome) {
	so := len(f.alike) == f.judged-1 && (f.judged == 1 || f.alike[0].Reason == o.Reason)
	if !so || o.State != store.Rejected {
		f.alike = nil
		return
	}
	f.alike = append(f.alike, Refused{key, o.Reason})
}

// Alike are the survey requests of a pass that ended because each of its first ones was rejected for the same
// reason: that is more likely the account's than theirs. There are none in any other case.
func (f *fuse) Alike() []Refused {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.alike) < enoughAlike || f.blown == "" {
		return nil
	}
	return slices.Clone(f.alike)
}

// judge counts an answer; left is one to a request of the range that was taken over.
func (f *fuse) judge(key store.Key, o Outcome, left bool) {
	f.judged++
	if left {
		f.left++
	}
	f.failures++
	if o.heard() {
		f.failures = 0
	}
	if o.State == store.Rejected {
		f.rejected++
	}
	f.compare(key, o)
	if o.Reason == decide.Unrecognised && f.unknown == f.judged-1 {
		f.unknown++
		f.look(o)
	}
	share := float64(f.rejected) / float64(f.judged)
	enough := f.judged >= enoughToJudge || f.judged-f.left >= enoughAlike && f.rejected == f.judged
	switch {
	case f.blown != "":
	case f.judged == failuresInARow && f.unknown == f.judged:
		f.blown = fmt.Sprintf("unrecognised_answers: none of the first %d answers says that its survey "+
			"request was taken; they were %s; compare agent_connect.base_url with Agent Connect's own "+
			"address, and look there whether these arrived", f.unknown, strings.Join(f.looks, " and "))
	case f.failures >= failuresInARow:
		f.lost = true
		f.blown = fmt.Sprintf("server_failures: %d requests in a row got no usable answer", f.failures)
	case enough && share > f.limits.ErrorRate && len(f.alike) == f.judged:
		f.blown = fmt.Sprintf("max_error_rate: each of the first %d survey requests was rejected for one "+
			"reason, %s, which is more likely the account's than theirs: they are tried again%s", f.judged,
			o.Reason, f.remainder())
	case enough && share > f.limits.ErrorRate:
		f.blown = fmt.Sprintf("max_error_rate: %d of %d survey requests were rejected%s", f.rejected, f.judged,
			f.remainder())
	}
}

// remainder adds to what blew the fuse that it need not tell of a fault where most requests were left of the
// range that was taken over; empty elsewhere.
func (f *fuse) remainder() string {
	if f.left*2 <= f.judged {
		return ""
	}
	return fmt.Sprintf("; %d of the %d are left of the range that was taken over (init --adopt, ledger "+
		"rebuild), where also those are left that were refused before, as to the workflow in Kustomer: if "+
		"the reasons in the report are known from there, nothing is wrong, and the next pass goes on",
		f.left, f.judged)
}

// look keeps what answers looked like, of different ones the first two.
func (f *fuse) look(o Outcome) {
	looks := fmt.Sprintf("%d with %s", o.Status, o.Message)
	if !slices.Contains(f.looks, looks) && len(f.looks) < 2 {
		f.looks = append(f.looks, looks)
	}
}

// Stopped reports whether no more survey requests are admitted.
func (f *fuse) Stopped() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.blown != "" || f.enough != "" || f.down != ""
}

// StopReasons is what ended the sending: a fuse, a service that takes nothing, or the operator's own limit.
func (f *fuse) StopReasons() (blown, down, limit string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	// Otherwise requests were admitted up to the limit, but it is not what ended the sending.
	if f.blown == "" && f.down == "" {
		limit = f.enough
	}
	return f.blown, f.down, limit
}
