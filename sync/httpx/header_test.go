package httpx

import (
	"net/http"
	"strconv"
	"testing"
	"time"
)

var noon = time.Date(2026, 10, 20, 12, 0, 0, 0, time.UTC)

func TestRetryAfter(t *testing.T) {
	tests := []struct {
		name, value string
		want        time.Duration
		ok          bool
	}{
		{"missing", "", 0, false},
		{"seconds", " 7 ", 7 * time.Second, true},
		{"fraction", "1.5", 1500 * time.Millisecond, true},
		{"zero", "0", 0, true},
		{"negative", "-5", 0, true},
		{"a day is capped", "86400", MaxRetryAfter, true},
		{"date", "Tue, 20 Oct 2026 12:00:30 GMT", 30 * time.Second, true},
		{"date gone by", "Tue, 20 Oct 2026 11:00:00 GMT", 0, true},
		{"words", "soon", 0, false},
		{"not a number", "NaN", 0, false},
		{"infinite", "inf", 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := RetryAfter(http.Header{"Retry-After": {tt.value}}, noon)
			if got != tt.want || ok != tt.ok {
				t.Errorf("got %v, %v; want %v, %v", got, ok, tt.want, tt.ok)
			}
		})
	}
}

func TestReset(t *testing.T) {
	tests := []struct {
		name, value string
		want        time.Duration
		ok          bool
	}{
		{"missing", "", 0, false},
		{"epoch seconds", strconv.FormatInt(noon.Unix()+42, 10), 42 * time.Second, true},
		{"epoch milliseconds", strconv.FormatInt(noon.UnixMilli()+1500, 10), 1500 * time.Millisecond, true},
		{"delta", "30", 30 * time.Second, true},
		{"gone by", strconv.FormatInt(noon.Unix()-42, 10), 0, true},
		{"far off", strconv.FormatInt(noon.Unix()+4200, 10), MaxReset, true},
		{"large delta", "3600", MaxReset, true},
		{"words", "later", 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := Reset(http.Header{"X-Ratelimit-Reset": {tt.value}}, noon)
			if got.Round(time.Millisecond) != tt.want || ok != tt.ok {
				t.Errorf("got %v, %v; want %v, %v", got, ok, tt.want, tt.ok)
			}
		})
	}
}

func TestServerTime(t *testing.T) {
	if got := ServerTime(http.Header{"Date": {"Tue, 20 Oct 2026 12:00:00 GMT"}}); !got.Equal(noon) {
		t.Errorf("got %v, want %v", got, noon)
	}
	if got := ServerTime(http.Header{"Date": {"yesterday"}}); !got.IsZero() {
		t.Errorf("got %v for a senseless date", got)
	}
}

// Whatever a header says, the wait is neither negative nor longer than its cap.
func FuzzWaits(f *testing.F) {
	for _, seed := range []string{"", "0", "-1", "1e400", "1792497600", "1792497600000", "Tue, 20 Oct 2026 12:00:30 GMT", "0x1p-2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if d, ok := RetryAfter(http.Header{"Retry-After": {value}}, noon); d < 0 || d > MaxRetryAfter || !ok && d != 0 {
			t.Errorf("Retry-After %q: %v, %v", value, d, ok)
		}
		if d, ok := Reset(http.Header{"X-Ratelimit-Reset": {value}}, noon); d < 0 || d > MaxReset || !ok && d != 0 {
			t.Errorf("x-ratelimit-reset %q: %v, %v", value, d, ok)
		}
	})
}
