package app

import (
	"bytes"
	"testing"
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
		s := &sign{to: &out, shown: shown}
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
