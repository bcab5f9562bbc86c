package httpx

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
)

const (
	// codeLength is the greatest length of a code that is quoted.
	codeLength = 40
	// codeDigits is how many digits a code has at most: more may be a phone number, or an order's.
	codeDigits = 5
)

var (
	// codeForm is the form of codes that are names: one case throughout, which the names of people have not.
	codeForm = regexp.MustCompile(`^(?:[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*|[A-Z][A-Z0-9]*(?:[_-][A-Z0-9]+)*)$`)
	// codeNumber is the form of codes that are numbers.
	codeNumber = regexp.MustCompile(`^[1-9][0-9]{2,4}$`)
	// quoted is what the errors of net/http cite, whole or cut off: a status line, a header, the reason of an
	// HTTP/2 server.
	quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"?`)
)

// Codes is what may be said of an error's body where its words may name people: the codes in it, that is the
// members `code` of the shapes that [Message] reads, in the form of codes. Where there is none it says what
// sort of body it is; it is empty for an empty one.
func Codes(body []byte, secrets ...string) string {
	body = bytes.TrimSpace(body)
	if len(body) == 0 {
		return ""
	}
	if isHTML(body) {
		return "an HTML page"
	}
	var value any
	if json.Unmarshal(body, &value) == nil {
		codes := codes(nil, value, messageDepth)
		return words(cmp.Or(strings.Join(codes, ", "), "JSON without a code"), secrets)
	}
	if body[0] == '{' || body[0] == '[' {
		return "JSON that was cut off"
	}
	return "plain text"
}

// codes adds the codes of a decoded error value, each once.
func codes(found []string, value any, depth int) []string {
	if depth == 0 {
		return found
	}
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			found = codes(found, item, depth-1)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			switch name {
			case "code":
				found = addCode(found, v[name])
			case "error", "errors":
				found = codes(found, v[name], depth-1)
			}
		}
	}
	return found
}

func addCode(found []string, value any) []string {
	text, ok := value.(string)
	if !ok {
		number, err := json.Marshal(value)
		if text = string(number); err != nil || !codeNumber.MatchString(text) {
			return found
		}
	}
	if !isCode(text) || len(found) == messageItems || slices.Contains(found, text) {
		return found
	}
	return append(found, text)
}

func isCode(text string) bool {
	if codeNumber.MatchString(text) {
		return true
	}
	digits := strings.Count(strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return '0'
		}
		return r
	}, text), "0")
	return len(text) <= codeLength && digits <= codeDigits && codeForm.MatchString(text)
}

// unquoted is the text of an error of net/http without what it cites of the server's answer.
func unquoted(text string) string { return quoted.ReplaceAllString(text, `"…"`) }
