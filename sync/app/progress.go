package app

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"
	"github.com/jedib0t/go-pretty/v6/text"

	"acsync/store"
	surveysync "acsync/sync"
)

// bar shows on a terminal how far a pass is: survey requests done of those decided so far, with rate and time left.
// Log lines are written above it.
type bar struct {
	writer  progress.Writer
	tracker *progress.Tracker
	planned int64
}

// newBar starts to draw on w, which must be a terminal.
func newBar(w io.Writer, color bool) *bar {
	writer := progress.NewWriter()
	writer.SetOutputWriter(w)
	writer.SetUpdateFrequency(100 * time.Millisecond)
	writer.SetTrackerLength(24)
	writer.SetMessageLength(34)
	style := progress.StyleDefault
	style.Name = "acsync"
	style.Chars = progress.StyleCharsBlocks
	style.Visibility = progress.StyleVisibility{ETA: true, Percentage: true, Speed: true, Tracker: true, Value: true}
	style.Options.Separator = " "
	style.Options.PercentFormat = "%3.0f%%"
	style.Options.ETAPrecision = time.Second
	if color {
		style.Colors.Tracker = text.Colors{text.FgCyan}
		style.Colors.Percent = text.Colors{text.FgCyan}
	}
	writer.SetStyle(style)
	b := &bar{writer: writer, tracker: &progress.Tracker{Message: "reading", Units: progress.UnitsDefault}}
	writer.AppendTracker(b.tracker)
	go writer.Render()
	return b
}

// Observe moves the bar.
func (b *bar) Observe(event surveysync.Event) {
	switch e := event.(type) {
	case surveysync.PassStarted:
		b.expect(e.Due)
	case surveysync.WindowRead:
		b.expect(e.Send)
		b.tracker.UpdateMessage(fmt.Sprintf("window to %s", e.To.Local().Format("2006-01-02 15:04")))
	case surveysync.Disposed:
		if e.State != store.Skipped {
			b.tracker.Increment(1)
		}
	}
}

func (b *bar) expect(more int) {
	b.planned += int64(more)
	b.tracker.UpdateTotal(b.planned)
}

// stop ends the drawing; nothing is drawn after it returns.
func (b *bar) stop() {
	b.tracker.UpdateMessage("survey requests")
	b.tracker.MarkAsDone()
	b.writer.Stop()
	for b.writer.IsRenderInProgress() {
		time.Sleep(10 * time.Millisecond)
	}
}

// Write puts a log line above the bar.
func (b *bar) Write(line []byte) (int, error) {
	b.writer.Log("%s", bytes.TrimRight(line, "\n"))
	return len(line), nil
}
