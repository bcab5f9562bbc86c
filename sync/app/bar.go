package app

import (
	"bytes"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"
	"github.com/jedib0t/go-pretty/v6/text"

	surveysync "acsync/sync"
)

// bar shows on a terminal how far a pass is: conversations disposed of, of those found so far, with rate and
// time left. Log lines are written above it. It appears with the first event.
type bar struct {
	terminal io.Writer
	writer   progress.Writer
	tracker  *progress.Tracker
	found    int64
	about    int64 // by the estimate; 0 without one

	perMinute int                    // survey requests, for the estimate
	place     atomic.Pointer[string] // how far the windows are
	waiting   func() string          // what is waited for; nil: nothing is known of that

	mu    sync.Mutex
	drawn chan struct{} // closed when nothing is drawn any more; nil while nothing is
}

const lineEvery = 200 * time.Millisecond

// eraseLine takes the cursor to the line above and clears it.
const eraseLine = "\x1b[1A\x1b[2K\r"

func newBar(w io.Writer, width int, color bool) *bar {
	writer := progress.NewWriter()
	writer.SetOutputWriter(w)
	writer.SetUpdateFrequency(100 * time.Millisecond)
	// Leaves room for what is waited for.
	writer.SetTrackerLength(min(max((width-60)/2, 8), 40))
	// A line that wraps would be left behind by the next.
	writer.SetTerminalWidth(width)
	writer.SetAutoStop(false)
	style := progress.StyleBlocks
	style.Name = "acsync"
	style.Visibility = progress.StyleVisibility{
		ETA: true, Percentage: true, Speed: true, Tracker: true, Value: true,
	}
	style.Options.Separator = " "
	style.Options.PercentFormat = "%3.0f%%"
	style.Options.ETAPrecision = time.Second
	if color {
		style.Colors.Tracker = text.Colors{text.FgCyan}
		style.Colors.Percent = text.Colors{text.FgCyan}
	}
	writer.SetStyle(style)
	// One that stops by itself would be gone each time a window is finished before the next is read.
	tracker := &progress.Tracker{Message: "reading", Units: progress.UnitsDefault, AutoStopDisabled: true}
	writer.AppendTracker(tracker)
	b := &bar{terminal: w, writer: writer, tracker: tracker}
	b.place.Store(new("reading"))
	return b
}

func (b *bar) Observe(event surveysync.Event) {
	switch e := event.(type) {
	case surveysync.Estimated:
		b.about = int64(e.Conversations)
		_, _ = io.WriteString(b, eta(e.Estimate, b.perMinute)+"\n")
	case surveysync.PassStarted:
		b.draw()
		b.find(e.Due)
	case surveysync.WindowRead:
		b.find(e.Found)
		b.place.Store(new(e.To.UTC().Format("until 01-02 15:04")))
	case surveysync.Disposed:
		b.tracker.Increment(1)
	}
}

func (b *bar) find(more int) {
	b.found += int64(more)
	b.tracker.UpdateTotal(max(b.found, b.about))
}

func (b *bar) draw() {
	b.mu.Lock()
	defer b.mu.Unlock()
	drawn := make(chan struct{})
	go func() {
		defer close(drawn)
		b.writer.Render()
	}()
	go b.describe(drawn)
	b.drawn = drawn
}

// describe keeps the status line up to date, also while nothing happens because something is waited for.
func (b *bar) describe(drawn <-chan struct{}) {
	tick := time.NewTicker(lineEvery)
	defer tick.Stop()
	for {
		select {
		case <-drawn:
			return
		case <-tick.C:
			b.tracker.UpdateMessage(b.status())
		}
	}
}

// status is what stands beside the bar: what is waited for, else how far the windows are.
func (b *bar) status() string {
	if b.waiting != nil {
		if text := b.waiting(); text != "" {
			return text
		}
	}
	return *b.place.Load()
}

// stop ends the drawing; nothing is drawn after it returns. It may be called twice.
func (b *bar) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.drawn == nil {
		return
	}
	b.tracker.MarkAsDone()
	for {
		// Without effect as long as Render has not begun.
		b.writer.Stop()
		select {
		case <-b.drawn:
			b.drawn = nil
			_, _ = io.WriteString(b.terminal, eraseLine) // the report says all that the bar did
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Write puts a log line above the bar, or on the terminal while there is none.
func (b *bar) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.drawn == nil {
		return b.terminal.Write(line)
	}
	b.writer.Log("%s", bytes.TrimRight(line, "\n"))
	return len(line), nil
}
