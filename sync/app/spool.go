package app

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"acsync/sync/exit"
	"acsync/sync/report/doc"
)

const (
	spoolRoom     = 256 << 10       // bytes that wait for a reader before lines are lost
	spoolPiece    = 4 << 10         // bytes that a pipe takes in one piece, between other writers' lines
	spoolPatience = 5 * time.Second // for a reader who takes nothing at all, at the end
	lastPatience  = time.Second / 2 // for any reader, once the time to print is over
)

// errUnread is the error of an answer that nobody has read by the end of the time to print.
var errUnread = errors.New("nobody read it before the time to finish was over (sync.drain)")

// spool takes what goes to stderr. A pass never waits for whoever reads that, and no signal does: a goroutine
// writes, in the order of the calls and what one call has given as a whole. While nobody reads, so much is
// kept; what comes beyond that is lost, and a line says how much that was as soon as one can be written. It
// may be used by several goroutines.
type spool struct {
	to    io.Writer
	says  *voice
	over  <-chan struct{} // closed when the time to print is over; nil: it never is
	moved chan struct{}   // holds one while something was written since flush has looked

	mu      sync.Mutex
	waiting []spooled
	size    int  // bytes that wait
	lost    int  // lines lost behind all that waits
	writing bool // the goroutine is at work
	stuck   bool // flush has given up, and nothing was written since
	inLine  bool // what was written last does not end a line; of the goroutine alone
}

type spooled struct {
	text []byte
	lost int // lines lost before it
}

func newSpool(to io.Writer, says *voice, over <-chan struct{}) *spool {
	return &spool{to: to, says: says, over: over, moved: make(chan struct{}, 1)}
}

// Write takes the text in, or loses it where there is no room. It neither waits nor fails.
func (s *spool) Write(text []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.size > 0 && s.size+len(text) > spoolRoom {
		s.lost += lineCount(text)
		return len(text), nil
	}
	s.waiting = append(s.waiting, spooled{bytes.Clone(text), s.lost})
	s.size, s.lost = s.size+len(text), 0
	if !s.writing {
		s.writing = true
		go s.work()
	}
	return len(text), nil
}

func (s *spool) work() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.waiting) > 0 || s.lost > 0 {
		next := spooled{lost: s.lost}
		if len(s.waiting) > 0 {
			next, s.waiting = s.waiting[0], s.waiting[1:]
		} else {
			s.lost = 0
		}
		s.mu.Unlock()
		lost := s.put(next)
		s.mu.Lock()
		s.size -= len(next.text)
		if len(s.waiting) > 0 {
			s.waiting[0].lost += lost
		} else if s.lost += lost; lost > 0 && next.text == nil {
			break // not even that lines are lost can be written
		}
		s.tell()
	}
	s.writing = false
	s.tell()
}

// put writes one text and, before it, how many lines were lost there. It tells how many are lost now.
func (s *spool) put(next spooled) (lost int) {
	if next.lost > 0 {
		note := s.says.line(slog.LevelWarn, fmt.Sprintf("%d of the log's lines are lost here: they "+
			"could not be written, or nobody read them", next.lost))
		if s.inLine {
			note = "\n" + note
		}
		if _, err := s.send([]byte(note)); err != nil {
			return next.lost + lineCount(next.text)
		}
	}
	n, err := s.send(next.text)
	if err != nil {
		return lineCount(next.text[n:])
	}
	return 0
}

// send writes in pieces, so that a slow reader can be told from one who takes nothing.
func (s *spool) send(text []byte) (n int, err error) {
	for n < len(text) {
		piece := text[n:min(n+spoolPiece, len(text))]
		written, err := s.to.Write(piece)
		if n += written; written > 0 {
			s.inLine = text[n-1] != '\n'
		}
		if err != nil {
			return n, err
		}
		s.mu.Lock()
		s.stuck = false
		s.mu.Unlock()
		s.tell()
	}
	return n, nil
}

// voice writes the lines that the program itself has to say, beside the log, in the log's form.
type voice struct {
	json bool                   // every line is a JSON object
	pass atomic.Pointer[string] // the id of the pass that is made; nil: none is
}

// passAttr is the attribute that each line of a pass has; none where no pass is made.
func (v *voice) passAttr() []any {
	if id := v.pass.Load(); id != nil {
		return []any{"pass", *id}
	}
	return nil
}

// line is a line in the form of the log. In JSON there can be more fields.
func (v *voice) line(level slog.Level, text string, more ...any) string {
	var out strings.Builder
	visible := &doc.Visible{To: &out}
	if v.json {
		// The level is that of a flag, which says nothing of these.
		slog.New(slog.NewJSONHandler(visible, &slog.HandlerOptions{Level: level})).
			Log(context.Background(), level, text, append(more, v.passAttr()...)...)
	} else {
		fmt.Fprintln(visible, "acsync:", text)
	}
	return out.String()
}

func (s *spool) tell() {
	select {
	case s.moved <- struct{}{}:
	default: // it is on its way
	}
}

// flush returns when all is written. A reader who takes nothing at all is waited for once, and a while; a
// slow one until the time to print is over.
func (s *spool) flush() {
	over, last := s.over, (<-chan time.Time)(nil)
	for {
		s.mu.Lock()
		idle := !s.writing || s.stuck
		s.mu.Unlock()
		if idle {
			return
		}
		select {
		case <-s.moved:
			continue
		case <-over:
			over, last = nil, time.After(lastPatience)
			continue
		case <-last:
		case <-time.After(spoolPatience):
		}
		s.mu.Lock()
		s.stuck = true
		s.mu.Unlock()
		if last != nil {
			return
		}
	}
}

// lineCount is how many lines a text has, the last one counted also where nothing ends it.
func lineCount(text []byte) int {
	n := bytes.Count(text, []byte("\n"))
	if len(text) > 0 && text[len(text)-1] != '\n' {
		n++
	}
	return n
}

// printer is stdout. What is written there stands behind all that went to stderr before: both are often one
// terminal or one file. What nobody may be shown as it is becomes visible. It remembers that something could
// not be printed, and waits no longer for whoever reads than there is time to print.
type printer struct {
	to      io.Writer
	behind  *spool
	visible doc.Visible
	failed  error // the first failure
}

func newPrinter(to io.Writer, behind *spool) *printer {
	_, terminal := isTerminal(to)
	return &printer{to: to, behind: behind, visible: doc.Visible{To: to, Colors: terminal}}
}

func (p *printer) Write(text []byte) (int, error) {
	p.behind.flush()
	if errors.Is(p.failed, errUnread) {
		return 0, errUnread
	}
	// It may still be written when nobody waits for it any more.
	text = bytes.Clone(text)
	n, err := p.await(func() (int, error) { return p.visible.Write(text) })
	p.failed = cmp.Or(p.failed, err)
	return n, err
}

// await is a write that is left to itself when it takes too long.
func (p *printer) await(write func() (int, error)) (int, error) {
	type written struct {
		n   int
		err error
	}
	done := make(chan written, 1)
	go func() {
		n, err := write()
		done <- written{n, err}
	}()
	over, last := p.behind.over, (<-chan time.Time)(nil)
	for {
		select {
		case w := <-done:
			return w.n, w.err
		case <-over:
			over, last = nil, time.After(lastPatience)
		case <-last:
			return 0, errUnread
		}
	}
}

// told is the error of a command, or that its answer could not be printed where nothing else went wrong.
func (p *printer) told(err error) error {
	if !errors.Is(p.failed, errUnread) {
		_, closed := p.await(func() (int, error) { return 0, p.visible.Close() })
		p.failed = cmp.Or(p.failed, closed)
	}
	if p.failed != nil && exitCode(err) == exit.Done {
		return fmt.Errorf("print the answer: %w", p.failed)
	}
	return err
}
