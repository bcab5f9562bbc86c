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

// shownMembers is how many members of an answer are named.
const shownMembers = 6

var (
	memberForm = regexp.MustCompile(`^[A-Za-z_]{1,24}$`)
	mediaForm  = regexp.MustCompile(`^[a-z]{1,16}/[a-z0-9.+-]{1,32}$`)
)

// looks says what a 2xx answer looks like that does not tell that the request was taken: what sort it is of,
// the names of its members, and how long it is. It holds none of its values, and no name that may come from a
// customer.
func (r Request) looks(header http.Header, body []byte, said listener) string {
	return r.shape(body, said) + said.lack() + " (" + r.media(header) + sizeClass(len(body)) + ")"
}

// shape is what sort of a body it is.
func (r Request) shape(body []byte, said listener) string {
	switch {
	case len(body) == 0:
		return "an empty body"
	case body[0] == '<':
		return "a web page"
	case !json.Valid(body):
		return "text that is not JSON"
	case body[0] == '{' && len(said.members) > 0:
		return "a JSON object" + r.named(said.members)
	case body[0] == '{':
		return "an empty JSON object"
	case body[0] == '[' && bytes.Equal(bytes.Join(bytes.Fields(body), nil), []byte("[]")):
		return "an empty JSON list"
	case body[0] == '[':
		return "a JSON list"
	case string(body) == "null":
		return "nothing but null"
	}
	return "JSON that is no object"
}

// named lists the members whose names are those of a program.
func (r Request) named(members []string) string {
	var shown []string
	for _, name := range members {
		plain := memberForm.MatchString(name) && redact.Scrub(name, r.personal()...) == name
		if quoted := `"` + name + `"`; plain && len(shown) < shownMembers && !slices.Contains(shown, quoted) {
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

// lack is what keeps JSON from being Agent Connect's word.
func (l *listener) lack() string {
	switch {
	case l.decoder == nil: // it says it all that there is none
		return ""
	case l.echo.Failed:
		return " that tells of a failure"
	case l.echo.Other && l.echo.Named:
		return " that names the conversation and another one"
	case l.echo.Other:
		return " that names another conversation"
	case l.request.Recovery:
		return " that gives the recovery no id"
	}
	return " that does not name the conversation"
}

// media is the type that the answer says it has.
func (r Request) media(header http.Header) string {
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil || !mediaForm.MatchString(kind) || redact.Scrub(kind, r.personal()...) != kind {
		return ""
	}
	return kind + ", "
}

func sizeClass(length int) string {
	switch {
	case length < 1<<10:
		return "under 1 KB"
	case length < 16<<10:
		return "1 to 16 KB"
	}
	return "over 16 KB"
}
