package agentconnect

import "testing"

// TestOwnWord: only Agent Connect's own word refuses a request. A customer whose request a gateway turned away
// is asked later.
func TestOwnWord(t *testing.T) {
	own := []string{
		`{"message":"Validation Error","errors":["brand: unknown"]}`,
		`{"message":"Invalid customer"}`,
		`{"errors":[{"message":"Employee jane@example.com could not be matched"}]}`,
		`{"errors":{"channel":["is not enabled"]}}`,
		`{"error":"this survey cannot be sent"}`,
		`{"error":{"message":"Language not specified"}}`,
		`"Channel is in manual mode"`,
		`[{"message":"Validation Error: check the required request parameters"}]`,
		"Validation Error: check the required request parameters",
		"Employee not found",
		"Employee profile not complete",
		"Deactivated employee",
		"Invalid/inactive brand signifier",
		"Brand signifier not provided",
	}
	for _, body := range own {
		if !ownWord([]byte(body)) {
			t.Errorf("%s is not taken for Agent Connect's word", body)
		}
	}
	foreign := []string{
		"", " \n", "null", "{}", "[]", "17", `""`,
		"Bad Request", "Not Found", "404 page not found", "Request Entity Too Large", "no healthy upstream",
		"<html><title>400 Bad Request</title><body>Validation Error</body></html>",
		"\n<!DOCTYPE html><title>Attention Required!</title>Invalid customer",
		`<?xml version="1.0"?><Error><Message>Employee not found</Message></Error>`,
		`{"message":"Not Found"}`, `{"message":"Forbidden."}`, `{"message":"Request Too Long"}`,
		`{"message":null}`, `{"errors":[]}`, `{"error":""}`, `{"status":400}`, `{"support_id":"1234"}`,
		`{"timestamp":"2026-11-29","status":404,"error":"Not Found","message":"No message available"}`,
		`{"message":"no Route matched with those values"}`,
		`{"errors":[{"message":"cut o`,
		`"blocked by the security policy"`, `["blocked"]`,
		"The requested URL was rejected. Please consult with your administrator.",
	}
	for _, body := range foreign {
		if ownWord([]byte(body)) {
			t.Errorf("%s is taken for Agent Connect's word", body)
		}
	}
}
