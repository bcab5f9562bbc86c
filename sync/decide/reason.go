package decide

import (
	"slices"
	"strings"

	"acsync/store"
)

// Reason is a stable code for why a conversation stands where it does: one word for reports, ledger and logs.
type Reason string

// Why a conversation is skipped, in order of precedence: the first that holds is the one reported.
const (
	NotDone             Reason = "not_done"               // the search said done, the conversation does not
	AlreadySent         Reason = "already_sent"           // the ledger holds it in a final state
	TimeOutOfRange      Reason = "time_out_of_range"      // no pass can read the time of its resolution
	Imported            Reason = "imported"               // it came from an import, not from a customer
	Spam                Reason = "spam"                   // Kustomer marked it as spam
	Stale               Reason = "stale"                  // resolved longer ago than max_age
	UnreadableRecord    Reason = store.ReasonUnreadable   // Kustomer does not give it, its agent or customer
	NoAgent             Reason = "no_agent"               // nobody held it
	AgentIsMachine      Reason = "agent_is_machine"       // a machine user held it
	NoAgentEmail        Reason = "no_agent_email"         // the agent has no readable e-mail address
	AgentUnknown        Reason = "agent_unknown"          // the agent has no active profile in Agent Connect
	DoNotSendUnreadable Reason = "do_not_send_unreadable" // a do-not-send attribute may be among them
	DoNotSend           Reason = "do_not_send"            // the attribute is set
	NoFirstRequest      Reason = "no_first_request"       // a recovery, and no accepted request is known
	NoRecovery          Reason = "no_recovery"            // waited as a recovery, and is none any more
	NoCustomer          Reason = "no_customer"            // no customer, or one that was deleted
	NoEmail             Reason = "no_email"               // the customer has no e-mail address
	InvalidEmail        Reason = "invalid_email"          // the customer's address cannot be one
	MaskedEmail         Reason = "masked_email"           // the API key may not read the customer's address
	NoChannel           Reason = "no_channel"             // no channel, and no default_channel
)

// Why a conversation that waited in the ledger is not sent after all: it was read again when its turn came.
const (
	Reopened    Reason = "reopened"     // no longer done
	Gone        Reason = "gone"         // Kustomer no longer has it: deleted, or merged into another
	PlanChanged Reason = "plan_changed" // another request than planned, or about another resolution
)

// Why a survey request was refused, from the words of the answer (its troubleshooting page lists the kinds).
const (
	Refused             Reason = "refused" // for a reason that is not among the following
	EmployeeNotFound    Reason = "employee_not_found"
	EmployeeDeactivated Reason = "employee_deactivated"
	EmployeeIncomplete  Reason = "employee_incomplete"
	InvalidCustomer     Reason = "invalid_customer"
	ChannelNotEnabled   Reason = "channel_not_enabled"
	ChannelManual       Reason = "channel_manual"
	BrandRefused        Reason = "brand_refused"
	LanguageRefused     Reason = "language_refused"
	FirstNotFound       Reason = "first_request_not_found"
	GaveUp              Reason = "gave_up" // by acsync: it could not be sent for too long
)

// Why a survey request waits or is in doubt.
const (
	Limited       Reason = "rate_limited"          // Agent Connect answered 429: certainly not sent
	Unreachable   Reason = "unreachable"           // no connection was made: certainly not sent
	TooLate       Reason = "too_late"              // another process might have had the ledger by then: not sent
	Credentials   Reason = "credentials"           // 401 or 403, and nobody knows yet whether to the key
	Forbidden     Reason = "forbidden"             // 401 or 403, while others were taken: certainly not sent
	Gateway       Reason = "gateway_answer"        // turned away by what stands before Agent Connect: not sent
	Stopped       Reason = "stopped"               // the pass stopped before its turn, or before it had left
	Paused        Reason = "paused"                // its back-fill or plan stopped, and sends it later
	ServerFailure Reason = "server_failure"        // an answer that tells nothing, such as 500
	NoAnswer      Reason = "no_answer"             // sent, or partly sent, and no answer came
	Unreadable    Reason = "unreadable_answer"     // a success that was cut off, broken, or far too long
	Unrecognised  Reason = "unrecognised_answer"   // a success that does not name this request, or several
	TakenBefore   Reason = "duplicate"             // it answered that it has the request already
	Delayed       Reason = "delayed"               // its time after the resolution has not come
	Interrupted   Reason = store.ReasonInterrupted // acsync ended between the intent and its outcome
)

// How a doubt ended.
const (
	Verified   Reason = "verified"    // accepted: Agent Connect's data show it
	NotArrived Reason = "not_arrived" // to be sent again: the data show later ones, but not it
	ByHand     Reason = "by_hand"     // the operator has decided
)

// Erased is the reason of what was erased from the ledger, and is never asked about again.
const Erased Reason = store.ReasonErased

// The beginnings of the reasons that name a rule.
const (
	rulePrefix      Reason = "rule:"
	ruleErrorPrefix Reason = store.RuleErrorPrefix
)

// recoveryTrouble rejects a conversation on which the condition of recoveries fails.
const recoveryTrouble = ruleErrorPrefix + "recovery.when"

// RuleError rejects a conversation on which an expression of a rule fails, or of a key such as
// "mapping.brand".
func RuleError(name string) Reason { return ruleErrorPrefix + Reason(name) }

// rule is the name of the rule that a reason names as the one that skips.
func (r Reason) rule() (name string, ok bool) {
	return strings.CutPrefix(string(r), string(rulePrefix))
}

// Broken reports whether the reason is that an expression failed.
func (r Reason) Broken() bool { return strings.HasPrefix(string(r), string(ruleErrorPrefix)) }

// Mendable lists the reasons for which a survey request was refused or given up, and that can be asked again
// once the cause is mended: those of expressions that fail as one, whatever they name.
func Mendable() []Reason {
	return []Reason{
		EmployeeNotFound, EmployeeDeactivated, EmployeeIncomplete, InvalidCustomer, ChannelNotEnabled,
		ChannelManual, BrandRefused, LanguageRefused, FirstNotFound, Refused, GaveUp, Credentials,
		UnreadableRecord, AnyRuleError,
	}
}

// AnyRuleError stands for the reasons of all expressions that fail.
const AnyRuleError = Reason("rule_error")

// Family is the reason, AnyRuleError for that of an expression.
func (r Reason) Family() Reason {
	if r.Broken() {
		return AnyRuleError
	}
	return r
}

// Parked reports whether what waits for the reason needs a hand: it goes on being tried, and others of its
// kind do not fail.
func (r Reason) Parked() bool { return r == UnreadableRecord || r == Forbidden || r == Gateway }

// State is the disposition that goes with a reason for which nothing is sent.
func (r Reason) State() store.State {
	if r.Broken() || r == GaveUp || r == UnreadableRecord {
		return store.Rejected
	}
	return store.Skipped
}

type meaning struct {
	reason Reason
	text   string
}

// skips are in order of precedence, without rules, which come behind NoRecovery, and expressions that fail.
var skips = []meaning{
	{NotDone, "no longer done when it was read"},
	{AlreadySent, "handled by an earlier pass"},
	{TimeOutOfRange, "marked done when no pass reads it"},
	{Imported, "imported, not a live conversation"},
	{Spam, "marked as spam"},
	{Stale, "resolved longer ago than max_age"},
	{UnreadableRecord, "Kustomer does not give a record of it"},
	{NoAgent, "nobody was assigned, or no such user"},
	{AgentIsMachine, "the agent is a machine user"},
	{NoAgentEmail, "the agent has no readable address"},
	{AgentUnknown, "the agent has no active profile"},
	{DoNotSendUnreadable, "custom attributes cannot be read"},
	{DoNotSend, "a do-not-send attribute is set"},
	{NoFirstRequest, "a recovery of what was never asked"},
	{NoRecovery, "no longer a recovery on its turn"},
	{NoCustomer, "no customer, or a deleted one"},
	{NoEmail, "the customer has no address"},
	{InvalidEmail, "the address is not valid"},
	{MaskedEmail, "the API key may not read the address"},
	{NoChannel, "no channel, and no default_channel"},
	{Reopened, "reopened before its turn came"},
	{Gone, "deleted or merged before its turn"},
	{PlanChanged, "not what the plan holds any more"},
}

// outcomes go with a refusal, a retry, a doubt, or its end.
var outcomes = []meaning{
	{Refused, "for a reason of its own; see the log"},
	{EmployeeNotFound, "the agent has no profile there"},
	{EmployeeDeactivated, "the agent's profile is deactivated"},
	{EmployeeIncomplete, "the agent's profile is incomplete"},
	{InvalidCustomer, "the customer's name or address"},
	{ChannelNotEnabled, "the channel is not enabled there"},
	{ChannelManual, "the channel is in manual mode there"},
	{BrandRefused, "the brand is missing or unknown"},
	{LanguageRefused, "the language is missing or unknown"},
	{FirstNotFound, "it knows no request to follow up"},
	{GaveUp, "not taken in 72 h, or in 5 tries"},
	{Limited, "too many requests (429)"},
	{Unreachable, "no connection was made"},
	{TooLate, "not sent: its time to leave was over"},
	{Credentials, "the API key was refused"},
	{Forbidden, "refused, though the key is good"},
	{Gateway, "turned away before Agent Connect"},
	{Stopped, "the pass stopped before its turn"},
	{Paused, "waits for its back-fill or its plan"},
	{ServerFailure, "an answer that tells nothing"},
	{NoAnswer, "sent, but no answer came"},
	{Unreadable, "the answer was cut off or broken"},
	{Unrecognised, "not certainly the answer to it"},
	{TakenBefore, "Agent Connect says it has it already"},
	{Interrupted, "acsync was killed while sending"},
	{Delayed, "not asked before its delay is over"},
	{Verified, "found in Agent Connect's data"},
	{NotArrived, "not in Agent Connect's data"},
	{ByHand, "as the operator decided"},
	{Erased, "erased from the ledger, for good"},
}

// SkipReasons lists the reasons for a skip, in order of precedence, without those that name a rule.
func SkipReasons() []Reason { return Reasons()[:len(skips)] }

// Reasons lists all reasons that name no rule, those for a skip first.
func Reasons() (list []Reason) {
	for _, each := range slices.Concat(skips, outcomes) {
		list = append(list, each.reason)
	}
	return list
}

// Explain says in a few plain words what the reason means; it is what reports print beside the code.
func (r Reason) Explain() string {
	switch {
	case r.Family() == AnyRuleError:
		return "an expression failed on it"
	case strings.HasPrefix(string(r), string(rulePrefix)):
		return "a rule of yours skips it"
	}
	for _, each := range slices.Concat(skips, outcomes) {
		if each.reason == r {
			return each.text
		}
	}
	return ""
}
