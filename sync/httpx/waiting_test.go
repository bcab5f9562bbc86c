package httpx

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// TestWaiting asks a pacer while nobody waits, while one does, and after a 429 has lowered its rate.
func TestWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPacer(PacerOptions{Name: "Agent Connect", PerMinute: 100})
		if waiting, rate := p.Waiting(); waiting || rate != 100 {
			t.Errorf("at first: %v, %d a minute", waiting, rate)
		}
		done := make(chan error)
		for range 2 { // the second has to wait
			go func() { done <- p.Wait(t.Context()) }()
		}
		<-done
		synctest.Wait()
		if waiting, rate := p.Waiting(); !waiting || rate != 100 {
			t.Errorf("with one in the queue: %v, %d a minute", waiting, rate)
		}
		<-done
		p.Observe(http.StatusTooManyRequests, http.Header{"Retry-After": {"10"}})
		time.Sleep(11 * time.Second)
		if waiting, rate := p.Waiting(); waiting || rate != 85 {
			t.Errorf("after a 429: %v, %d a minute", waiting, rate)
		}
	})
	if waiting, rate := (*Pacer)(nil).Waiting(); waiting || rate != 0 {
		t.Error("no pacer, and yet somebody waits")
	}
}
