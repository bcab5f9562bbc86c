package schedule

import (
	"encoding/json"
	"strings"
	"unicode"
)

// ShellWord writes a text as one word of a shell.
func ShellWord(text string) string {
	if text != "" && !strings.ContainsFunc(text, needsQuotes) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// needsQuotes reports whether a character may mean something else to a shell.
func needsQuotes(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_./:=@%+,-", r)
}

// quoted is a text as JSON has it, which is YAML, too.
func quoted(text string) (string, error) {
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(text)
	return strings.TrimSpace(out.String()), err
}
