package schedule

import (
	"encoding/json"
	"regexp"
	"strings"
)

// ShellWord writes a text as one word of a shell.
func ShellWord(text string) string {
	if plainWord.MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

var plainWord = regexp.MustCompile(`^[\p{L}\p{Nd}_./:=@%+,-]+$`)

// quoted is a text as JSON has it, which is YAML, too.
func quoted(text string) (string, error) {
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(text)
	return strings.TrimSpace(out.String()), err
}
