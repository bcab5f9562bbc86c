package agentconnect

import (
	"errors"
	"net/http"
	"testing"
	"time"
)

func TestGlance(t *testing.T) {
	s := serveData(t, `[{"uuid":"a","sequence_id":1}]`)
	got, err := client(t, Options{BaseURL: s.URL, APISecret: apiSecret}).Glance(t.Context(), time.Unix(0, 0), 20)
	if err != nil || len(got.Rows) != 1 || got.Rows[0].UUID != "a" || got.Most != 20 || time.Since(got.At).Abs() > time.Hour {
		t.Errorf("%v: got %+v", err, got)
	}
	if q := s.queries; len(q) != 1 || q[0].Encode() != "created_at_gte=1970-01-01T00%3A00%3A00%2B00%3A00&include_recovery=true&limit=20" {
		t.Errorf("asked %v", q)
	}
	if _, err := client(t, Options{BaseURL: s.URL}).Glance(t.Context(), time.Unix(0, 0), 1); !errors.Is(err, ErrNoSecret) {
		t.Errorf("without the secret: %v", err)
	}
	s.status = []int{http.StatusForbidden}
	if _, err := client(t, Options{BaseURL: s.URL, APISecret: apiSecret}).Glance(t.Context(), time.Unix(0, 0), 1); err == nil {
		t.Error("a refusal is no error")
	}
}
