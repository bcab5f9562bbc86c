package report

import (
	"acsync/store"
	surveysync "acsync/sync"
)

// remedies say what to do about a reason.
var remedies = map[surveysync.Reason]string{
	surveysync.EmployeeNotFound:    "create a profile in Agent Connect for these agents, with the address that Kustomer has for them",
	surveysync.EmployeeDeactivated: "activate these agents' profiles in Agent Connect, or filter their conversations out",
	surveysync.EmployeeIncomplete:  "complete these agents' profiles in Agent Connect, and have them approved",
	surveysync.InvalidCustomer:     "look at the customer's name and address in Kustomer",
	surveysync.ChannelNotEnabled:   "enable the channel in Agent Connect, or map it to one that is (mapping.channels)",
	surveysync.ChannelManual:       "put the channel into integrated mode in Agent Connect",
	surveysync.BrandRefused:        "compare the brand with those of Agent Connect",
	surveysync.LanguageRefused:     "compare the language with those of Agent Connect",
	surveysync.Refused:             "read Agent Connect's own words",
	surveysync.GaveUp:              "find out why Agent Connect could not be reached for so long",
	surveysync.MaskedEmail:         "give Kustomer's API key the role to read sensitive data",
	surveysync.TimeOutOfRange:      "look in Kustomer at when they were marked done; marked done again they are asked about",
	surveysync.DoNotSendUnreadable: "give Kustomer's API key the role to read custom attributes, or look at them in Kustomer",
}

// remedy says what to do about conversations that ended so.
func remedy(decision string, reason surveysync.Reason) string {
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
func rejects(reason surveysync.Reason) bool {
	switch reason {
	case surveysync.Refused, surveysync.EmployeeNotFound, surveysync.EmployeeDeactivated, surveysync.EmployeeIncomplete, surveysync.InvalidCustomer,
		surveysync.ChannelNotEnabled, surveysync.ChannelManual, surveysync.BrandRefused, surveysync.LanguageRefused, surveysync.FirstNotFound,
		surveysync.GaveUp:
		return true
	}
	return reason.Broken()
}

// remedyOf says what to do about a reason of a rejection; empty for other reasons. A command that it names has the flags of here.
func remedyOf(reason surveysync.Reason, here string) string {
	switch {
	case reason.Broken():
		return "mend the expression (acsync rules test" + here + " shows it); passes that read these again decide them anew, others need a back-fill"
	case rejects(reason):
		return remedy(store.Rejected.String(), reason)
	}
	return ""
}

// aboutAgent tells whether a reason is the agent's, so that it helps to know which agents.
func aboutAgent(reason surveysync.Reason) bool {
	switch reason {
	case surveysync.EmployeeNotFound, surveysync.EmployeeDeactivated, surveysync.EmployeeIncomplete:
		return true
	}
	return false
}

// needsHand tells whether somebody has to look at conversations that ended so.
func needsHand(decision string, reason surveysync.Reason) bool {
	switch reason {
	case surveysync.MaskedEmail, surveysync.DoNotSendUnreadable, surveysync.TimeOutOfRange:
		return true
	}
	return decision == store.Rejected.String() || decision == store.InDoubt.String()
}
