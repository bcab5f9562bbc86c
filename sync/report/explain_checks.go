package report

import (
	"strings"

	"acsync/sync/decide"
	"acsync/sync/report/doc"
)

// fine says what is the case where a check finds nothing.
var fine = map[decide.Reason]string{
	decide.NotDone:             "is marked done",
	decide.AlreadySent:         "not handled before",
	decide.TimeOutOfRange:      "marked done at a time that passes read",
	decide.Imported:            "not imported",
	decide.Spam:                "not marked as spam",
	decide.Stale:               "recent enough",
	decide.UnreadableRecord:    "its records can be read",
	decide.NoAgent:             "has an agent",
	decide.AgentIsMachine:      "the agent is a person",
	decide.NoAgentEmail:        "the agent has an address",
	decide.AgentUnknown:        "the agent has an active profile",
	decide.DoNotSendUnreadable: "custom attributes can be read",
	decide.DoNotSend:           "no do-not-send attribute is set",
	decide.NoFirstRequest:      "a recovery of what was asked",
	decide.NoRecovery:          "still a recovery",
	decide.NoCustomer:          "has a customer",
	decide.NoEmail:             "the customer has an address",
	decide.InvalidEmail:        "the address is valid",
	decide.MaskedEmail:         "the address can be read",
	decide.NoChannel:           "has a channel",
}

// question is what a check is about, in a few words: of a rule its name, which people have given it.
func question(step decide.Step) string {
	words, ok := fine[step.Reason]
	switch {
	case !ok && step.Held:
		return string(step.Reason) + " (holds)"
	case !ok:
		return string(step.Reason)
	}
	return words
}

// obstaclesOf are the checks that are in the way, the one that decided first.
func obstaclesOf(x Explanation) (list []decide.Step) {
	for _, step := range x.Steps {
		switch {
		case step.Result == decide.StepDecided:
			list = append([]decide.Step{step}, list...)
		case step.Alone == decide.StepDecided:
			list = append(list, step)
		}
	}
	return list
}

// inTheWay is what a check has found, in words.
func inTheWay(x Explanation, step decide.Step) string {
	switch ended := x.ended(); {
	// That it was sent already is only one of the ways in which an earlier pass ended it.
	case step.Reason == decide.AlreadySent && ended != "":
		return ended + " · " + string(step.Reason)
	}
	return worded(step.Reason)
}

// checkSection has all checks of the decision: first what is in the way, each on a line of its own.
func checkSection(x Explanation) doc.Section {
	var obstacles []doc.Part
	for i, step := range obstaclesOf(x) {
		note := doc.Note{Text: "✗ " + inTheWay(x, step), Tone: doc.Bad, Depth: 2}
		if i > 0 {
			note.Text = "✗ also: " + inTheWay(x, step)
		}
		switch {
		case step.Reason == decide.DoNotSend && len(x.Forbids) > 0:
			note.Below = "custom." + strings.Join(x.Forbids, ", custom.")
		case step.Result == decide.StepDecided:
			note.Below = x.Case.Trouble
		}
		obstacles = append(obstacles, note)
	}
	var passed, open, off doc.Flow
	legend := "✓ fine  ✗ in the way  – off"
	for _, step := range x.Steps {
		recovery := step.Reason == decide.NoFirstRequest || step.Reason == decide.NoRecovery
		switch {
		case step.Result == decide.StepDecided || step.Alone == decide.StepDecided:
		// Of what is no recovery it says nothing that there is none, nor how old it is of what is over.
		case recovery && x.Case.FollowUp == (decide.FollowUp{}),
			step.Reason == decide.Stale && step.Result == decide.StepNotReached && step.Alone == "":
		case step.Result == decide.StepOff:
			off = append(off, "– "+string(step.Reason))
		case step.Result == decide.StepUnknown:
			open = append(open, "? "+question(step))
		case step.Result == decide.StepPassed || step.Alone == decide.StepPassed:
			passed = append(passed, "✓ "+question(step))
		default:
			open = append(open, "· "+question(step))
		}
	}
	if strings.Contains(strings.Join(open, ""), "· ") {
		legend += "  · cannot be told"
	}
	if strings.Contains(strings.Join(open, ""), "? ") {
		legend += "  ? not known"
	}
	parts := append([]doc.Part{doc.Facts{List: []doc.Fact{{Label: "checks", Value: legend}}}}, obstacles...)
	return doc.Titled("", append(parts, passed, open, off)...)
}

// fieldSection has all that rules see, as they write it.
func fieldSection(x Explanation) doc.Section {
	table := doc.Table{Columns: []doc.Column{{Name: "name", Max: 34}, {Name: "value"}}}
	for _, field := range fieldsShown(x, true) {
		table.Add(field.Name, field.Text)
	}
	section := doc.Titled("What rules see", table)
	section.Note = "Names and values as they stand in a rule: when = 'NAME == VALUE'."
	return section
}

// fieldsJSON are the same for programs, without names of people.
func fieldsJSON(x Explanation) []object {
	list := []object{}
	for _, field := range fieldsShown(x, false) {
		list = append(list, object{"name", field.Name, "value", field.Text})
	}
	return list
}

// fieldsShown are what rules see, with addresses and names masked. The agent's name is for the screen alone.
func fieldsShown(x Explanation, screen bool) []decide.Value {
	list := make([]decide.Value, len(x.Values))
	for i, value := range x.Values {
		person := value.Name == "customer.name" || value.Name == "agent.name" && !screen
		switch {
		case x.Reveal:
		case person:
			value.Text = `"` + maskName(strings.Trim(value.Text, `"`)) + `"`
		default:
			value.Text = maskAll(value.Text)
		}
		list[i] = value
	}
	return list
}
