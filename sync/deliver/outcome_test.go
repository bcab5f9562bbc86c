package deliver

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
)

func TestClassify(t *testing.T) {
	cut := errors.New("unexpected EOF")
	named := agentconnect.Echo{Named: true}
	tests := []struct {
		name   string
		answer agentconnect.Answer
		state  store.State
		reason decide.Reason
	}{
		{"200", agentconnect.Answer{Status: 200, Written: true, Echo: named}, store.Accepted, ""},
		{"201", agentconnect.Answer{Status: 201, Written: true, Echo: named}, store.Accepted, ""},
		{"stopped before it had left", agentconnect.Answer{Err: fmt.Errorf("waiting: %w", context.Canceled)}, store.Scheduled, decide.Stopped},
		{"stopped behind that", agentconnect.Answer{Written: true, Err: context.Canceled}, store.InDoubt, decide.NoAnswer},
		{"200, body cut off or broken", agentconnect.Answer{Status: 200, Written: true, Err: cut}, store.InDoubt, decide.Unreadable},
		{"200 that says nothing", agentconnect.Answer{Status: 200, Written: true}, store.InDoubt, decide.Unrecognised},
		{"200 of another", agentconnect.Answer{Status: 200, Written: true, Echo: agentconnect.Echo{Other: true}}, store.InDoubt, decide.Unrecognised},
		{"200 of both", agentconnect.Answer{Status: 200, Written: true, Echo: agentconnect.Echo{Named: true, Other: true}}, store.InDoubt, decide.Unrecognised},
		{"200 with an error", agentconnect.Answer{Status: 200, Written: true, Echo: agentconnect.Echo{Named: true, Failed: true}}, store.InDoubt, decide.Unrecognised},
		{"200, and more", agentconnect.Answer{Status: 200, Written: true, Stray: true, Err: cut}, store.InDoubt, decide.Unrecognised},
		{"400, and more", agentconnect.Answer{Status: 400, Written: true, Stray: true, Err: cut}, store.InDoubt, decide.Unrecognised},
		{"401, and more", agentconnect.Answer{Status: 401, Written: true, Stray: true, Err: cut}, store.InDoubt, decide.Unrecognised},
		{"429, and more", agentconnect.Answer{Status: 429, Written: true, Stray: true, Err: cut}, store.InDoubt, decide.Unrecognised},
		{"307", agentconnect.Answer{Status: 307, Written: true}, store.InDoubt, decide.ServerFailure},
		{"400", agentconnect.Answer{Status: 400, Written: true, Own: true}, store.Rejected, decide.Refused},
		{"401", agentconnect.Answer{Status: 401, Written: true}, store.Retry, decide.Credentials},
		{"403", agentconnect.Answer{Status: 403, Written: true}, store.Retry, decide.Credentials},
		{"401 of a portal", agentconnect.Answer{Status: 401, Written: true, Page: true, Message: "Sign in"}, store.Retry, decide.Gateway},
		{"403 of a firewall", agentconnect.Answer{Status: 403, Written: true, Page: true}, store.Retry, decide.Gateway},
		{"404 of the address", agentconnect.Answer{Status: 404, Written: true, Own: true, Message: "Cannot POST /v1/requests"}, store.Retry, decide.Gateway},
		{"404 of the agent", agentconnect.Answer{Status: 404, Written: true, Own: true, Message: "Employee not found"}, store.Rejected, decide.EmployeeNotFound},
		{"400 of a gateway", agentconnect.Answer{Status: 400, Written: true, Message: "Request blocked"}, store.Retry, decide.Gateway},
		{"404 of a gateway", agentconnect.Answer{Status: 404, Written: true, Message: "Request blocked"}, store.Retry, decide.Gateway},
		{"405 of a gateway", agentconnect.Answer{Status: 405, Written: true, Message: "Request blocked"}, store.Retry, decide.Gateway},
		{"409 of a gateway", agentconnect.Answer{Status: 409, Written: true, Message: "Request blocked"}, store.Retry, decide.Gateway},
		{"410 of a gateway", agentconnect.Answer{Status: 410, Written: true, Message: "Request blocked"}, store.Retry, decide.Gateway},
		{"413 of a gateway", agentconnect.Answer{Status: 413, Written: true, Message: "Request blocked"}, store.Retry, decide.Gateway},
		{"415 of a gateway", agentconnect.Answer{Status: 415, Written: true, Message: "Request blocked"}, store.Retry, decide.Gateway},
		{"421 of a gateway", agentconnect.Answer{Status: 421, Written: true, Message: "Request blocked"}, store.Retry, decide.Gateway},
		{"422 of a gateway", agentconnect.Answer{Status: 422, Written: true, Message: "Request blocked"}, store.Retry, decide.Gateway},
		{"425 of a gateway", agentconnect.Answer{Status: 425, Written: true, Message: "Request blocked"}, store.Retry, decide.Gateway},
		{"451 of a gateway", agentconnect.Answer{Status: 451, Written: true, Message: "Request blocked"}, store.Retry, decide.Gateway},
		{"408", agentconnect.Answer{Status: 408, Written: true}, store.InDoubt, decide.ServerFailure},
		{"499", agentconnect.Answer{Status: 499, Written: true}, store.InDoubt, decide.ServerFailure},
		{"409", agentconnect.Answer{Status: 409, Written: true, Own: true, Message: "Duplicate interaction"}, store.InDoubt, decide.TakenBefore},
		{"400 of a duplicate", agentconnect.Answer{Status: 400, Written: true, Own: true, Message: "Request already exists"}, store.InDoubt, decide.TakenBefore},
		{"422 of a duplicate", agentconnect.Answer{Status: 422, Written: true, Own: true, Message: "duplicate request"}, store.InDoubt, decide.TakenBefore},
		{"413", agentconnect.Answer{Status: 413, Written: true, Own: true}, store.Rejected, decide.Refused},
		{"422", agentconnect.Answer{Status: 422, Written: true, Own: true}, store.Rejected, decide.Refused},
		{"429", agentconnect.Answer{Status: 429, Written: true}, store.Retry, decide.Limited},
		{"500", agentconnect.Answer{Status: 500, Written: true}, store.InDoubt, decide.ServerFailure},
		{"502", agentconnect.Answer{Status: 502, Written: true}, store.InDoubt, decide.ServerFailure},
		{"503", agentconnect.Answer{Status: 503, Written: true}, store.InDoubt, decide.ServerFailure},
		{"refused connection", agentconnect.Answer{Err: cut}, store.Retry, decide.Unreachable},
		{"time-out after writing", agentconnect.Answer{Written: true, Err: cut}, store.InDoubt, decide.NoAnswer},
		{"employee not found", agentconnect.Answer{Status: 400, Own: true, Message: "Employee not found"}, store.Rejected, decide.EmployeeNotFound},
		{"deactivated", agentconnect.Answer{Status: 400, Own: true, Message: "Deactivated employee"}, store.Rejected, decide.EmployeeDeactivated},
		{"profile", agentconnect.Answer{Status: 400, Own: true, Message: "Employee profile not complete"}, store.Rejected, decide.EmployeeIncomplete},
		{"customer", agentconnect.Answer{Status: 400, Own: true, Message: "Invalid customer"}, store.Rejected, decide.InvalidCustomer},
		{"channel", agentconnect.Answer{Status: 400, Own: true, Message: "Channel not enabled for company"}, store.Rejected, decide.ChannelNotEnabled},
		{"manual", agentconnect.Answer{Status: 400, Own: true, Message: "Channel is in manual mode"}, store.Rejected, decide.ChannelManual},
		{"brand", agentconnect.Answer{Status: 400, Own: true, Message: "Brand signifier not provided"}, store.Rejected, decide.BrandRefused},
		{"language", agentconnect.Answer{Status: 400, Own: true, Message: "Language not specified"}, store.Rejected, decide.LanguageRefused},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := classify(test.answer)
			if got.State != test.state || got.Reason != test.reason || got.Status != test.answer.Status || got.Planned {
				t.Errorf("got %+v, want %s %s", got, test.state, test.reason)
			}
		})
	}
}

func TestPauseGrows(t *testing.T) {
	var last time.Duration
	for attempts := 1; attempts < 100; attempts++ {
		got := decide.RetryAfter(attempts)
		if got < last || got < time.Minute || got > 6*time.Hour {
			t.Errorf("after %d attempts %s, after one less %s", attempts, got, last)
		}
		last = got
	}
}

// TestClassifyAtTheEdges takes nothing for not sent that has left, and nothing for a success that is none.
func TestClassifyAtTheEdges(t *testing.T) {
	cut := errors.New("unexpected end of the answer")
	named := agentconnect.Echo{Named: true}
	for name, tt := range map[string]struct {
		answer agentconnect.Answer
		state  store.State
		reason decide.Reason
	}{
		"stopped after it had left":     {agentconnect.Answer{Written: true, Err: context.Canceled}, store.InDoubt, decide.NoAnswer},
		"too late after it had left":    {agentconnect.Answer{Written: true, Err: agentconnect.ErrTooLate}, store.InDoubt, decide.NoAnswer},
		"too late before it had left":   {agentconnect.Answer{Err: agentconnect.ErrTooLate}, store.Retry, decide.TooLate},
		"stopped before it had left":    {agentconnect.Answer{Err: context.Canceled}, store.Scheduled, decide.Stopped},
		"stopped while it was answered": {agentconnect.Answer{Status: 500, Written: true, Err: context.Canceled}, store.InDoubt, decide.ServerFailure},
		"a redirection":                 {agentconnect.Answer{Status: 300, Written: true, Echo: named}, store.InDoubt, decide.ServerFailure},
		"a redirection, cut off":        {agentconnect.Answer{Status: 300, Written: true, Err: cut}, store.InDoubt, decide.ServerFailure},
		"the last success":              {agentconnect.Answer{Status: 299, Written: true, Echo: named}, store.Accepted, ""},
		"before any success":            {agentconnect.Answer{Status: 199, Written: true, Echo: named}, store.InDoubt, decide.ServerFailure},
		"a success, cut off":            {agentconnect.Answer{Status: 200, Written: true, Err: cut}, store.InDoubt, decide.Unreadable},
		"too many, cut off":             {agentconnect.Answer{Status: 429, Written: true, Err: cut}, store.Retry, decide.Limited},
		"too many, with our name":       {agentconnect.Answer{Status: 429, Written: true, Echo: named}, store.Retry, decide.Limited},
	} {
		if got := classify(tt.answer); got.State != tt.state || got.Reason != tt.reason {
			t.Errorf("%s: got %+v", name, got)
		}
	}
	if got := classify(agentconnect.Answer{Err: cut}); got.Message != cut.Error() {
		t.Errorf("without the server's words it says %q", got.Message)
	}
	if got := classify(agentconnect.Answer{Err: cut, Status: 500, Written: true, Message: "its own"}); got.Message != "its own" {
		t.Errorf("with the server's words it says %q", got.Message)
	}
}
