package app

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"acsync/sync/httpx"
)

// TestWaiting tells on the terminal what a pass waits for: a pause that was asked for before a pace.
func TestWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pacer := func(rate float64) *httpx.Pacer { return httpx.NewPacer(httpx.PacerOptions{PerMinute: rate}) }
		c := &clients{all: pacer(300), searches: pacer(60), requests: pacer(100), data: pacer(100)}
		expect := func(want string) {
			t.Helper()
			if got := c.waiting(); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		expect("")
		done := make(chan error)
		for range 2 {
			go func() { done <- httpx.Wait(t.Context(), c.requests) }()
		}
		<-done
		synctest.Wait()
		expect("paced by Agent Connect, 100/min")
		c.searches.Observe(http.StatusTooManyRequests, http.Header{"Retry-After": {"50"}})
		expect("Kustomer asked to wait until " + time.Now().Add(50*time.Second).UTC().Format("15:04:05 UTC"))
		<-done
		time.Sleep(51 * time.Second)
		expect("")
	})
}

// TestCaption shows how far the windows are while nothing is waited for.
func TestCaption(t *testing.T) {
	c := caption{place: "reading"}
	waits := ""
	c.setWaiting(func() string { return waits })
	for _, step := range []struct{ place, waits, want string }{
		{"reading", "", "reading"},
		{"until 11-22 15:04", "", "until 11-22 15:04"},
		{"until 11-22 15:04", "paced by Agent Connect, 100/min", "paced by Agent Connect, 100/min"},
		{"until 11-22 16:04", "", "until 11-22 16:04"},
	} {
		c.setPlace(step.place)
		waits = step.waits
		if got := c.text(); got != step.want {
			t.Errorf("got %q, want %q", got, step.want)
		}
	}
}
