package sync

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/kustomer"
	"acsync/sync/sandbox"
)

func mustRecovery(t *testing.T, when string) *decide.Recovery {
	t.Helper()
	recovery, problems := decide.CompileRecovery(when)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return recovery
}

// recovering is a bench whose first conversation was asked about, and may be marked done again for its follow-up.
func recovering(t *testing.T, conversations int) *bench {
	t.Helper()
	b := newBench(t, conversations)
	b.engine.Options.Policy.Recovery = mustRecovery(t, `custom.recoveryBool == true`)
	b.engine.Options.Overlap = 24 * time.Hour
	b.mustRun(t)
	b.got = nil
	return b
}

// again marks the nth conversation done once more, as a follow-up or not.
func (b *bench) again(n int, follow bool) {
	c := &b.conversations[n]
	b.now = b.now.Add(time.Hour)
	c.LastDone = &kustomer.Done{At: b.now.Add(-10 * time.Minute), By: c.LastDone.By, AssignedUsers: c.LastDone.AssignedUsers}
	c.Custom = map[string]any{"recoveryBool": follow}
}

// recovery is what the ledger says of the nth conversation's recovery.
func (b *bench) recovery(t *testing.T, n int) store.Record {
	t.Helper()
	key := decide.KeyOf(b.conversations[n])
	key.Recovery = true
	known, err := b.ledger.Lookup([]store.Key{key})
	if err != nil {
		t.Fatal(err)
	}
	return known[key]
}

// TestRecovery follows up on what was asked about: once, by its own request, which costs no customer call and has no stamp.
func TestRecovery(t *testing.T) {
	b := recovering(t, 5)
	b.again(0, true)
	b.calls = map[string]int{}
	result := b.mustRun(t)
	if result.Counts[store.Accepted] != 1 || result.Followed != 1 || result.Reasons[store.Skipped][decide.AlreadySent] != 4 {
		t.Errorf("got %+v", result)
	}
	want := plainRequest()
	want.Customer, want.Channel, want.Recovery = agentconnect.Customer{}, "", true
	want.ExtInteractionID = b.conversations[0].ID
	want.ExternalURL = "https://acme.kustomerapp.com/app/customers/" + b.conversations[0].CustomerID + "/event/" + b.conversations[0].ID
	if diff := cmp.Diff([]agentconnect.Request{want}, b.got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if n := b.calls["customer"] + b.calls["search customers"]; n > 0 {
		t.Errorf("%d calls for customers", n)
	}
	first, follow := b.state(t, 0), b.recovery(t, 0)
	if first.State != store.Accepted || follow.State != store.Accepted || !follow.Resolution.After(first.Resolution) {
		t.Errorf("the ledger has %+v and %+v", first, follow)
	}
	for range 2 { // seen again, and marked done once more
		if result := b.mustRun(t); len(b.got) != 1 || result.Reasons[store.Skipped][decide.AlreadySent] != 5 {
			t.Errorf("%d sent, %+v", len(b.got), result)
		}
		b.again(0, true)
	}
}

// TestRecoveryOfWhat is about conversations for which the condition holds and nothing can be followed up.
func TestRecoveryOfWhat(t *testing.T) {
	known := func(state store.State, reason decide.Reason) func(*testing.T, *bench) {
		return func(t *testing.T, b *bench) {
			record := store.Record{State: state, Reason: string(reason), Resolution: testNow.Add(-20 * time.Hour), At: testNow, Due: testNow.Add(90 * 24 * time.Hour)}
			if state.Final() {
				record.Due, record.Attempts = time.Time{}, 1
			}
			if err := b.ledger.Commit(store.Batch{Entries: []store.Entry{{Key: decide.KeyOf(b.conversations[0]), Record: record}}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	tests := []struct {
		name   string
		before func(*testing.T, *bench)
		state  store.State
		reason decide.Reason
		own    bool // it goes under a key of its own
	}{
		{"nothing is known", func(*testing.T, *bench) {}, store.Skipped, decide.NoFirstRequest, false},
		{"skipped", known(store.Skipped, decide.NoAgent), store.Skipped, decide.NoFirstRequest, false},
		{"rejected", known(store.Rejected, decide.EmployeeNotFound), store.Skipped, decide.AlreadySent, false},
		{"dropped", known(store.Dropped, decide.ByHand), store.Skipped, decide.AlreadySent, false},
		{"still waiting", known(store.Scheduled, decide.Delayed), store.Scheduled, decide.Delayed, false},
		{"accepted, no agent now", func(t *testing.T, b *bench) {
			known(store.Accepted, "")(t, b)
			b.conversations[0].LastDone.AssignedUsers, b.conversations[0].AssignedUsers = nil, nil
		}, store.Skipped, decide.NoAgent, true},
		{"accepted, nobody is to be asked", func(t *testing.T, b *bench) {
			known(store.Accepted, "")(t, b)
			b.conversations[0].Custom["doNotSendAgentConnectRequestBool"] = true
		}, store.Skipped, decide.DoNotSend, true},
		{"accepted, of this very resolution", func(t *testing.T, b *bench) {
			b.conversations[0].LastDone.At = testNow.Add(-20 * time.Hour)
			known(store.Accepted, "")(t, b)
		}, store.Skipped, decide.AlreadySent, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t, 1)
			b.engine.Options.Policy.Recovery = mustRecovery(t, `custom.recoveryBool == true`)
			b.conversations[0].Custom = map[string]any{"recoveryBool": true}
			test.before(t, b)
			b.mustRun(t)
			row := b.rows()[b.conversations[0].ID]
			if row.State != test.state || row.Reason != test.reason || row.Key.Recovery != test.own || len(b.got) > 0 {
				t.Errorf("got %+v", row)
			}
			if got := b.recovery(t, 0).State != store.Unknown; got != test.own {
				t.Errorf("a record of its own: %t", got)
			}
		})
	}
}

// TestRecoveryAndRules lets rules and mapping act on a recovery as far as it has what they are about.
func TestRecoveryAndRules(t *testing.T) {
	compile := func(rule decide.RuleText) func(*decide.Policy) {
		return func(p *decide.Policy) {
			rules, problems := decide.CompileRules([]decide.RuleText{rule})
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			p.Rules = rules
		}
	}
	tests := []struct {
		name    string
		policy  func(*decide.Policy)
		want    func(*agentconnect.Request)
		skipped decide.Reason
		fetched bool // the customers
	}{
		{"skipped", compile(decide.RuleText{Name: "no", When: `custom.recoveryBool == true`, Action: decide.ActionSkip}), nil, "rule:no", false},
		{"flagged", compile(decide.RuleText{Name: "quiet", When: "true", Action: decide.ActionFlag}), func(r *agentconnect.Request) { r.DoNotSend = true }, "", false},
		{"fields that it has, and others", compile(decide.RuleText{Name: "a", When: "true", Set: decide.FieldTexts{
			Brand: `"acme"`, Channel: `"chat"`, Tags: `["more"]`, EmployeeCustomID: `"E-1"`, CustomProperties: map[string]string{"a": `"b"`},
		}}), func(r *agentconnect.Request) {
			r.Tags, r.Employee = []string{"more", "late-delivery"}, agentconnect.Employee{CustomID: "E-1"}
		}, "", false},
		{"a look at the customer", compile(decide.RuleText{Name: "b", When: `customer.domain == "example.com"`, Action: decide.ActionFlag}), func(r *agentconnect.Request) { r.DoNotSend = true }, "", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := recovering(t, 1)
			test.policy(&b.engine.Options.Policy)
			b.again(0, true)
			b.calls = map[string]int{}
			b.mustRun(t)
			if (b.calls["customer"] > 0) != test.fetched {
				t.Errorf("calls %v", b.calls)
			}
			if test.skipped != "" {
				if row := b.rows()[b.conversations[0].ID]; row.Reason != test.skipped || !row.Key.Recovery || len(b.got) > 0 {
					t.Errorf("got %+v", row)
				}
				return
			}
			want := plainRequest()
			want.Customer, want.Channel, want.Recovery = agentconnect.Customer{}, "", true
			want.ExtInteractionID = b.conversations[0].ID
			want.ExternalURL = "https://acme.kustomerapp.com/app/customers/" + b.conversations[0].CustomerID + "/event/" + b.conversations[0].ID
			test.want(&want)
			if diff := cmp.Diff([]agentconnect.Request{want}, b.got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestRecoveryConditionFails rejects a conversation on which the condition fails, under the key that it would have gone
// under, and decides it anew when the condition is mended.
func TestRecoveryConditionFails(t *testing.T) {
	b := recovering(t, 2)
	b.engine.Options.Policy.Recovery = mustRecovery(t, `custom.a.b == true`)
	b.again(0, true)
	fresh := b.conversations[1]
	fresh.ID, fresh.LastDone = "6716500fa1b2c3d4e5f6ffff", b.conversations[0].LastDone
	b.conversations = append(b.conversations, fresh)
	result := b.mustRun(t)
	if result.Reasons[store.Rejected][decide.RuleError("recovery.when")] != 2 || len(b.got) > 0 {
		t.Errorf("got %+v", result)
	}
	if row := b.rows()[b.conversations[0].ID]; !row.Key.Recovery || row.Message == "" {
		t.Errorf("got %+v", row)
	}
	b.engine.Options.Policy.Recovery = mustRecovery(t, `custom.recoveryBool == true`)
	if result := b.mustRun(t); result.Counts[store.Accepted] != 2 || result.Followed != 1 {
		t.Errorf("mended: %+v", result)
	}
}

// TestRecoveryWaits has Agent Connect take nothing at first: what waits is read again, and sent if it still is a recovery.
func TestRecoveryWaits(t *testing.T) {
	tests := []struct {
		name   string
		change func(*bench)
		state  store.State
		reason decide.Reason
		sent   int
	}{
		{"as it was", func(*bench) {}, store.Accepted, "", 1},
		{"marked done once more", func(b *bench) { b.again(0, true) }, store.Accepted, "", 1},
		{"no recovery any more", func(b *bench) { b.conversations[0].Custom = nil }, store.Skipped, decide.NoRecovery, 0},
		{"switched off", func(b *bench) { b.engine.Options.Policy.Recovery = nil }, store.Skipped, decide.NoRecovery, 0},
		{"open again", func(b *bench) { b.conversations[0].Status = "open" }, store.Skipped, decide.Reopened, 0},
		{"gone", func(b *bench) { b.conversations = b.conversations[1:] }, store.Skipped, decide.Gone, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := recovering(t, 2)
				b.again(0, true)
				b.answer = func(agentconnect.Request) agentconnect.Answer { return agentconnect.Answer{Status: 429, Written: true} }
				b.mustRun(t)
				key := store.Key{Conversation: b.conversations[0].ID, Recovery: true}
				b.answer, b.got = nil, nil
				test.change(b)
				time.Sleep(2 * time.Hour)
				result := b.mustRun(t)
				known, err := b.ledger.Lookup([]store.Key{key})
				if got := known[key]; err != nil || got.State != test.state || decide.Reason(got.Reason) != test.reason || len(b.got) != test.sent {
					t.Errorf("the ledger has %+v, %d sent, %+v", got, len(b.got), result)
				}
				if result.Due != 1 {
					t.Errorf("%d due", result.Due)
				}
			})
		})
	}
}

// TestRecoveryIsRefused keeps the kind of what was refused.
func TestRecoveryIsRefused(t *testing.T) {
	b := recovering(t, 1)
	b.again(0, true)
	b.answer = func(agentconnect.Request) agentconnect.Answer {
		return agentconnect.Answer{Status: 400, Written: true, Own: true, Message: "Validation Error: Initial feedback request not found"}
	}
	result := b.mustRun(t)
	want := []store.Refusal{{Conversation: b.conversations[0].ID, Reason: string(decide.FirstNotFound), Kind: "recovery"}}
	if diff := cmp.Diff(want, result.Refusals); diff != "" || b.state(t, 0).State != store.Accepted {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestRecoveryInDoubtIsSettled loses the answer to a recovery: the stand-in's own data tell that it arrived.
func TestRecoveryInDoubtIsSettled(t *testing.T) {
	for name, fault := range map[string]sandbox.Fault{
		"arrived":          {Break: true, Processed: true},
		"did not arrive":   {Break: true},
		"arrived, and 500": {Status: 500, Processed: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { loseRecovery(t, fault) })
		})
	}
}

func loseRecovery(t *testing.T, fault sandbox.Fault) {
	faults := &once{}
	stand, err := sandbox.New(sandbox.Options{Empty: true, Faults: sandbox.Faults{AgentConnect: sandbox.ServiceFaults{Hook: faults.next}}})
	if err != nil {
		t.Fatal(err)
	}
	stand.Put(sandbox.Records{Employees: []sandbox.Employee{{Email: "alex.agent@example.org", Status: "active"}}})
	client, stop := connect(t, stand)
	defer stop()
	b := newBench(t, 4)
	b.engine.Sender, b.engine.Receiver, b.engine.Options.VerifyAfter = client, client, 5*time.Minute
	b.engine.Options.Policy.Recovery, b.engine.Options.Policy.MaxAge = mustRecovery(t, `custom.recoveryBool == true`), 0
	b.mustRun(t)
	for n := range 3 { // one a pass: the first is lost, the later ones show that the data have caught up
		time.Sleep(time.Hour)
		b.again(n, true)
		if n == 0 {
			faults.fault = &fault
		}
		b.mustRun(t)
	}
	for range 3 {
		fresh := b.conversations[3]
		fresh.ID = "6716500fa1b2c3d4e5f6fff" + string(rune('0'+len(b.conversations)))
		b.conversations = append(b.conversations, fresh)
		b.again(len(b.conversations)-1, false)
		time.Sleep(time.Hour)
		b.mustRun(t)
	}
	if got := b.recovery(t, 0); got.State != store.Accepted {
		t.Errorf("the ledger has %+v", got)
	}
	follow := map[string]int{}
	for i, err := range client.Since(t.Context(), time.Time{}) {
		if err != nil {
			t.Fatal(err)
		}
		if i.Recovery {
			follow[i.ExtInteractionID]++
		}
	}
	for n := range 3 {
		if got := follow[b.conversations[n].ID]; got != 1 {
			t.Errorf("%d recoveries of the conversation %d", got, n)
		}
	}
}

// once lets one POST go wrong.
type once struct{ fault *sandbox.Fault }

func (o *once) next(r *http.Request) sandbox.Fault {
	if o.fault == nil || r.Method != http.MethodPost {
		return sandbox.Fault{}
	}
	fault := *o.fault
	o.fault = nil
	return fault
}
