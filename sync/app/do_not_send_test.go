package app_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"acsync/sync/sandbox"
)

// TestNobodyIsAskedWhoMustNotBe has Kustomer hide, in many ways, what says that nobody is to be asked.
// Whoever it is said of is not asked, whatever do-not-send leads to, and beside them everybody else is.
func TestNobodyIsAskedWhoMustNotBe(t *testing.T) {
	t.Parallel()
	const flag = `"doNotSendAgentConnectRequestBool":true`
	cases := []struct{ name, attribute, value, want string }{ // want: empty where somebody is to be asked
		{"a base64 text", "custom", `"eyJkb05vdFNlbmQiOnRydWV9"`, "do_not_send_unreadable"},
		{"masked, without a word of it", "custom", `{"maskedPresentation":"********"}`, "do_not_send_unreadable"},
		{"a list of objects", "custom", `[{"name":"doNotSendAgentConnectRequestBool","value":true}]`, "do_not_send_unreadable"},
		{"false", "custom", `false`, "do_not_send_unreadable"},
		{"beside a number out of range", "custom", `{"balances":[{"eur":-1e999}],` + flag + `}`, "do_not_send"},
		{"a number out of range itself", "custom", `{"doNotSendAgentConnectRequestBool":1e400}`, "do_not_send"},
		{"said, and taken back", "custom", `{` + flag + `,"doNotSendAgentConnectRequestBool":false}`, "do_not_send"},
		{"in another case", "custom", `{"DoNotSendAgentConnectRequestBOOL":"Yes"}`, "do_not_send"},
		{"imported at some time", "importedAt", `{"isMasked":true,"maskedPresentation":"***"}`, "imported"},
		{"spam, perhaps", "spam", `{"score":0.97}`, "spam"},
		{"nobody knows by whom", "lastDone", `{"createdAt":"%s","assignedUsers":{"isMasked":true}}`, "no_agent"},
		{"null", "custom", `null`, ""},
		{"an empty list", "custom", `[]`, ""},
		{"out of range, and not set", "custom", `{"n":1e400,"doNotSendAgentConnectRequestBool":false}`, ""},
		{"no spam", "spam", `"false"`, ""},
		{"not imported", "importedAt", `""`, ""},
	}
	for _, mode := range []string{"skip", "flag"} {
		t.Run(mode, func(t *testing.T) {
			k := newTampered(t, len(cases), fmt.Sprintf("[filters]\ndo_not_send = %q", mode), func(i int, c *sandbox.Conversation) {
				value := cases[i].value
				if cases[i].attribute == "lastDone" {
					value = fmt.Sprintf(value, c.Resolved.Format("2006-01-02T15:04:05.000Z"))
				}
				c.Attributes = map[string]any{cases[i].attribute: json.RawMessage(value)}
			})
			told := k.pass(t, 0, "run")
			asked, skipped := k.asked(t), map[string]int{}
			for i, each := range cases {
				request, sent := asked[k.conversations[i].ID]
				flags := mode == "flag" && each.want == "do_not_send" // it is counted, and nobody is mailed
				if sent != (each.want == "" || flags) || request.DoNotSend != flags {
					t.Errorf("%s: sent %v, flagged %v, want %q", each.name, sent, request.DoNotSend, each.want)
				}
				if !flags && each.want != "" {
					skipped[each.want]++
				}
			}
			for reason, n := range skipped {
				if told.Reasons[reason] != n {
					t.Errorf("%d are %s, want %d; all: %v", told.Reasons[reason], reason, n, told.Reasons)
				}
			}
			if told.Found != len(cases) {
				t.Errorf("%d of %d were found", told.Found, len(cases))
			}
		})
	}
}
