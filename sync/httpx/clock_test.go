package httpx

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"
)

// TestOtherClock: a service whose clock is not this machine's is asked again with a token of its own time, and
// a refusal that has another cause is not asked about again.
func TestOtherClock(t *testing.T) {
	for _, tt := range []struct {
		name    string
		behind  time.Duration // the service
		refuses bool          // whatever the token says
		date    string        // in place of the service's own
		asked   int
		ok      bool
	}{
		{"the same", 0, false, "", 1, true},
		{"a little behind", 2 * time.Second, false, "", 1, true},
		{"behind", 25 * time.Second, false, "", 2, true},
		{"four minutes behind", 4 * time.Minute, false, "", 2, true},
		{"ahead", -time.Hour, false, "", 2, true},
		{"a key that is wrong", 0, true, "", 1, false},
		{"a key that is wrong, and behind", time.Minute, true, "", 2, false},
		{"no clock", time.Minute, false, "none", 1, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			asked := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked++
				now := time.Now().Add(-tt.behind)
				w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
				if tt.date != "" {
					w.Header().Set("Date", tt.date)
				}
				issued, _ := strconv.ParseInt(r.Header.Get("Authorization"), 10, 64)
				if age := now.Sub(time.Unix(issued, 0)); tt.refuses || age < -5*time.Second || age > 30*time.Minute {
					w.WriteHeader(http.StatusUnauthorized)
				}
				w.Write([]byte(`{}`))
			}))
			defer server.Close()
			s, err := NewService(ServiceOptions{
				Name: "test", BaseURL: server.URL, Setting: "test.base_url", HTTP: server.Client(),
				Authorize: func(now time.Time) (string, error) { return strconv.FormatInt(now.Unix(), 10), nil },
			})
			if err != nil {
				t.Fatal(err)
			}
			_, err = Fetch(t.Context(), s, Retry{Initial: time.Millisecond}, Call{Method: http.MethodGet, Path: "/"},
				func(r *Response) (int, error) { return r.Status, nil })
			if (err == nil) != tt.ok || asked != tt.asked {
				t.Errorf("asked %d times, want %d: %v", asked, tt.asked, err)
			}
		})
	}
}
