package deliver

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
)

// Outcome is what is known of a POST.
type Outcome struct {
	State   store.State   // Accepted, Rejected, Retry (certainly not sent), InDoubt, or Scheduled: see notSent
	Reason  decide.Reason // empty when accepted
	Status  int           // HTTP status; 0 when none came
	Message string        // the server's words, or the cause; free of personal data
	Planned bool          // a dry run: nothing was posted, a real pass would
	Due     time.Time     // when its delay is over, if it is delayed
	At      time.Time     // when it was known; zero when nothing was tried
}

// heard reports whether Agent Connect itself has said something of the request.
func (o Outcome) heard() bool { return o.State != store.InDoubt || o.Reason == decide.TakenBefore }

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
	// The pass was stopped before it had left.
	case a.Status == 0 && !a.Written && errors.Is(a.Err, context.Canceled):
		return notSent
	case a.Status == 0 && !a.Written && errors.Is(a.Err, agentconnect.ErrTooLate):
		outcome.State, outcome.Reason = store.Retry, decide.TooLate
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
	case (a.Status == 401 || a.Status == 403) && !a.Page:
		outcome.State, outcome.Reason = store.Retry, decide.Credentials
	case a.Status == 429:
		outcome.State, outcome.Reason = store.Retry, decide.Limited
	// A proxy gave up waiting; whether for the request or for its answer, nobody knows.
	case a.Status == http.StatusRequestTimeout || a.Status == 499:
		outcome.State, outcome.Reason = store.InDoubt, decide.ServerFailure
	case a.Own && (a.Status == http.StatusConflict || saysDuplicate.MatchString(a.Message)):
		outcome.State, outcome.Reason = store.InDoubt, decide.TakenBefore
	case a.Own && final[a.Status] && (a.Status != http.StatusNotFound || refusal(a.Message) != decide.Refused):
		outcome.State, outcome.Reason = store.Rejected, refusal(a.Message)
	// Somebody else's word, or none: the request was turned away before anybody has judged it.
	case a.Status >= 400 && a.Status < 500:
		outcome.State, outcome.Reason = store.Retry, decide.Gateway
	default:
		outcome.State, outcome.Reason = store.InDoubt, decide.ServerFailure
	}
	return outcome
}

// final are the statuses that refuse a request for good, in Agent Connect's own words. A 404 has to say what
// was not found: most say that of the address.
var final = map[int]bool{
	http.StatusBadRequest: true, http.StatusNotFound: true, http.StatusRequestEntityTooLarge: true,
	http.StatusUnprocessableEntity: true,
}

// saysDuplicate matches a refusal because the same request was taken before.
var saysDuplicate = regexp.MustCompile(`(?i)\bduplicate\b|` +
	`\balready (?:exists|been (?:created|received|sent))\b`)

// refusals are the kinds of a refusal, by words of the server that it is known by. The kinds are documented
// (troubleshooting page of the Requests API), the words over the wire are not: they are matched loosely.
var refusals = []struct {
	reason decide.Reason
	words  []string
}{
	{decide.EmployeeNotFound, []string{"employee", "not found"}},
	{decide.EmployeeNotFound, []string{"employee", "unknown"}},
	{decide.EmployeeDeactivated, []string{"employee", "deactivated"}},
	{decide.EmployeeDeactivated, []string{"employee", "inactive"}},
	{decide.EmployeeIncomplete, []string{"profile", "complete"}},
	{decide.EmployeeIncomplete, []string{"profile", "approved"}},
	{decide.ChannelManual, []string{"manual"}},
	{decide.ChannelNotEnabled, []string{"channel"}},
	{decide.BrandRefused, []string{"brand"}},
	{decide.LanguageRefused, []string{"language"}},
	{decide.InvalidCustomer, []string{"customer"}},
	{decide.FirstNotFound, []string{"request", "not found"}},
	{decide.FirstNotFound, []string{"interaction", "not found"}},
}

func refusal(message string) decide.Reason {
	message = strings.ToLower(message)
	for _, each := range refusals {
		lacks := func(word string) bool { return !strings.Contains(message, word) }
		if !slices.ContainsFunc(each.words, lacks) {
			return each.reason
		}
	}
	return decide.Refused
}
