package report

import (
	"acsync/store"
	"acsync/sync/decide"
)

// remedies say what to do about a reason.
var remedies = map[decide.Reason]string{
	decide.EmployeeNotFound:    "create a profile in Agent Connect for these agents, with the address that Kustomer has for them",
	decide.EmployeeDeactivated: "activate these agents' profiles in Agent Connect, or filter their conversations out",
	decide.EmployeeIncomplete:  "complete these agents' profiles in Agent Connect, and have them approved",
	decide.InvalidCustomer:     "look at the customer's name and address in Kustomer",
	decide.ChannelNotEnabled:   "enable the channel in Agent Connect, or map it to one that is (mapping.channels)",
	decide.ChannelManual:       "put the channel into integrated mode in Agent Connect",
	decide.BrandRefused:        "compare the brand with those of Agent Connect",
	decide.LanguageRefused:     "compare the language with those of Agent Connect",
	decide.Refused:             "read Agent Connect's own words",
	decide.GaveUp:              "find out why Agent Connect could not be reached for so long",
	decide.MaskedEmail:         "give Kustomer's API key the role to read sensitive data",
	decide.TimeOutOfRange:      "look in Kustomer at when they were marked done; marked done again they are asked about",
	decide.DoNotSendUnreadable: "give Kustomer's API key the role to read custom attributes, or look at them in Kustomer",
}

// remedy says what to do about conversations that ended so.
func remedy(decision string, reason decide.Reason) string {
	if decision == store.InDoubt.String() {
		return "acsync resolve settles these with the API secret; without it look the ids up in Agent Connect and decide by hand"
	}
	if reason.Broken() {
		return "mend the expression (acsync rules test shows it), then ask about these with the back-fill that the note names"
	}
	if words, ok := remedies[reason]; ok {
		return words
	}
	return "read Agent Connect's own words"
}

// rejects tells whether a reason goes with a rejection, and never with anything else.
func rejects(reason decide.Reason) bool {
	switch reason {
	case decide.Refused, decide.EmployeeNotFound, decide.EmployeeDeactivated, decide.EmployeeIncomplete, decide.InvalidCustomer,
		decide.ChannelNotEnabled, decide.ChannelManual, decide.BrandRefused, decide.LanguageRefused, decide.FirstNotFound,
		decide.GaveUp:
		return true
	}
	return reason.Broken()
}

// remedyOf says what to do about a reason of a rejection; empty for other reasons. A command that it names has the flags of here.
func remedyOf(reason decide.Reason, here string) string {
	switch {
	case reason.Broken():
		return "mend the expression (acsync rules test" + here + " shows it); passes that read these again decide them anew, others need a back-fill"
	case rejects(reason):
		return remedy(store.Rejected.String(), reason)
	}
	return ""
}

// aboutAgent tells whether a reason is the agent's, so that it helps to know which agents.
func aboutAgent(reason decide.Reason) bool {
	switch reason {
	case decide.EmployeeNotFound, decide.EmployeeDeactivated, decide.EmployeeIncomplete:
		return true
	}
	return false
}

// needsHand tells whether somebody has to look at conversations that ended so.
func needsHand(decision string, reason decide.Reason) bool {
	switch reason {
	case decide.MaskedEmail, decide.DoNotSendUnreadable, decide.TimeOutOfRange:
		return true
	}
	return decision == store.Rejected.String() || decision == store.InDoubt.String()
}
