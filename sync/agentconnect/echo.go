package agentconnect

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Echo is what the JSON of a 2xx answer says. Only an answer that is Named and nothing else is Agent
// Connect's own word that it took this request: gateways, portals and proxies answer 2xx as well, and so may
// a failure.
type Echo struct {
	// Named: a member ext_interaction_id, at any depth, is the request's, letter for letter, as a string or
	// as a number that is written the same (the echo is documented). Of a recovery: a member request_id is a
	// UUID (documented).
	Named  bool
	Other  bool // a member ext_interaction_id is something else
	Failed bool // a member tells of an error, a status of a failure, or a success that it was none
}

var (
	// errorMembers are there, and not empty, when something went wrong.
	errorMembers = []string{
		"error", "errors", "errormessage", "errormessages", "errorcode", "fault", "faults", "exception",
		"failure",
		"failures", "errordescription", "errordetails", "errorcount", "haserrors", "haserror", "iserror",
		"validationerror", "validationerrors", "rejected", "failed", "problems", "violations",
	}
	// statusMembers tell by their value whether something went wrong.
	statusMembers = []string{
		"status", "statuscode", "httpstatus", "httpstatuscode", "code", "result", "outcome", "state",
	}
	// successMembers are false when something went wrong.
	successMembers = []string{
		"success", "successful", "succeeded", "issuccess", "issuccessful", "ok", "isok", "accepted", "valid",
		"isvalid", "created",
	}
	// textMembers hold words, which may be those of a refusal (documented: "Validation Error …").
	textMembers = []string{"message", "title", "type", "detail", "description", "reason"}

	refusalText = regexp.MustCompile(`(?i)^error$|validation error|bad request|not found|not accepted|` +
		`rejected|refused`)
	failureStatus = regexp.MustCompile(`(?i)error|fail|invalid|reject|refus|denied|unauthori|forbid|` +
		`not.?found|bad.?req`)
	uuid = regexp.MustCompile(`(?i)^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
)

// plainName is a member's name in the one spelling of the lists: errorMessage, error_message and
// Error-Message are one.
func plainName(name string) string {
	return withoutSigns.Replace(strings.ToLower(name))
}

// withoutSigns is made once: each has a table of several kilobytes.
var withoutSigns = strings.NewReplacer("_", "", "-", "")

// echoReader goes through JSON piece by piece: a decoded object shows only one of two members with the same
// name.
type echoReader struct {
	Echo
	request Request
	decoder *json.Decoder
	members []string // of the outermost object
}

// readEcho finds what body says of the request: nothing, where it is no JSON.
func readEcho(r Request, body []byte) *echoReader {
	e := &echoReader{request: r, decoder: json.NewDecoder(bytes.NewReader(body))}
	e.decoder.UseNumber()
	// The pieces of what is not well formed would have no end.
	if json.Valid(body) {
		e.value("", true)
	}
	return e
}

// value takes in a value, and reports whether it is an empty one.
func (e *echoReader) value(member string, outermost bool) (empty bool) {
	token, err := e.decoder.Token()
	if err != nil {
		return true
	}
	delim, composite := token.(json.Delim)
	if !composite {
		e.scalar(member, token)
		return token == nil || token == false || token == "" || token == json.Number("0")
	}
	for empty = true; e.decoder.More(); empty = false {
		if delim == '[' {
			e.value("", false)
			continue
		}
		token, _ := e.decoder.Token()
		name, _ := token.(string)
		if outermost {
			e.members = append(e.members, name)
		}
		e.member(name)
	}
	_, _ = e.decoder.Token()
	return empty
}

// member takes in a member of an object.
func (e *echoReader) member(name string) {
	if name == "custom_properties" {
		// What the request gave as custom properties may have any name, and says nothing.
		_ = e.decoder.Decode(new(json.RawMessage))
		return
	}
	if empty := e.value(name, false); !empty && slices.Contains(errorMembers, plainName(name)) {
		e.Failed = true
	}
}

// scalar takes in a member's value that has no parts.
func (e *echoReader) scalar(member string, value json.Token) {
	text, isText := value.(string)
	if number, ok := value.(json.Number); ok {
		text, isText = string(number), true
	}
	name := plainName(member)
	switch {
	case member == "ext_interaction_id" && value != nil:
		ours := isText && text != "" && text == e.request.ExtInteractionID
		e.Other = e.Other || !ours
		e.Named = e.Named || ours && !e.request.Recovery
	case member == "request_id" && e.request.Recovery:
		e.Named = e.Named || uuid.MatchString(text)
	case slices.Contains(statusMembers, name):
		code, err := strconv.ParseFloat(text, 64)
		e.Failed = e.Failed || failureStatus.MatchString(text) || err == nil && code >= 400
	case slices.Contains(successMembers, name):
		no := slices.Contains([]string{"false", "no", "0"}, strings.ToLower(text))
		e.Failed = e.Failed || value == false || value == nil || no
	case slices.Contains(textMembers, name):
		e.Failed = e.Failed || refusalText.MatchString(text)
	}
}
