package app

import (
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestPagerChosen holds which pager the environment asks for, and that what is set for less counts.
func TestPagerChosen(t *testing.T) {
	for name, test := range map[string]struct{ env, want []string }{
		"nothing is set":       {nil, []string{"less"}},
		"PAGER":                {[]string{"PAGER=more -s"}, []string{"more", "-s"}},
		"ACSYNC_PAGER counts":  {[]string{"ACSYNC_PAGER=most", "PAGER=more"}, []string{"most"}},
		"empty":                {[]string{"PAGER="}, nil},
		"cat":                  {[]string{"ACSYNC_PAGER=cat", "PAGER=more"}, nil},
		"a terminal too plain": {[]string{"TERM=dumb", "PAGER=more"}, nil},
	} {
		if got := newPager(test.env, nil, 80, 24).command; !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
	if env := newPager([]string{"LESS=-i"}, nil, 80, 24).env; slices.Contains(env, "LESS=FRX") {
		t.Errorf("LESS is set over: %q", env)
	}
	if env := newPager([]string{"A=b"}, nil, 80, 24).env; !slices.Contains(env, "LESS=FRX") {
		t.Errorf("nothing is set for less: %q", env)
	}
}

// TestPagerShows: what is higher than the screen goes through the pager, and what no pager has shown is shown without.
func TestPagerShows(t *testing.T) {
	t.Cleanup(func() { signal.Reset(os.Interrupt) })
	for _, program := range []string{"cat", "head", "false"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip(err)
		}
	}
	text := strings.Repeat("a line\n", 100_000)
	for name, test := range map[string]struct {
		pager  string
		text   string
		height int
		paged  bool
		shown  string
	}{
		"higher than the screen": {"cat -", text, 24, true, text},
		"lower":                  {"cat -", "1\n2\n", 4, false, ""},
		"lines that are broken":  {"cat -", strings.Repeat("x", 200) + "\n", 3, true, strings.Repeat("x", 200) + "\n"},
		"no terminal":            {"cat -", text, 0, false, ""},
		"no pager":               {"", text, 24, false, ""},
		"one that is missing":    {"no-such-pager", text, 24, false, ""},
		"one that fails":         {"false", text, 24, false, ""},
		"left before the end":    {"head -n 1", text, 24, true, "a line\n"},
	} {
		t.Run(name, func(t *testing.T) {
			screen, err := os.Create(filepath.Join(t.TempDir(), "screen"))
			if err != nil {
				t.Fatal(err)
			}
			defer screen.Close()
			p := newPager(append(os.Environ(), "TERM=xterm", "ACSYNC_PAGER="+test.pager), screen, 80, test.height)
			if got := p.show(test.text); got != test.paged {
				t.Errorf("paged: %t, want %t", got, test.paged)
			}
			shown, err := os.ReadFile(screen.Name())
			if err != nil || string(shown) != test.shown {
				t.Errorf("%d bytes are shown, want %d: %v", len(shown), len(test.shown), err)
			}
		})
	}
}
