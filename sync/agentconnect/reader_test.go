package agentconnect

import (
	"errors"
	"strings"
	"testing"

	"acsync/sync/httpx"
)

// TestEndlessPages ends with an error where pages have no end, and gives what was read before it; it ends without one
// as soon as nobody takes any more.
func TestEndlessPages(t *testing.T) {
	d := dataReader{service: new(httpx.Service)}
	read := func(most int, next func() ([]int, bool, error), enough int) (rows []int, failed error) {
		eachPage(d, "its data have", most, next, func(row int, err error) bool {
			if failed = err; err == nil {
				rows = append(rows, row)
			}
			return len(rows) != enough
		})
		return rows, failed
	}
	endless := func() ([]int, bool, error) { return []int{1, 2}, true, nil }
	if rows, err := read(3, endless, -1); len(rows) != 6 || err == nil || !strings.Contains(err.Error(), "no end") {
		t.Errorf("got %d rows, %v", len(rows), err)
	}
	if rows, err := read(3, endless, 3); len(rows) != 3 || err != nil {
		t.Errorf("got %d rows, %v", len(rows), err)
	}
	trouble := errors.New("trouble")
	broken := func() ([]int, bool, error) { return []int{1}, true, trouble }
	if rows, err := read(3, broken, -1); len(rows) != 1 || !errors.Is(err, trouble) {
		t.Errorf("got %d rows, %v", len(rows), err)
	}
}
