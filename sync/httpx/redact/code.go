package redact

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// maxCode is the greatest length of a code that is quoted.
const maxCode = 40

var (
	// codeForm is the form of codes that are names: one case throughout, which the names of people have not.
	codeForm = regexp.MustCompile(`^(?:[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*|[A-Z][A-Z0-9]*(?:[_-][A-Z0-9]+)*)$`)
	// manyDigits may be a phone number, or an order's.
	manyDigits = regexp.MustCompile(`(?:[0-9].*){6}`)
	// codeNumber is the form of codes that are numbers.
	codeNumber = regexp.MustCompile(`^[1-9][0-9]{2,4}$`)
	// quotation is what the errors of net/http cite, whole or cut off: a status line, a header, the reason of
	// an HTTP/2 server.
	quotation = regexp.MustCompile(`"(?:[^"\\]|\\.)*"?`)
)

// Codes is what may be said of an error's body where its words may name people: the members `code` of the
// shapes that Message reads, as far as they look like codes. Where there is none it says what sort of body it
// is; it is empty for an empty one.
func Codes(body []byte, secrets ...string) string {
	body = bytes.TrimSpace(body)
	var value any
	switch {
	case len(body) == 0:
		return ""
	case IsHTML(body):
		return "an HTML page"
	case json.Unmarshal(body, &value) == nil:
		found := strings.Join(codes(nil, value, maxDepth), ", ")
		return Text(cmp.Or(found, "JSON without a code"), secrets...)
	case body[0] == '{' || body[0] == '[':
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
				code := codeText(v[name])
				if isCode(code) && len(found) < maxItems && !slices.Contains(found, code) {
					found = append(found, code)
				}
			case "error", "errors":
				found = codes(found, v[name], depth-1)
			}
		}
	}
	return found
}

func codeText(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}

func isCode(text string) bool {
	name := len(text) <= maxCode && codeForm.MatchString(text) && !manyDigits.MatchString(text)
	return name || codeNumber.MatchString(text)
}

// Unquoted is the text of an error of net/http without what it cites of the server's answer.
func Unquoted(text string) string { return quotation.ReplaceAllString(text, `"…"`) }
