package app_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// TestKustomersWords has every failure of Kustomer's name a customer in another way, on each road that a
// failure takes: the name is nowhere, in the log, the reports, the ledger's files and what status shows
// meanwhile; the codes are.
func TestKustomersWords(t *testing.T) {
	t.Parallel()
	var (
		mu               sync.Mutex
		windows, singles int
		during           strings.Builder
	)
	k := newTampered(t, 6, "", plain)
	k.changes(func(r *http.Request, a *answer) {
		mu.Lock()
		defer mu.Unlock()
		switch path := r.URL.Path; {
		case path == "/v1/users": // told in a notice
			a.status, a.body = 400, `{"errors":[{"code":"no_list","detail":"Wilhelmina Customer1 has no list","meta":{"name":"Wilhelmina"}}]}`
		case strings.HasSuffix(path, "/search") && strings.Contains(a.body, `"emails"`): // so is this one
			a.status, a.body = 422, `"Wilhelmina Customer1 cannot be searched for"`
		case strings.HasSuffix(path, "/search"): // tried again
			if windows++; windows == 1 {
				a.status, a.body = 503, "<html><head><title>Wilhelmina Customer1 is locked</title></head></html>"
			}
		case strings.HasPrefix(path, "/v1/customers/"+k.conversations[0].CustomerID):
			if singles++; singles < 3 {
				during.WriteString(k.file("acsync.db.holder"))
				if singles == 2 { // which waits for the ledger at first
					_, out, said := k.run("status")
					during.WriteString(out + said)
				}
				a.status, a.body = 500, fmt.Sprintf(`{"error":{"code":"locked_%d","name":"Wilhelmina Customer1","messages":["Wilhelmina"]}}`, singles)
			}
		}
	})
	code, out, said := k.run("run", "--json", "--log-level", "debug", "--report", filepath.Join(k.dir, "r.html"), "--report", filepath.Join(k.dir, "r.csv"))
	_, status, _ := k.run("status")
	told := out + said + status + during.String() + k.file("r.html") + k.file("r.csv")
	for _, text := range []string{told, k.file("acsync.db"), k.file("acsync.db.fence")} {
		if strings.Contains(strings.ToLower(text), "wilhelmina") {
			t.Errorf("the customer's name is shown:\n%.4000s", text)
		}
	}
	for _, want := range []string{
		"400, request refused: no_list", "422, request refused: JSON without a code", "503, the server failed: an HTML page",
		"500, the server failed: locked_2",
	} {
		if !strings.Contains(told, want) {
			t.Errorf("there is no %q in\n%s\n%s", want, said, during.String())
		}
	}
	if got := len(k.asked(t)); code != 0 || got != 6 {
		t.Errorf("exit code %d, %d of 6 were asked\n%s", code, got, said)
	}
}
