package tenant

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"acsync/sync/httpx"
)

// TestWaiting tells on the terminal what a pass waits for: a pause that was asked for before a pace.
func TestWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		paced := func(name string, rate float64) service {
			return service{name, name, httpx.NewPacer(httpx.PacerOptions{PerMinute: rate})}
		}
		c := &Clients{
			all: paced("Kustomer", 300), searches: paced("Kustomer", 60),
			requests: paced("Agent Connect", 100), data: paced("Agent Connect", 100),
		}
		expect := func(want string) {
			t.Helper()
			if got := c.Waiting().Text; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		expect("")
		done := make(chan error)
		for range 2 {
			go func() { done <- httpx.Wait(t.Context(), c.requests.Pacer) }()
		}
		<-done
		synctest.Wait()
		expect("paced by Agent Connect, 100/min")
		c.searches.Observe(http.StatusTooManyRequests, http.Header{"Retry-After": {"50"}})
		expect("pausing 50s for Kustomer: the server answered 429 with Retry-After")
		c.again.Store(&retrial{"Agent Connect", time.Now().Add(55 * time.Second), &httpx.Error{Status: 503, Kind: httpx.Server, Message: "Jane"}})
		expect("pausing 50s for Kustomer: the server answered 429 with Retry-After")
		<-done
		time.Sleep(49 * time.Second)
		expect("pausing 1s for Kustomer: the server answered 429 with Retry-After")
		time.Sleep(time.Second)
		expect("Agent Connect is asked again in 4s: 503, the server failed")
		time.Sleep(5 * time.Second)
		expect("")
	})
}

func TestWaitingFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &Clients{}
		if got := c.WaitingFor(time.Now()); got != "" {
			t.Errorf("got %q, want nothing", got)
		}
		for _, failed := range []struct {
			because error
			want    string
		}{
			{fmt.Errorf("dial customer-wilhelmina.example: %w", os.ErrDeadlineExceeded), "the call failed"},
			{fmt.Errorf("read: %w", &httpx.Error{
				Service: "kustomer", Path: "/v1/customers/wilhelmina", Status: 503, Kind: httpx.Server,
				Message: "Customer Wilhelmina is locked", Hint: "ask Wilhelmina", Err: errors.New("Wilhelmina"),
			}), "503, the server failed"},
			{&httpx.Error{Service: "kustomer", Path: "/wilhelmina", Kind: httpx.Network, Err: errors.New("lookup wilhelmina")}, "no complete answer"},
		} {
			c.again.Store(&retrial{"Kustomer", time.Now().Add(5 * time.Second), failed.because})
			if got, want := c.WaitingFor(time.Now()), "Kustomer, to be asked again at 00:00:05 UTC: "+failed.want; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		time.Sleep(5 * time.Second)
		if got := c.WaitingFor(time.Now()); got != "" {
			t.Errorf("got %q after it was made again, want nothing", got)
		}
	})
}
