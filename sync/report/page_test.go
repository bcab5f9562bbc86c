package report

import (
	"strings"
	"testing"
)

// TestHistorySumsOnAPhone: the columns that add up to what was found are on a narrow screen too.
func TestHistorySumsOnAPhone(t *testing.T) {
	page := renderHistory(t, "html", week())
	for _, name := range []string{"found", "sent", "hand", "later", "skip"} {
		if n := strings.Count(page, `<th scope="col" class="n">`+name+"</th>"); n != 2 {
			t.Errorf("%s is in %d tables, want it by day and by pass", name, n)
		}
	}
}
