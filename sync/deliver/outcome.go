package deliver

import (
	"errors"
	"strings"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
)

// Outcome is what is known of a POST.
type Outcome struct {
	State   store.State   // Accepted, Rejected, Retry (certainly not sent) or InDoubt
	Reason  decide.Reason // empty when accepted
	Status  int           // HTTP status; 0 when none came
	Message string        // the server's words, or the cause; free of personal data
	Planned bool          // a dry run: nothing was posted, a real pass would
	Due     time.Time     // when its delay is over, if it is delayed
	At      time.Time     // when it was known; zero when nothing was tried
}

// ErrDryRun marks the answer of a dry run's sender.
var ErrDryRun = errors.New("dry run: nothing was sent")

// classify says what an answer means, and trusts nothing: what is neither certainly accepted, certainly
// refused nor certainly not sent is in doubt, because Agent Connect has no idempotency key and a second POST
// is a second mail.
func classify(a agentconnect.Answer) Outcome {
	outcome := Outcome{Status: a.Status, Message: a.Message}
	if a.Message == "" && a.Err != nil {
		outcome.Message = a.Err.Error()
	}
	switch {
	case errors.Is(a.Err, ErrDryRun):
		return Outcome{State: store.Accepted, Planned: true}
	case a.Status == 0 && !a.Written:
		outcome.State, outcome.Reason = store.Retry, decide.Unreachable
	case a.Status == 0:
		outcome.State, outcome.Reason = store.InDoubt, decide.NoAnswer
	case a.Stray:
		outcome.State, outcome.Reason, outcome.Message = store.InDoubt, decide.Unrecognised, a.Looks
	case a.Status >= 200 && a.Status < 300 && a.Err != nil:
		outcome.State, outcome.Reason = store.InDoubt, decide.Unreadable
	case a.Status >= 200 && a.Status < 300 && a.Echo == (agentconnect.Echo{Named: true}):
		outcome.State, outcome.Message = store.Accepted, ""
	case a.Status >= 200 && a.Status < 300:
		outcome.State, outcome.Reason, outcome.Message = store.InDoubt, decide.Unrecognised, a.Looks
	case a.Status == 401 || a.Status == 403:
		outcome.State, outcome.Reason = store.Retry, decide.Credentials
	case a.Status == 429:
		outcome.State, outcome.Reason = store.Retry, decide.Limited
	case a.Status == 400 || a.Status == 404 || a.Status == 409 || a.Status == 413 || a.Status == 422:
		outcome.State, outcome.Reason = store.Rejected, refusal(a.Message)
	default:
		outcome.State, outcome.Reason = store.InDoubt, decide.ServerFailure
	}
	return outcome
}

// refusal finds the kind in the server's words. The kinds are documented (troubleshooting page of the
// Requests API), the words over the wire are not: they are matched loosely.
func refusal(message string) decide.Reason {
	words := strings.ToLower(message)
	has := func(all ...string) bool {
		for _, word := range all {
			if !strings.Contains(words, word) {
				return false
			}
		}
		return true
	}
	switch {
	case has("employee", "not found"), has("employee", "unknown"):
		return decide.EmployeeNotFound
	case has("employee", "deactivated"), has("employee", "inactive"):
		return decide.EmployeeDeactivated
	case has("profile", "complete"), has("profile", "approved"):
		return decide.EmployeeIncomplete
	case has("manual"):
		return decide.ChannelManual
	case has("channel"):
		return decide.ChannelNotEnabled
	case has("brand"):
		return decide.BrandRefused
	case has("language"):
		return decide.LanguageRefused
	case has("customer"):
		return decide.InvalidCustomer
	case has("request", "not found"), has("interaction", "not found"):
		return decide.FirstNotFound
	}
	return decide.Refused
}
