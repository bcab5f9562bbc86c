package agentconnect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"acsync/sync/httpx/redact"
)

// maxMembers is how many members of an answer are named.
const maxMembers = 6

var (
	memberForm = regexp.MustCompile(`^[A-Za-z_]{1,24}$`)
	mediaForm  = regexp.MustCompile(`^[a-z]{1,16}/[a-z0-9.+-]{1,32}$`)
)

// describe says what shape a 2xx answer has that does not tell that the request was taken: what sort it is
// of, the names of its members, and how long it is. It holds none of its values, and no name that may come
// from a customer.
func describe(r Request, header http.Header, body []byte, found *echoReader) string {
	shape := "JSON that is no object"
	switch {
	case len(body) == 0:
		shape = "an empty body"
	case body[0] == '<':
		shape = "a web page"
	case !json.Valid(body):
		shape = "text that is not JSON"
	case body[0] == '{' && len(found.members) > 0:
		shape = "a JSON object" + describeMembers(r, found.members)
	case body[0] == '{':
		shape = "an empty JSON object"
	case body[0] == '[' && bytes.Equal(bytes.Join(bytes.Fields(body), nil), []byte("[]")):
		shape = "an empty JSON list"
	case body[0] == '[':
		shape = "a JSON list"
	case string(body) == "null":
		shape = "nothing but null"
	}
	if json.Valid(body) {
		shape += describeLack(found)
	}
	size := "over 16 KB"
	switch {
	case len(body) < 1<<10:
		size = "under 1 KB"
	case len(body) < 16<<10:
		size = "1 to 16 KB"
	}
	media, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err == nil && mediaForm.MatchString(media) && redact.Scrub(media, r.personal()...) == media {
		size = media + ", " + size
	}
	return shape + " (" + size + ")"
}

// describeMembers lists the members whose names are those of a program.
func describeMembers(r Request, members []string) string {
	var shown []string
	for _, name := range members {
		plain := memberForm.MatchString(name) && redact.Scrub(name, r.personal()...) == name
		if quoted := `"` + name + `"`; plain && len(shown) < maxMembers && !slices.Contains(shown, quoted) {
			shown = append(shown, quoted)
		}
	}
	switch more := len(members) - len(shown); {
	case len(shown) == 0:
		return fmt.Sprintf(" with %d members", len(members))
	case more > 0:
		return fmt.Sprintf(" with the members %s and %d more", strings.Join(shown, ", "), more)
	}
	return " with the members " + strings.Join(shown, ", ")
}

// describeLack says what keeps JSON from being Agent Connect's word.
func describeLack(found *echoReader) string {
	switch {
	case found.Failed:
		return " that tells of a failure"
	case found.Other && found.Named:
		return " that names the conversation and another one"
	case found.Other:
		return " that names another conversation"
	case found.request.Recovery:
		return " that gives the recovery no id"
	}
	return " that does not name the conversation"
}
