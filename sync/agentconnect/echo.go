package agentconnect

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"acsync/sync/httpx"
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

// success reads a 2xx answer that arrived whole. JSON that breaks off, or is not well formed, cannot be read;
// anything else can be, and says something or nothing of the request.
func (r Request) success(resp *httpx.Response) Answer {
	a := Answer{Status: resp.Status, Written: true}
	body := bytes.TrimSpace(resp.Body)
	broken := !json.Valid(body) && (bytes.HasPrefix(body, []byte("{")) || bytes.HasPrefix(body, []byte("[")))
	if broken {
		var echo json.RawMessage
		a.Err = explained(resp.Decode(&echo))
		return a
	}
	said := listener{request: r}
	said.hear(body)
	if a.Echo = said.echo; a.Echo != (Echo{Named: true}) {
		a.Looks = r.looks(resp.Header, body, said)
	}
	return a
}

// listener goes through JSON. It reads it piece by piece, since a decoded object shows only one of two
// members with the same name.
type listener struct {
	request Request
	decoder *json.Decoder
	echo    Echo
	members []string // of the outermost object
}

func (l *listener) hear(body []byte) {
	if !json.Valid(body) { // then its pieces would have no end
		return
	}
	l.decoder = json.NewDecoder(bytes.NewReader(body))
	l.decoder.UseNumber()
	l.value("", true)
}

// value takes in a value, and tells whether it is an empty one.
func (l *listener) value(member string, outermost bool) (empty bool) {
	token, err := l.decoder.Token()
	if err != nil {
		return true
	}
	delim, composite := token.(json.Delim)
	if !composite {
		l.scalar(member, token)
		return token == nil || token == false || token == "" || token == json.Number("0")
	}
	for empty = true; l.decoder.More(); empty = false {
		if delim == '[' {
			l.value("", false)
			continue
		}
		name, err := l.decoder.Token()
		if err != nil {
			return empty
		}
		key, _ := name.(string)
		if outermost {
			l.members = append(l.members, key)
		}
		l.member(key)
	}
	_, _ = l.decoder.Token()
	return empty
}

// member takes in a member of an object. What the request gave as custom properties may have any name, and
// says nothing.
func (l *listener) member(name string) {
	if name == "custom_properties" {
		var own json.RawMessage
		_ = l.decoder.Decode(&own)
		return
	}
	if empty := l.value(name, false); !empty && slices.Contains(complaints, plainName(name)) {
		l.echo.Failed = true
	}
}

var (
	// complaints are members that are there, and not empty, when something went wrong.
	complaints = []string{
		"error", "errors", "errormessage", "errormessages", "errorcode", "fault", "faults", "exception", "failure", "failures",
		"errordescription", "errordetails", "errorcount", "haserrors", "haserror", "iserror", "validationerror",
		"validationerrors", "rejected", "failed", "problems", "violations",
	}
	// verdicts are members whose value tells whether something did, and successes those that are false then.
	verdicts  = []string{"status", "statuscode", "httpstatus", "httpstatuscode", "code", "result", "outcome", "state"}
	successes = []string{"success", "successful", "succeeded", "issuccess", "issuccessful", "ok", "isok", "accepted", "valid", "isvalid", "created"}
	// sayings are members whose words are those of a refusal, when they are (documented: "Validation Error …").
	sayings  = []string{"message", "title", "type", "detail", "description", "reason"}
	refusing = regexp.MustCompile(`(?i)^error$|validation error|bad request|not found|not accepted|rejected|refused`)
	failing  = regexp.MustCompile(`(?i)error|fail|invalid|reject|refus|denied|unauthori|forbid|not.?found|bad.?req`)
	uuid     = regexp.MustCompile(`(?i)^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
)

// plainName is a member's name in the one spelling of the lists: errorMessage, error_message and
// Error-Message are one.
func plainName(name string) string {
	return strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(name))
}

// scalar takes in a member's value that has no parts.
func (l *listener) scalar(member string, value json.Token) {
	text, spelled := "", false
	switch v := value.(type) {
	case string:
		text, spelled = v, true
	case json.Number:
		text, spelled = string(v), true
	}
	switch {
	case member == "ext_interaction_id" && value != nil:
		ours := spelled && text != "" && text == l.request.ExtInteractionID
		l.echo.Other = l.echo.Other || !ours
		l.echo.Named = l.echo.Named || ours && !l.request.Recovery
	case member == "request_id" && l.request.Recovery:
		l.echo.Named = l.echo.Named || uuid.MatchString(text)
	case slices.Contains(verdicts, plainName(member)):
		code, err := strconv.ParseFloat(text, 64)
		l.echo.Failed = l.echo.Failed || failing.MatchString(text) || err == nil && code >= 400
	case slices.Contains(successes, plainName(member)):
		l.echo.Failed = l.echo.Failed || value == false || value == nil || slices.Contains([]string{"false", "no", "0"}, strings.ToLower(text))
	case slices.Contains(sayings, plainName(member)):
		l.echo.Failed = l.echo.Failed || refusing.MatchString(text)
	}
}
