package report

import (
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/explain"
)

// Explanation is the life of one conversation, as it is shown.
type Explanation struct {
	explain.Explanation
	Tenant    string
	AppURL    string   // of Kustomer's web application; empty: no link
	Reveal    bool     // show addresses in full
	Here      string   // the flags that point a command at the same ledger; empty, or begins with a blank
	Backfill  string   // the command that asks about it all the same; empty when there is none
	Unmade    bool     // there is no ledger yet
	Notices   []string // which parts are missing, and why
	Exit      int
	Unstamped bool // requests bear no stamp, by the configuration
}

// address is one as it may be shown.
func (x Explanation) address(address string) string {
	if x.Reveal {
		return printable(address)
	}
	return printable(Mask(address))
}

// url is the conversation's in Kustomer's web application; empty when it is not known.
func (x Explanation) url() string {
	return decide.ConversationURL(x.AppURL, x.Case.Conversation.CustomerID, x.ID)
}

// ended is how it ended, in words; empty where the ledger does not say so.
func (x Explanation) ended() string {
	last := x.End()
	switch {
	case last.State == store.Unknown:
		return ""
	case decide.Reason(last.Reason) == decide.ByHand:
		return name(last.State) + " by hand"
	}
	return name(last.State) + " by an earlier pass"
}

// because is a reason with its meaning.
func because(reason decide.Reason) string {
	if meaning := reason.Explain(); meaning != "" {
		return printable(string(reason)) + " (" + meaning + ")"
	}
	return printable(string(reason))
}

// fate says in words what would happen now, and how that is to be taken.
func (x Explanation) fate() (string, text.Color) {
	switch x.Forecast.Fate {
	case explain.FateSend:
		return x.sent(), text.FgGreen
	case explain.FateWait:
		return x.waits(), text.FgYellow
	case explain.FateSkip:
		return x.skipped(), text.Reset
	case explain.FateDone:
		return x.done(), text.Reset
	case explain.FateReject:
		return "nothing is sent: " + because(x.Forecast.Reason), text.FgRed
	case explain.FateSettle:
		words := "it is in doubt, and not sent again by itself: the next pass asks Agent Connect's data"
		if x.At.After(x.Now) {
			words = "it is in doubt, and not sent again by itself: passes ask Agent Connect's data from " + show(x.At) + " on"
		}
		return words, text.FgRed
	case explain.FateByHand:
		return "it is in doubt, and stays so: look it up in Agent Connect, then decide", text.FgRed
	case explain.FateMissed:
		return "nothing by itself: it would be asked about, but no pass reads that time any more; to ask all the same", text.FgYellow
	}
	if !x.Remembered {
		return "not known: only the ledger knows whether it was asked about", text.FgYellow
	}
	if x.Unlisted != nil {
		return "not known: that depends on whether the agent has an active profile in Agent Connect", text.FgYellow
	}
	return "not known without Kustomer, where it would be read and decided anew", text.FgYellow
}

func (x Explanation) sent() string {
	words := "the next pass asks for a survey"
	if x.Unmade {
		words = "a pass asks for a survey, once there is a ledger and its first window holds this time"
	}
	if x.Case.Key.Recovery {
		words = "the next pass creates a recovery, which follows up the first request"
	}
	if x.Case.Request.DoNotSend {
		words += "; it is flagged: counted, and nobody is mailed"
	}
	return words
}

func (x Explanation) waits() string {
	when := "waits for the next pass"
	if x.At.After(x.Now) {
		when = "waits until " + show(x.At)
	}
	if x.Forecast.Reason == "" {
		return when + ", when Kustomer's search is sure to show it (sync.settle)"
	}
	return when + ": " + because(x.Forecast.Reason)
}

func (x Explanation) skipped() string {
	words := "not asked about: " + because(x.Forecast.Reason)
	if x.Forecast.Reason == decide.Stale {
		words += "; to ask all the same"
	}
	return words
}

func (x Explanation) done() string {
	words := "nothing: " + name(x.Forecast.State) + " already"
	if x.Forecast.Reason != "" {
		words += ", " + because(x.Forecast.Reason)
	}
	if x.Forecast.State == store.Rejected {
		words += "; that is final, it is not sent again"
	}
	return words
}

// advice is what helps the next ones where this one is rejected, or would be; empty where nothing can be done.
func (x Explanation) advice() string {
	switch {
	case x.Forecast.Fate == explain.FateReject && x.Forecast.Reason.Broken():
		return advise(doMendShown, x.Here)
	case x.Forecast.Fate == explain.FateReject, x.Forecast.Fate == explain.FateDone && x.Forecast.State == store.Rejected:
		return advise(doForNext, "", remedy(store.Rejected.String(), x.Forecast.Reason))
	}
	return ""
}

// command is the one that changes what would happen now, whole or to be ended with one of its choices; empty for none.
func (x Explanation) command() string {
	if x.Forecast.Fate == explain.FateByHand {
		return advise(doDecideOne, x.Here, printable(x.ID))
	}
	return x.Backfill
}

// choices are how the command is to be ended; empty where it is whole.
func (x Explanation) choices() string {
	if x.Forecast.Fate == explain.FateByHand {
		return doChoose
	}
	return ""
}

// after is how long something came after something else, roughly.
func after(earlier, later time.Time) string {
	if later.Before(earlier) { // by two clocks
		return span(later.Sub(earlier)) + " earlier"
	}
	return span(later.Sub(earlier)) + " later"
}
