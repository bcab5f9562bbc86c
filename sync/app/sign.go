package app

import (
	"fmt"
	"io"
	"sync"
	"time"

	"acsync/sync/fetch"
	"acsync/sync/report/doc"
)

// sign shows on a terminal, in one line, how far a command is that reads for minutes. What is written through
// it, such as the log, stands above that line.
type sign struct {
	to    io.Writer
	shown bool // there is a terminal, and progress is wanted

	mu    sync.Mutex
	drawn bool
	last  time.Time
}

const clearLine = "\r\x1b[2K"

func newSign(s *session) *sign { return &sign{to: s.stderr, shown: s.terminal.progress} }

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
	if !s.shown || s.drawn && time.Since(s.last) < lineEvery {
		return
	}
	s.drawn, s.last = true, time.Now()
	_, _ = fmt.Fprint(s.to, clearLine, fmt.Sprintf(format, args...))
}

// end takes the line away.
func (s *sign) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clear()
}

func (s *sign) clear() {
	if s.drawn {
		s.drawn = false
		_, _ = io.WriteString(s.to, clearLine)
	}
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
