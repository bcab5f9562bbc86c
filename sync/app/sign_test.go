package app

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"acsync/sync/fetch"
)

// TestSign: the line that tells how far a command is gives way to what is written, is gone at the end, and is never drawn where
// there is no terminal for it.
func TestSign(t *testing.T) {
	from := time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC)
	for shown, want := range map[bool]string{
		true:  "\r\x1b[2K50%  reading what was marked done until Tue 17 Nov 2026, 00:00\r\x1b[2Ktrying again\n\r\x1b[2Kreading Agent Connect's data: 1 request\r\x1b[2K",
		false: "trying again\n",
	} {
		var out bytes.Buffer
		s := &sign{to: &out, shown: shown, width: func() int { return 80 }}
		tell := s.reading(fetch.Window{From: from, To: from.AddDate(0, 0, 2)}, time.UTC)
		tell(from.AddDate(0, 0, 1), 0)
		if _, err := s.Write([]byte("trying again\n")); err != nil {
			t.Fatal(err)
		}
		tell(from, 1)
		s.end()
		if out.String() != want {
			t.Errorf("shown %t: %q, want %q", shown, out.String(), want)
		}
	}
}

// TestSignIsKept draws its line anew as what it tells changes, beside lines of the log, on a terminal that becomes narrower, and
// leaves nothing there.
func TestSignIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out screen
		width, told := 80, "one"
		var mu sync.Mutex
		set := func(w int, text string) {
			mu.Lock()
			width, told = w, text
			mu.Unlock()
			time.Sleep(2 * lineEvery)
		}
		s := &sign{to: &out, shown: true, width: func() int { mu.Lock(); defer mu.Unlock(); return width }}
		s.keep(func(width int) string {
			mu.Lock()
			defer mu.Unlock()
			return told[:min(len(told), width)]
		})
		// The same line is not drawn again. From here on nothing happens at the moment of a drawing.
		time.Sleep(time.Second + lineEvery/2)
		set(80, strings.Repeat("two ", 12))
		if _, err := s.Write([]byte("a line\n")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(lineEvery)
		set(20, "three")
		s.end()
		s.end()
		const wipe = "\r\x1b[2K"
		two := strings.Repeat("two ", 12)
		want := wipe + "one" + wipe + wipe + two + wipe + "a line\n" + wipe + two +
			wipe + "\x1b[1A" + wipe + "\x1b[1A" + wipe + wipe + "three" + wipe
		if got := out.text(); got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
		time.Sleep(time.Second)
		if got := out.text(); got != want {
			t.Errorf("after the end %q was written", strings.TrimPrefix(got, want))
		}
	})
}

// TestSignStopsAtOnce ends a line that has hardly begun, many times over: nothing may be drawn afterwards.
func TestSignStopsAtOnce(t *testing.T) {
	for range 20 {
		var screen screen
		s := &sign{to: &screen, shown: true, width: func() int { return 80 }}
		s.keep(func(int) string { return "reading" })
		s.end()
		before := screen.text()
		if _, err := s.Write([]byte("a line\n")); err != nil {
			t.Fatal(err)
		}
		if after := screen.text(); strings.TrimPrefix(after, before) != "a line\n" {
			t.Errorf("after the end %q was written", strings.TrimPrefix(after, before))
		}
	}
}

// screen keeps what is written to it.
type screen struct {
	mu   sync.Mutex
	kept strings.Builder
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept.Write(b)
}

func (s *screen) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept.String()
}
