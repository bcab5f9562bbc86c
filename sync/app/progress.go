package app

import (
	"fmt"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/report/doc"
	"acsync/sync/tenant"
)

const (
	rateOver   = 5 * time.Minute // what the rate is measured over
	sampleGap  = time.Second     // between two of its samples
	enoughTime = 5 * time.Second // before anything is said of the time that is left
	enoughDone = 5               // and what must have been done in it
)

// progress counts how far a pass is, for the line on a terminal and for the log. Its methods may be called
// concurrently.
type progress struct {
	perMinute int           // survey requests at most, by the configuration
	max       int           // survey requests that the pass may create; 0: any number
	most      time.Duration // how long it may take; 0: for ever

	mu       sync.Mutex
	dry      bool
	began    time.Time // the pass; zero before
	span     time.Time // the end of its range
	due      int       // taken up from the ledger
	found    int       // those included
	done     int       // of the found
	toSend   int       // of those that windows held
	inWindow int       // found in windows
	sent     int
	counted  *surveysync.Estimated // nil: nothing was counted before
	until    time.Time             // windows are read up to here
	samples  []sample
	shown    time.Duration // the time left that was told last
}

// sample is how much was done at a time.
type sample struct {
	at         time.Time
	done, sent int
}

// Observe counts.
func (p *progress) Observe(event surveysync.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case surveysync.Estimated:
		p.counted = &e
	case surveysync.PassStarted:
		if p.began.IsZero() {
			p.began, p.span, p.dry = time.Now(), e.Window.To, e.DryRun
			p.samples = []sample{{at: p.began}}
		}
		p.due += e.Due
		p.found += e.Due
	case surveysync.WindowRead:
		p.found += e.Found
		p.inWindow += e.Found
		p.toSend += e.Send
		p.until = e.To
	case surveysync.Disposed:
		p.done++
		if wasSent(e.Row) {
			p.sent++
		}
		p.sample(time.Now())
	}
}

// wasSent reports whether a survey request has taken its time: it was delivered, well or not.
func wasSent(row surveysync.Row) bool {
	return row.State == store.Accepted || row.State == store.InDoubt ||
		row.State == store.Rejected && row.Status != 0
}

func (p *progress) sample(now time.Time) {
	if n := len(p.samples); n == 0 || now.Sub(p.samples[n-1].at) < sampleGap {
		return
	}
	p.samples = append(p.samples, sample{now, p.done, p.sent})
	// The oldest is the last one from before what is measured.
	for len(p.samples) > 2 && now.Sub(p.samples[1].at) > rateOver {
		p.samples = p.samples[1:]
	}
}

// gettingReady is the phase before anything is counted.
const gettingReady = "getting ready"

// standing is how far a pass is at a moment.
type standing struct {
	phase     string
	done      int
	found     int
	total     int    // 0: not known
	words     string // the total, such as "about 1,200"; empty: not known
	perMinute float64
	left      time.Duration
	bound     bool      // it takes at most that long: the pace is not known yet
	until     time.Time // up to which windows are read; zero before
	sending   bool      // perMinute is of survey requests
}

// standing tells how far the pass is. What it cannot know it leaves out.
func (p *progress) standing(now time.Time) standing {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := standing{phase: p.phase(), done: p.done, found: p.found, until: p.until}
	s.total, s.words = p.total()
	elapsed := now.Sub(p.began)
	if p.began.IsZero() || len(p.samples) == 0 {
		elapsed = 0
	}
	if elapsed <= 0 {
		s.left, s.bound = p.bound(s.total), true
		return s
	}
	first := p.samples[0]
	minutes := now.Sub(first.at).Minutes()
	s.sending = !p.dry && p.sent > 0
	s.perMinute = float64(p.done-first.done) / minutes
	rest := float64(s.total - p.done)
	if s.sending {
		// What is skipped takes no time: what is sent sets the pace.
		s.perMinute = float64(p.sent-first.sent) / minutes
		rest = float64(p.toSend - p.sent)
		if p.inWindow > 0 {
			rest = max(rest, 0) + max(float64(s.total-p.found), 0)*float64(p.toSend)/float64(p.inWindow)
		}
		if p.max > 0 {
			rest = min(rest, float64(p.max-p.sent))
		}
	}
	if s.total > 0 && s.perMinute > 0 && elapsed >= enoughTime && p.done >= enoughDone {
		s.left = p.steady(time.Duration(max(rest, 0) / s.perMinute * float64(time.Minute)))
	} else {
		s.left, s.bound = p.bound(s.total), true
	}
	if p.most > 0 && (s.left == 0 || s.left > p.most-elapsed) {
		s.left, s.bound = max(p.most-elapsed, time.Second), true
	}
	return s
}

// bound is how long the rest takes at most, where each of it is sent; 0 where that is not known. The
// stand-ins' pace is not theirs.
func (p *progress) bound(total int) time.Duration {
	if total == 0 || p.perMinute == 0 || p.dry {
		return 0
	}
	rest := total - p.done
	if p.max > 0 {
		rest = min(rest, p.max-p.sent)
	}
	return time.Duration(float64(max(rest, 0)) / float64(p.perMinute) * float64(time.Minute))
}

// steady keeps the time that was told last as long as it is right to the minute.
func (p *progress) steady(left time.Duration) time.Duration {
	if off := (left - p.shown).Abs(); p.shown == 0 || off > max(40*time.Second, p.shown/20) {
		p.shown = left
	}
	return p.shown
}

func (p *progress) phase() string {
	switch {
	case p.began.IsZero():
		return gettingReady
	case p.inWindow == 0 && p.done < p.due:
		return "sending what waited"
	case p.until.IsZero():
		return "reading"
	case p.dry:
		return "deciding"
	case p.read() && p.done >= p.found:
		return "finishing"
	}
	return "sending"
}

// read reports whether all windows are.
func (p *progress) read() bool { return !p.until.IsZero() && !p.until.Before(p.span) }

// total is how many conversations there are, exactly once all windows are read.
func (p *progress) total() (n int, words string) {
	known := max(p.found, p.done)
	switch {
	case p.read():
		return known, doc.Thousands(known)
	case p.counted == nil || p.counted.More && p.counted.Conversations == 0:
		return 0, ""
	}
	n = p.due + p.counted.Conversations
	switch {
	case p.counted.More:
		return 0, "at least " + doc.Thousands(max(n, known))
	case known >= n:
		return 0, "more than " + doc.Thousands(known)
	}
	return n, "about " + doc.Thousands(n)
}

// line is the standing in at most so many columns: what it has no room for is left out, the least important
// first. What is waited for comes last.
func (s standing) line(width int, wait tenant.Wait) string {
	counts, bare := s.phase, ""
	// What is skipped counts, and was never to be sent.
	if s.sending && counts == "sending" {
		counts = "done with"
	}
	switch {
	case s.phase == gettingReady:
	case s.words != "":
		bare = doc.Thousands(s.done) + " of " + s.words
	case s.found > 0:
		bare = doc.Thousands(s.done) + " of " + doc.Thousands(s.found) + " found so far"
	}
	if bare != "" {
		counts += " " + bare
	}
	percent, rate, left, bar, place := "", "", s.leftWords(), "", ""
	if s.total > 0 && s.phase != gettingReady {
		share := float64(min(s.done, s.total)) / float64(s.total)
		percent, bar = fmt.Sprintf("%d%%", int(share*100)), barOf(share)
	}
	if s.perMinute >= 1 {
		rate = doc.Thousands(int(math.Round(s.perMinute))) + "/min"
	}
	if !s.until.IsZero() {
		place = "read up to " + s.until.UTC().Format("2006-01-02 15:04") + " UTC"
	}
	wordy, brief := wait.Text, wait.Brief
	if wait.Text == "" {
		wordy, brief = place, ""
	}
	for _, parts := range [][]string{
		{counts, bar, percent, rate, left, wordy},
		{counts, percent, rate, left, wordy},
		{counts, percent, rate, left, brief},
		{counts, rate, left, brief},
		{counts, left, brief},
		{counts, brief},
		{bare, brief},
		{counts, left},
		{counts},
	} {
		line := joined(parts)
		if text.StringWidthWithoutEscSequences(line) <= width && line != "" {
			return line
		}
	}
	return text.Trim(counts, width)
}

// joined are the parts that are not empty, side by side.
func joined(parts []string) string {
	var b strings.Builder
	for _, part := range parts {
		if part != "" && b.Len() > 0 {
			b.WriteString(" · ")
		}
		b.WriteString(part)
	}
	return b.String()
}

const barRoom = 24

func barOf(share float64) string {
	full := int(share * barRoom)
	return strings.Repeat("█", full) + strings.Repeat("░", barRoom-full)
}

// leftWords is the time that is left, no more exact than is known; empty where nothing is.
func (s standing) leftWords() string {
	about := "about"
	if s.bound {
		about = "at most"
	}
	switch minutes := int(math.Round(s.left.Minutes())); {
	case s.left <= 0:
		return ""
	case s.left < 50*time.Second:
		return "under 1 min left"
	case minutes < 90:
		return fmt.Sprintf("%s %d min left", about, max(minutes, 1))
	default:
		return fmt.Sprintf("%s %s left", about, hours(s.left.Round(10*time.Minute)))
	}
}

func hours(d time.Duration) string {
	minutes := int(math.Ceil(d.Minutes()))
	if minutes < 60 {
		return fmt.Sprintf("%d min", minutes)
	}
	return fmt.Sprintf("%d h %d min", minutes/60, minutes%60)
}
