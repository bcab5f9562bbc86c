package chaos

// Kind is what is the matter with a conversation.
type Kind string

// The kinds.
const (
	Plain Kind = "plain"

	// What Agent Connect answers, or something before it, once or twice.
	Page400   Kind = "a gateway's 400"
	Page403   Kind = "a firewall's 403"
	Page404   Kind = "a balancer's 404"
	Page413   Kind = "a proxy's 413"
	Word403   Kind = "a gateway's JSON 403"
	Challenge Kind = "a challenge with a 200"
	// The answer is lost after the request was taken.
	LostReset Kind = "taken, and a reset"
	Lost504   Kind = "taken, and a gateway's time-out"
	LostCut   Kind = "taken, and half an answer"
	LostPage  Kind = "taken, and a page with a 200"
	Taken     Kind = "taken, and called a duplicate"
	// Always.
	Failing      Kind = "always a 500"
	Forbidden    Kind = "always a 403, for its markup"
	Duplicate    Kind = "always called a duplicate"
	AgentGone    Kind = "the agent is deactivated"
	AgentUnknown Kind = "the agent has no profile"

	// What Kustomer does.
	CustomerWithheld Kind = "the customer is withheld"
	AgentWithheld    Kind = "the agent is withheld"
	TagWithheld      Kind = "the tag is withheld"
	Withheld         Kind = "never read again"
	NullRow          Kind = "always a null row"
	BareRow          Kind = "a row without attributes"
	Late             Kind = "shown late"
)

// Odd are all kinds but the plain one.
var Odd = []Kind{
	Page400, Page403, Page404, Page413, Word403, Challenge, LostReset, Lost504, LostCut, LostPage, Taken,
	Failing, Forbidden, Duplicate, AgentGone, AgentUnknown,
	CustomerWithheld, AgentWithheld, TagWithheld, Withheld, NullRow, BareRow, Late,
}

// End is what has to become of a conversation.
type End struct {
	State  string // as the ledger's export names it; empty: no search has shown it
	Reason string // of a rejection
}

// End is what has to become of those of a kind.
func (k Kind) End() End {
	switch k {
	case Failing, Forbidden, Duplicate:
		return End{"rejected", "gave_up"}
	case AgentGone:
		return End{"rejected", "employee_deactivated"}
	case AgentUnknown:
		return End{"rejected", "employee_not_found"}
	case CustomerWithheld, AgentWithheld, Withheld:
		return End{"rejected", "unreadable"}
	case NullRow:
		return End{}
	}
	return End{State: "accepted"}
}
