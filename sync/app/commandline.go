package app

import (
	"encoding/json"
	"io"
	"runtime"
	"slices"
	"strings"
	"time"
)

// commandLine is one call of the program: its surroundings and its streams.
type commandLine struct {
	example        []byte           // the configuration that init writes
	now            func() time.Time // nil: this machine's clock
	env            []string
	stdin          io.Reader
	stdout, stderr io.Writer
}

// clock is what the time is, for times that are given as some while ago.
func (l *commandLine) clock() time.Time {
	if l.now != nil {
		return l.now()
	}
	return time.Now()
}

// lookup is the value of an environment variable; empty when it is not set.
func (l *commandLine) lookup(name string) string {
	value, _ := variable(l.env, name)
	return value
}

// variable is the value of an environment variable, and whether it is set. Of several the last counts.
func variable(env []string, name string) (string, bool) {
	for _, pair := range slices.Backward(env) {
		key, value, _ := strings.Cut(pair, "=")
		if key == name || runtime.GOOS == "windows" && strings.EqualFold(key, name) {
			return value, true
		}
	}
	return "", false
}

// printJSON prints one indented object.
func (l *commandLine) printJSON(v any) error {
	encoder := json.NewEncoder(l.stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}
