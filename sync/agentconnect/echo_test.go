package agentconnect

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"acsync/sync/httpx"
)

// TestEcho reads answers of status 200. Only one that names the request, and nothing but that, is Agent
// Connect's word.
func TestEcho(t *testing.T) {
	const (
		id  = `"ext_interaction_id":"6716500fa1b2c3d4e5f60001"`
		not = " that does not name the conversation"
	)
	taken, nothing := Echo{Named: true}, Echo{}
	tests := []struct {
		name, body string
		want       Echo
		looks      string // without media type and size
	}{
		{"the echo", echo, taken, ""},
		{"within another object", `{"data":[{"request":{` + id + `}}]}`, taken, ""},
		{"without an error", `{` + id + `,"error":null,"errors":[],"error_code":0,"status":200,"success":true}`, taken, ""},
		{"accepted and scheduled", `{` + id + `,"status":"Accepted","request_delivery_status":"Not sent: do not send flag"}`, taken, ""},
		{"custom properties of any name", `{` + id + `,"custom_properties":{"error":"late","status":"failed","ext_interaction_id":"A-1","success":"false"}}`, taken, ""},
		{"twice the same", `[{` + id + `},{` + id + `}]`, taken, ""},

		{"empty", "", nothing, "an empty body"},
		{"white space", " \r\n", nothing, "an empty body"},
		{"null", "null", nothing, "nothing but null" + not},
		{"true", "true", nothing, "JSON that is no object" + not},
		{"list", "[ ]", nothing, "an empty JSON list" + not},
		{"object", "{}", nothing, "an empty JSON object" + not},
		{"web page", "<html>" + id + "</html>", nothing, "a web page"},
		{"text", "OK 6716500fa1b2c3d4e5f60001", nothing, "text that is not JSON"},
		{"the id as a text", `"6716500fa1b2c3d4e5f60001"`, nothing, "JSON that is no object" + not},
		{"the id in a text", `{"message":"created 6716500fa1b2c3d4e5f60001"}`, nothing, `a JSON object with the members "message"` + not},
		{"JSON in a text", `{"body":"{\"ext_interaction_id\":\"6716500fa1b2c3d4e5f60001\"}"}`, nothing, `a JSON object with the members "body"` + not},
		{"another member", `{"id":"6716500fa1b2c3d4e5f60001"}`, nothing, `a JSON object with the members "id"` + not},
		{"only a custom property", `{"custom_properties":{` + id + `}}`, nothing, `a JSON object with the members "custom_properties"` + not},
		{"a list of it", `{"ext_interaction_id":["6716500fa1b2c3d4e5f60001"]}`, nothing, `a JSON object with the members "ext_interaction_id"` + not},
		{"the id of a recovery", `{"request_id":"6f1c1f0e-3b0a-4a55-9a0e-2f6a8b1c0d11"}`, nothing, `a JSON object with the members "request_id"` + not},
		{"null for an id", `{"ext_interaction_id":null}`, nothing, `a JSON object with the members "ext_interaction_id"` + not},

		{"another", `{"ext_interaction_id":"6716500fa1b2c3d4e5f60002"}`, Echo{Other: true}, `a JSON object with the members "ext_interaction_id" that names another conversation`},
		{"another case", `{"ext_interaction_id":"6716500FA1B2C3D4E5F60001"}`, Echo{Other: true}, `a JSON object with the members "ext_interaction_id" that names another conversation`},
		{"a space", `{"ext_interaction_id":"6716500fa1b2c3d4e5f60001 "}`, Echo{Other: true}, `a JSON object with the members "ext_interaction_id" that names another conversation`},
		{"both", `[{` + id + `},{"ext_interaction_id":"x"}]`, Echo{Named: true, Other: true}, "a JSON list that names the conversation and another one"},
		{"both in one object", `{"ext_interaction_id":"x",` + id + `}`, Echo{Named: true, Other: true}, `a JSON object with the members "ext_interaction_id" and 1 more that names the conversation and another one`},
		{"another as a number", `{` + id + `,"first":{"ext_interaction_id":7}}`, Echo{Named: true, Other: true}, `a JSON object with the members "ext_interaction_id", "first" that names the conversation and another one`},

		{"an error", `{"error":"employee not found","status":400}`, Echo{Failed: true}, `a JSON object with the members "error", "status" that tells of a failure`},
		{"the echo and an error", `{"errors":[{"title":"x"}],"request":{` + id + `}}`, Echo{Named: true, Failed: true}, `a JSON object with the members "errors", "request" that tells of a failure`},
		{"the echo and an error within", `{` + id + `,"meta":{"Error-Message":"x"}}`, Echo{Named: true, Failed: true}, `a JSON object with the members "ext_interaction_id", "meta" that tells of a failure`},
		{"a status of 400", `{` + id + `,"statusCode":"400"}`, Echo{Named: true, Failed: true}, `a JSON object with the members "ext_interaction_id", "statusCode" that tells of a failure`},
		{"a status in words", `{` + id + `,"status":"Rejected"}`, Echo{Named: true, Failed: true}, `a JSON object with the members "ext_interaction_id", "status" that tells of a failure`},
		{"no success", `{` + id + `,"success":false}`, Echo{Named: true, Failed: true}, `a JSON object with the members "ext_interaction_id", "success" that tells of a failure`},

		{"names of people", `{"jane_doe":1,"JaneDoe":2,"Jane Doe":3,"jane@example.com":4,"data":5}`, nothing, `a JSON object with the members "data" and 4 more` + not},
		{"strange names", `{"\u001b[31m":1,"` + strings.Repeat("x", 100) + `":2}`, nothing, `a JSON object with 2 members` + not},
		{"many", `{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1}`, nothing, `a JSON object with the members "a", "b", "c", "d", "e", "f" and 2 more` + not},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, says(response("200 OK", "Content-Type: application/json; charset=utf-8\r\n", tt.body)))
			a := client(t, Options{BaseURL: s.URL}).Create(t.Context(), survey)
			if diff := cmp.Diff(tt.want, a.Echo); diff != "" || a.Err != nil || a.Status != 200 {
				t.Errorf("%d, %v; -want +got:\n%s", a.Status, a.Err, diff)
			}
			if tt.looks != "" {
				tt.looks += " (application/json, under 1 KB)"
			}
			if a.Looks != tt.looks {
				t.Errorf("it looks like %s, want %s", a.Looks, tt.looks)
			}
			checkPrivate(t, a)
		})
	}
}

// TestEchoOfNumbers has the id of a conversation that is a number come back as one.
func TestEchoOfNumbers(t *testing.T) {
	for body, want := range map[string]Echo{
		`{"ext_interaction_id":12345678901234567890}`:   {Named: true},
		`{"ext_interaction_id":1.2345678901234567e19}`:  {Other: true},
		`{"ext_interaction_id":"12345678901234567890"}`: {Named: true},
		`{"ext_interaction_id":true}`:                   {Other: true},
	} {
		request := survey
		request.ExtInteractionID = "12345678901234567890"
		s := serve(t, says(response("200 OK", "", body)))
		if a := client(t, Options{BaseURL: s.URL}).Create(t.Context(), request); a.Echo != want {
			t.Errorf("%s: got %+v, want %+v", body, a.Echo, want)
		}
	}
}

// TestEchoOfRecovery takes the id that a recovery was given for its acceptance, and nothing else.
func TestEchoOfRecovery(t *testing.T) {
	const given = `"request_id":"6f1c1f0e-3b0a-4a55-9a0e-2f6a8b1c0d11"`
	for body, want := range map[string]Echo{
		`{` + given + `}`:                                {Named: true},
		`{"data":{` + given + `},` + echo[1:]:            {Named: true},
		`{` + given + `,"ext_interaction_id":"x"}`:       {Named: true, Other: true},
		`{` + given + `,"error":"no request to follow"}`: {Named: true, Failed: true},
		echo:                                {},
		`{"request_id":""}`:                 {},
		`{"request_id":null}`:               {},
		`{"request_id":"c6af9ac6-gateway"}`: {},
		`{"message":"6f1c1f0e-3b0a-4a55-9a0e-2f6a8b1c0d11"}`: {},
	} {
		request := survey
		request.Recovery = true
		s := serve(t, says(response("200 OK", "", body)))
		a := client(t, Options{BaseURL: s.URL}).Create(t.Context(), request)
		if a.Echo != want || (a.Looks == "") != (want == Echo{Named: true}) {
			t.Errorf("%s: got %+v, %q, want %+v", body, a.Echo, a.Looks, want)
		}
		checkPrivate(t, a)
	}
}

// TestEchoUnreadable has answers that cannot be read, which is not the same as those that say nothing.
func TestEchoUnreadable(t *testing.T) {
	long := `{"ext_interaction_id":"6716500fa1b2c3d4e5f60001","x":"` + strings.Repeat("x", httpx.MaxAnswer) + `"}`
	for name, raw := range map[string]string{
		"broken":   response("200 OK", "", echo[:len(echo)-1]),
		"two":      response("200 OK", "", echo+echo),
		"too long": response("200 OK", "", long),
		"cut off":  fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(echo)+1, echo),
	} {
		s := serve(t, says(raw))
		a := client(t, Options{BaseURL: s.URL}).Create(t.Context(), survey)
		if a.Status != 200 || a.Err == nil || a.Stray || a.Echo != (Echo{}) {
			t.Errorf("%s: got %+v", name, a)
		}
		checkPrivate(t, a)
	}
}

// TestCreateStray has an answer that may be that to another request told as such, also when it is the right
// one.
func TestCreateStray(t *testing.T) {
	for name, raw := range map[string]string{
		"taken, and refused": response("200 OK", "", echo) + response("400 Bad Request", "", "{}"),
		"limited, and taken": response("429 Too Many Requests", "", `{"message":"for Jane Doe"}`) + response("200 OK", "", echo),
	} {
		s := serve(t, says(raw))
		a := client(t, Options{BaseURL: s.URL}).Create(t.Context(), survey)
		if !a.Stray || !a.Written || a.Echo != (Echo{}) || a.Looks == "" || !errors.Is(a.Err, httpx.ErrStray) {
			t.Errorf("%s: got %+v", name, a)
		}
		checkPrivate(t, a)
	}
}

// FuzzEcho takes nothing for the request's own word that has not its id as the value of that member.
func FuzzEcho(f *testing.F) {
	f.Add(echo)
	f.Add(`[[[{"ext_interaction_id":{"ext_interaction_id":1}}]]]`)
	f.Add(`{"a":nul`)
	f.Fuzz(func(t *testing.T, body string) {
		found := readEcho(survey, []byte(body))
		plain := strings.Join(strings.Fields(body), "")
		if found.Named && !strings.Contains(body, `\`) && !strings.Contains(plain, `"ext_interaction_id":"6716500fa1b2c3d4e5f60001"`) {
			t.Errorf("%q was taken for the echo", body)
		}
		looks := describe(survey, nil, []byte(strings.TrimSpace(body)), found)
		if strings.Contains(strings.ToLower(looks), "jane") || len(looks) > 400 {
			t.Errorf("it looks like %q", looks)
		}
	})
}

// TestEchoOfRefusals has answers name the request and refuse it in some way: none of them is its acceptance.
func TestEchoOfRefusals(t *testing.T) {
	for _, more := range []string{
		`"validation_errors":["employee"]`, `"message":"Validation Error: Employee not found"`, `"title":"Bad Request"`, `"type":"error"`,
		`"isValid":false`, `"is_success":false`, `"created":false`, `"success":0`, `"success":"no"`, `"success":null`, `"hasErrors":true`,
		`"error_count":1`, `"error_description":"x"`, `"rejected":[{"id":1}]`, `"failed":["x"]`, `"status":"rejected"`,
	} {
		s := serve(t, says(response("200 OK", "", `{"ext_interaction_id":"6716500fa1b2c3d4e5f60001",`+more+`}`)))
		a := client(t, Options{BaseURL: s.URL}).Create(t.Context(), survey)
		if want := (Echo{Named: true, Failed: true}); a.Echo != want {
			t.Errorf("%s: got %+v, want %+v", more, a.Echo, want)
		}
	}
}

// TestPlainName holds that each member's name costs no tables: every answer has dozens.
func TestPlainName(t *testing.T) {
	for _, name := range []string{"errormessage", "errorMessage", "error_message", "Error-Message"} {
		if got := plainName(name); got != "errormessage" {
			t.Errorf("%q: got %q", name, got)
		}
		if objects := testing.AllocsPerRun(100, func() { plainName(name) }); objects > 2 {
			t.Errorf("%q: %v objects, at most 2 are allowed", name, objects)
		}
	}
}
