package httpx

import (
	"bytes"
	"encoding/json"
	"html"
	"regexp"
	"slices"
	"strings"
)

const (
	// messageDepth bounds how deep a message is looked for, messageItems how many entries of a list are quoted.
	messageDepth = 4
	messageItems = 3
)

var title = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)

// Message finds the server's own words in the body of an answer: the `errors` arrays of both shapes that Kustomer
// documents, {"message": …}, {"error": …}, a JSON string, an HTML title, plain text. Other members of the body are
// never quoted, since a server may echo the request. The result is one line of at most MaxMessage characters with the
// secrets and personal data taken out; it is empty when the body says nothing.
func Message(body []byte, secrets ...string) string {
	body = bytes.TrimSpace(body)
	if len(body) == 0 {
		return ""
	}
	if isHTML(body) {
		return words(htmlTitle(body), secrets)
	}
	var value any
	if json.Unmarshal(body, &value) == nil {
		return words(said(value, messageDepth), secrets)
	}
	if body[0] == '{' || body[0] == '[' {
		return "" // JSON that was cut off: what can be seen of it may be an echo
	}
	return words(string(body), secrets)
}

// isHTML tells a page, or XML, from data.
func isHTML(body []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) }

func htmlTitle(body []byte) string {
	if m := title.FindSubmatch(body); m != nil {
		return html.UnescapeString(string(m[1]))
	}
	return ""
}

// said is the text of a decoded error value.
func said(value any, depth int) string {
	if depth == 0 {
		return ""
	}
	switch v := value.(type) {
	case string:
		return v
	case []any:
		return saidList(v, depth)
	case map[string]any:
		return saidObject(v, depth)
	default:
		return ""
	}
}

func saidList(list []any, depth int) string {
	var parts []string
	for _, item := range list {
		if text := said(item, depth-1); text != "" && len(parts) < messageItems && !slices.Contains(parts, text) {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, "; ")
}

// saidObject reads the members that carry words, and a code only where there are none.
func saidObject(object map[string]any, depth int) string {
	var parts []string
	for _, key := range []string{"message", "title", "detail", "error", "error_description", "reason", "description"} {
		if text := said(object[key], depth-1); text != "" && !slices.Contains(parts, text) {
			parts = append(parts, text)
		}
	}
	if text := saidErrors(object["errors"], depth-1); text != "" {
		parts = append(parts, text)
	}
	if len(parts) == 0 {
		code, _ := object["code"].(string)
		return code
	}
	if source := saidSource(object["source"]); source != "" {
		parts = append(parts, source)
	}
	return strings.Join(parts, ": ")
}

// saidErrors reads a list of errors, or an object that names the fields that are wrong: {"channel": ["is unknown"]}.
func saidErrors(value any, depth int) string {
	fields, ok := value.(map[string]any)
	if !ok {
		return said(value, depth)
	}
	if text := said(fields, depth); text != "" {
		return text
	}
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	var parts []string
	for _, name := range names {
		if text := said(fields[name], depth-1); text != "" && len(parts) < messageItems {
			parts = append(parts, name+" "+text)
		}
	}
	return strings.Join(parts, "; ")
}

// saidSource is the place that a JSON:API error points at.
func saidSource(value any) string {
	source, _ := value.(map[string]any)
	for _, key := range []string{"pointer", "parameter", "parameters"} {
		if text, _ := source[key].(string); text != "" {
			return text
		}
	}
	return ""
}
