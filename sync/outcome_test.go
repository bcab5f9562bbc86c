package sync

import (
	"errors"
	"testing"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
)

func TestClassify(t *testing.T) {
	cut := errors.New("unexpected EOF")
	named := agentconnect.Echo{Named: true}
	tests := []struct {
		name   string
		answer agentconnect.Answer
		state  store.State
		reason Reason
	}{
		{"200", taken(), store.Accepted, ""},
		{"201", agentconnect.Answer{Status: 201, Written: true, Echo: named}, store.Accepted, ""},
		{"200, body cut off or broken", agentconnect.Answer{Status: 200, Written: true, Err: cut}, store.InDoubt, Unreadable},
		{"200 that says nothing", agentconnect.Answer{Status: 200, Written: true}, store.InDoubt, Unrecognised},
		{"200 of another", agentconnect.Answer{Status: 200, Written: true, Echo: agentconnect.Echo{Other: true}}, store.InDoubt, Unrecognised},
		{"200 of both", agentconnect.Answer{Status: 200, Written: true, Echo: agentconnect.Echo{Named: true, Other: true}}, store.InDoubt, Unrecognised},
		{"200 with an error", agentconnect.Answer{Status: 200, Written: true, Echo: agentconnect.Echo{Named: true, Failed: true}}, store.InDoubt, Unrecognised},
		{"200, and more", agentconnect.Answer{Status: 200, Written: true, Stray: true, Err: cut}, store.InDoubt, Unrecognised},
		{"400, and more", agentconnect.Answer{Status: 400, Written: true, Stray: true, Err: cut}, store.InDoubt, Unrecognised},
		{"401, and more", agentconnect.Answer{Status: 401, Written: true, Stray: true, Err: cut}, store.InDoubt, Unrecognised},
		{"429, and more", agentconnect.Answer{Status: 429, Written: true, Stray: true, Err: cut}, store.InDoubt, Unrecognised},
		{"307", agentconnect.Answer{Status: 307, Written: true}, store.InDoubt, ServerFailure},
		{"400", agentconnect.Answer{Status: 400, Written: true}, store.Rejected, Refused},
		{"401", agentconnect.Answer{Status: 401, Written: true}, store.Retry, Credentials},
		{"403", agentconnect.Answer{Status: 403, Written: true}, store.Retry, Credentials},
		{"404", agentconnect.Answer{Status: 404, Written: true}, store.Rejected, Refused},
		{"405", agentconnect.Answer{Status: 405, Written: true}, store.InDoubt, ServerFailure},
		{"408", agentconnect.Answer{Status: 408, Written: true}, store.InDoubt, ServerFailure},
		{"409", agentconnect.Answer{Status: 409, Written: true}, store.Rejected, Refused},
		{"413", agentconnect.Answer{Status: 413, Written: true}, store.Rejected, Refused},
		{"422", agentconnect.Answer{Status: 422, Written: true}, store.Rejected, Refused},
		{"429", agentconnect.Answer{Status: 429, Written: true}, store.Retry, Limited},
		{"500", agentconnect.Answer{Status: 500, Written: true}, store.InDoubt, ServerFailure},
		{"502", agentconnect.Answer{Status: 502, Written: true}, store.InDoubt, ServerFailure},
		{"503", agentconnect.Answer{Status: 503, Written: true}, store.InDoubt, ServerFailure},
		{"refused connection", agentconnect.Answer{Err: cut}, store.Retry, Unreachable},
		{"time-out after writing", agentconnect.Answer{Written: true, Err: cut}, store.InDoubt, NoAnswer},
		{"employee not found", agentconnect.Answer{Status: 400, Message: "Employee not found"}, store.Rejected, EmployeeNotFound},
		{"deactivated", agentconnect.Answer{Status: 400, Message: "Deactivated employee"}, store.Rejected, EmployeeDeactivated},
		{"profile", agentconnect.Answer{Status: 400, Message: "Employee profile not complete"}, store.Rejected, EmployeeIncomplete},
		{"customer", agentconnect.Answer{Status: 400, Message: "Invalid customer"}, store.Rejected, InvalidCustomer},
		{"channel", agentconnect.Answer{Status: 400, Message: "Channel not enabled for company"}, store.Rejected, ChannelNotEnabled},
		{"manual", agentconnect.Answer{Status: 400, Message: "Channel is in manual mode"}, store.Rejected, ChannelManual},
		{"brand", agentconnect.Answer{Status: 400, Message: "Brand signifier not provided"}, store.Rejected, BrandRefused},
		{"language", agentconnect.Answer{Status: 400, Message: "Language not specified"}, store.Rejected, LanguageRefused},
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
		got := pause(attempts)
		if got < last || got < time.Minute || got > 6*time.Hour {
			t.Errorf("after %d attempts %s, after one less %s", attempts, got, last)
		}
		last = got
	}
}
