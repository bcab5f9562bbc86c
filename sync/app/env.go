package app

import (
	"runtime"
	"slices"
	"strings"
)

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
