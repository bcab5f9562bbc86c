package redact

import (
	"bytes"
	"encoding/json"
	"html"
	"maps"
	"regexp"
	"slices"
	"strings"
)

const (
	maxDepth = 4 // levels that a message or a code is searched for
	maxItems = 3 // entries of a list that are quoted
)

var title = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)

// Message returns the server's own words in the body of an answer: the `errors` arrays of both shapes that
// Kustomer documents, {"message": …}, {"error": …}, a JSON string, an HTML title, plain text. Other members
// of the body are never quoted, since a server may echo the request. The result is as Text makes it; it is
// empty when the body says nothing.
func Message(body []byte, secrets ...string) string { return Text(Words(body), secrets...) }

// Words is what Message makes fit to be shown: it may hold anything.
func Words(body []byte) string {
	body = bytes.TrimSpace(body)
	var value any
	switch {
	case len(body) == 0:
		return ""
	case IsHTML(body):
		if m := title.FindSubmatch(body); m != nil {
			return html.UnescapeString(string(m[1]))
		}
		return ""
	case json.Unmarshal(body, &value) == nil:
		return errorText(value, maxDepth)
	case body[0] == '{' || body[0] == '[':
		// JSON that was cut off: what can be seen of it may be an echo.
		return ""
	}
	return string(body)
}

// IsHTML reports whether body is a web page, or XML.
func IsHTML(body []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) }

// errorText is the text of a decoded error value.
func errorText(value any, depth int) string {
	if depth == 0 {
		return ""
	}
	switch v := value.(type) {
	case string:
		return v
	case []any:
		return errorTextList(v, depth)
	case map[string]any:
		return errorTextObject(v, depth)
	default:
		return ""
	}
}

func errorTextList(list []any, depth int) string {
	var parts []string
	for _, item := range list {
		text := errorText(item, depth-1)
		if text != "" && len(parts) < maxItems && !slices.Contains(parts, text) {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, "; ")
}

// errorTextObject reads the members that carry words, and a code only where there are none.
func errorTextObject(object map[string]any, depth int) string {
	var parts []string
	keys := []string{"message", "title", "detail", "error", "error_description", "reason", "description"}
	for _, key := range keys {
		if text := errorText(object[key], depth-1); text != "" && !slices.Contains(parts, text) {
			parts = append(parts, text)
		}
	}
	if text := errorTextFields(object["errors"], depth-1); text != "" {
		parts = append(parts, text)
	}
	if len(parts) == 0 {
		code, _ := object["code"].(string)
		return code
	}
	// The place that a JSON:API error points at.
	source, _ := object["source"].(map[string]any)
	for _, key := range []string{"pointer", "parameter", "parameters"} {
		if text, _ := source[key].(string); text != "" {
			parts = append(parts, text)
			break
		}
	}
	return strings.Join(parts, ": ")
}

// errorTextFields reads a list of errors, or an object that names the fields that are wrong:
// {"channel": ["is unknown"]}.
func errorTextFields(value any, depth int) string {
	text := errorText(value, depth)
	fields, ok := value.(map[string]any)
	if text != "" || !ok {
		return text
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if text := errorText(fields[name], depth-1); text != "" && len(parts) < maxItems {
			parts = append(parts, name+" "+text)
		}
	}
	return strings.Join(parts, "; ")
}
