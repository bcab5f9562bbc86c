package sandbox

import (
	"encoding/json"
	"maps"
	"net/http"
)

// answer is what an endpoint says. It is complete before a byte is sent, so that a fault can take its place.
type answer struct {
	status int
	header http.Header // nil for none besides the usual
	body   []byte
}

// jsonAnswer is an answer with a JSON body.
func jsonAnswer(status int, body any) answer {
	text, err := json.Marshal(body)
	// An attribute that a test put there cannot be shown as JSON.
	if err != nil {
		status = http.StatusInternalServerError
		text = []byte(`{"errors":[{"code":"internal","message":"not JSON"}]}`)
	}
	return answer{status, http.Header{"Content-Type": {"application/json; charset=utf-8"}}, text}
}

// with adds headers.
func (a answer) with(more http.Header) answer {
	a.header = mergeHeaders(a.header, more)
	return a
}

// mergeHeaders is base with the headers of more added, or in their place.
func mergeHeaders(base, more http.Header) http.Header {
	merged := http.Header{}
	maps.Copy(merged, base)
	maps.Copy(merged, more)
	return merged
}

// object is any JSON object.
type object = map[string]any
