package agentconnect

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"sync"

	"acsync/sync/httpx/redact"
)

// documentedWords are those of the kinds of refusal that the vendor lists (troubleshooting page of the
// Requests API), in either order: "Employee not found", "Deactivated employee". They are made when there is a
// refusal: that takes a while, which every command would spend.
var documentedWords = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?is)validation error|` +
		`\b(?:employee|profile|customer|channel|brand|language)\b.{0,60}\b(?:not (?:found|complete|approved|` +
		`enabled|active|activated|provided|specified|valid)|unknown|deactivated|inactive|incomplete|invalid|` +
		`manual|missing|required)\b|` +
		`\b(?:unknown|deactivated|inactive|incomplete|invalid|missing)\b.{0,20}\b(?:employee|profile|customer|` +
		`channel|brand|language)\b`)
})

// gatewayPhrases are what gateways say in place of the service, beside the phrases of the statuses (AWS API
// Gateway, Kong, Spring: observed in public).
var gatewayPhrases = map[string]bool{
	"missing authentication token": true, "limit exceeded": true, "request too long": true,
	"endpoint request timed out": true, "no message available": true, "access denied": true,
	"no route matched with those values": true, "request blocked": true, "blocked": true, "error": true,
}

// ownWord reports whether the body of an answer that is no success is Agent Connect's own word about the
// request: a JSON object with a message or errors, or a text with the documented words; the body of a refusal
// is not specified. A web page never is, nor is JSON that repeats the phrase of a status and no more: that is
// how gateways and firewalls answer.
func ownWord(body []byte) bool {
	words := redact.Words(body)
	switch {
	case redact.IsHTML(body) || words == "":
		return false
	case documentedWords().MatchString(words):
		return true
	}
	return hasErrorMember(body) && !phrasesOnly(words)
}

// hasErrorMember reports whether body is a JSON object that tells of an error.
func hasErrorMember(body []byte) bool {
	var object map[string]json.RawMessage
	if json.Unmarshal(body, &object) != nil {
		return false
	}
	for name := range object {
		switch plainName(name) {
		case "message", "error", "errors", "errormessage":
			return true
		}
	}
	return false
}

// phrasesOnly reports whether words are made of the phrases of statuses and gateways alone.
func phrasesOnly(words string) bool {
	for part := range strings.FieldsFuncSeq(words, func(r rune) bool { return r == ':' || r == ';' }) {
		part = strings.ToLower(strings.Trim(part, " .!\n"))
		if part != "" && !gatewayPhrases[part] && !statusPhrases[part] {
			return false
		}
	}
	return true
}

var statusPhrases = func() map[string]bool {
	phrases := map[string]bool{}
	for status := http.StatusBadRequest; status < 600; status++ {
		phrases[strings.ToLower(http.StatusText(status))] = true
	}
	return phrases
}()
