package app

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
)

// TestWithLeft adds a pass that was killed, or could not write its summary, once, and leaves the runs of the ledger as they are.
func TestWithLeft(t *testing.T) {
	runs := append(make([]store.Run, 0, 8), store.Run{Pass: "b", Mode: "run"}, store.Run{Pass: "a", Mode: "run"})
	for name, test := range map[string]struct {
		holder *store.Holder
		want   []string
	}{
		"closed":           {nil, []string{"b", "a"}},
		"killed in a pass": {&store.Holder{Progress: store.Progress{Pass: "c", Mode: "run"}}, []string{"c", "b", "a"}},
		"killed after it":  {&store.Holder{Progress: store.Progress{Pass: "b", Mode: "run"}}, []string{"b", "a"}},
		"told its end":     {&store.Holder{Run: &store.Run{Pass: "d", Mode: "run"}}, []string{"d", "b", "a"}},
		"killed in none":   {&store.Holder{Progress: store.Progress{Mode: "resolve"}}, []string{"b", "a"}},
	} {
		var got []string
		for _, run := range withLeft(test.holder, runs) {
			got = append(got, run.Pass)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if runs[0].Pass != "b" {
			t.Fatalf("%s: the runs have changed", name)
		}
	}
}

func TestSilentHolder(t *testing.T) {
	ten := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	here, nobody := os.Getpid(), 1<<30
	for name, c := range map[string]struct {
		pid  int
		host string
		age  time.Duration
		want string
	}{
		"at work":                       {here, host, 2 * time.Second, ""},
		"busy for a moment":             {here, host, 40 * time.Second, ""},
		"hangs":                         {here, host, 2 * time.Minute, "hangs"},
		"gone":                          {nobody, host, 20 * time.Second, "gone"},
		"of another list of processes":  {nobody, host, 2 * time.Second, ""},
		"of another host":               {nobody, "elsewhere", 20 * time.Second, ""},
		"of another host, for too long": {nobody, "elsewhere", 2 * time.Minute, "hangs"},
		"from the future":               {here, host, -time.Hour, "hangs"},
	} {
		t.Run(name, func(t *testing.T) {
			got := silent(store.Holder{PID: c.pid, Host: c.host, At: ten}, ten.Add(c.age))
			if c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
