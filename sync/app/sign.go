package app

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"acsync/sync/fetch"
	"acsync/sync/report/doc"
)

// sign shows on a terminal, in one line, how far a command is that works for minutes. What is written through
// it, such as the log, stands above that line. It leaves nothing behind.
type sign struct {
	to    io.Writer
	shown bool       // there is a terminal, and progress is wanted
	width func() int // of the terminal now, in columns

	mu       sync.Mutex
	drawn    string // the line that stands there; empty: none does
	wide     int    // the terminal when it was drawn
	last     time.Time
	over     chan struct{} // ends what keeps the line up to date; nil: nothing does
	drawings sync.WaitGroup
}

const (
	clearLine = "\r\x1b[2K"
	lineAbove = "\x1b[1A"
	lineEvery = 200 * time.Millisecond
)

func newSign(s *session) *sign {
	return &sign{to: s.stderr, shown: s.terminal.progress, width: s.terminal.widthNow}
}

// Write writes above the line.
func (s *sign) Write(text []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clear()
	return s.to.Write(text)
}

// show replaces the line, not more often than one can read.
func (s *sign) show(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.shown || s.drawn != "" && time.Since(s.last) < lineEvery {
		return
	}
	s.draw(func(width int) string { return text.Trim(fmt.Sprintf(format, args...), width) })
}

// keep draws the line now, and again as long as nothing ends it: what it tells can change while nothing
// happens. The line is told how wide it may be.
func (s *sign) keep(line func(width int) string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.shown || s.over != nil {
		return
	}
	over := make(chan struct{})
	s.over = over
	s.draw(line)
	s.drawings.Go(func() {
		tick := time.NewTicker(lineEvery)
		defer tick.Stop()
		for {
			select {
			case <-over:
				return
			case <-tick.C:
				s.mu.Lock()
				s.draw(line)
				s.mu.Unlock()
			}
		}
	})
}

// draw puts a line in the place of the one before. One that is the same is not drawn again: where nobody
// takes what is written, the log would be lost for it.
func (s *sign) draw(line func(width int) string) {
	width := s.width()
	// In the last column some terminals go on to the next line.
	shown := line(max(width-1, 1))
	if shown == s.drawn && width == s.wide {
		return
	}
	s.clear()
	s.drawn, s.wide, s.last = shown, width, time.Now()
	_, _ = fmt.Fprint(s.to, clearLine, shown)
}

// end takes the line away. It may be called twice.
func (s *sign) end() {
	s.mu.Lock()
	if s.over != nil {
		close(s.over)
		s.over = nil
	}
	s.mu.Unlock()
	s.drawings.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clear()
}

func (s *sign) clear() {
	if s.drawn == "" {
		return
	}
	_, _ = io.WriteString(s.to, clearLine)
	// A terminal that has become narrower has broken the line.
	if width := max(s.width(), 1); width < s.wide {
		for range (text.StringWidthWithoutEscSequences(s.drawn) - 1) / width {
			_, _ = io.WriteString(s.to, lineAbove+clearLine)
		}
	}
	s.drawn = ""
}

// reading shows how far a range has been read.
func (s *sign) reading(w fetch.Window, zone *time.Location) func(until time.Time, requests int) {
	return func(until time.Time, requests int) {
		if requests > 0 {
			s.show("reading Agent Connect's data: %s", doc.Several(requests, "request", "requests"))
			return
		}
		s.show("%d%%  reading what was marked done until %s", 100*until.Sub(w.From)/max(w.To.Sub(w.From), 1),
			until.In(zone).Format("Mon 2 Jan 2006, 15:04"))
	}
}
