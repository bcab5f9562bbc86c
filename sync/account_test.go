package sync

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/dryrun"
	"acsync/sync/verify"
)

// stranger is a request that another life of the ledger has made.
func stranger(t *testing.T, b *bench, number uint64, conversation string) agentconnect.Interaction {
	t.Helper()
	info, err := b.ledger.Info()
	if err != nil {
		t.Fatal(err)
	}
	return agentconnect.Interaction{
		UUID: "u", Sequence: 1, ExtInteractionID: conversation, Intent: fmt.Sprintf("%s-%x", info.ID, number), CreatedAt: time.Now(),
	}
}

// TestStranger makes passes over a ledger that cannot account for what Agent Connect has: none of them sends
// anything, however often they are made.
func TestStranger(t *testing.T) {
	const elsewhere = "6716500fa1b2c3d4e5faffff"
	for name, at := range map[string]func(b *bench) agentconnect.Interaction{
		"a number that was never given": func(b *bench) agentconnect.Interaction { return stranger(t, b, 2, b.conversations[0].ID) },
		"a very great number":           func(b *bench) agentconnect.Interaction { return stranger(t, b, 1<<61, elsewhere) },
		"in capitals": func(b *bench) agentconnect.Interaction {
			i := stranger(t, b, 200, strings.ToUpper(b.conversations[1].ID))
			i.Intent = strings.ToUpper(i.Intent)
			return i
		},
		"a number that was never given, and no conversation": func(b *bench) agentconnect.Interaction { return stranger(t, b, 7, "") },
		"a number that was never given, and no time": func(b *bench) agentconnect.Interaction {
			i := stranger(t, b, 7, elsewhere)
			i.CreatedAt = time.Time{}
			return i
		},
		"a number that was given for another conversation": func(b *bench) agentconnect.Interaction { return stranger(t, b, 1, elsewhere) },
		"a number that was given, for one that was not asked": func(b *bench) agentconnect.Interaction {
			return stranger(t, b, 1, b.conversations[1].ID)
		},
		"another number for a conversation that was asked about": func(b *bench) agentconnect.Interaction {
			i := stranger(t, b, 1, "6716500fa1b2c3d4e5fe0001") // that of the second request
			b.later(t)
			return i
		},
		"the same number, of another interaction": func(b *bench) agentconnect.Interaction {
			i := stranger(t, b, 1, "6716500fa1b2c3d4e5fe0000")
			i.UUID = "another"
			return i
		},
		"shown late": func(b *bench) agentconnect.Interaction {
			i := stranger(t, b, 999, elsewhere)
			i.CreatedAt = time.Now().Add(-50 * time.Minute)
			return i
		},
		"a recovery, by the look of it": func(b *bench) agentconnect.Interaction {
			i := stranger(t, b, 9, elsewhere)
			i.Recovery, i.Parent = true, "p"
			return i
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, 3)
			known := b.later(t)
			known.UUID = "one"
			b.engine.Receiver = &shown{rows: []agentconnect.Interaction{known, at(b)}}
			before, err := b.ledger.Info()
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				result, err := b.run(t)
				if _, ok := errors.AsType[*verify.StrangerError](err); !ok || !errors.Is(err, store.ErrRolledBack) || len(b.got) > 0 || result.Found > 0 {
					t.Errorf("error %v, %d sent, %+v", err, len(b.got), result)
				}
			}
			b.engine.Ledger, b.engine.Sender = &dryrun.Ledger{ReadLedger: b.ledger}, dryrun.Sender{}
			if _, err := b.engine.Run(t.Context()); !errors.Is(err, store.ErrRolledBack) {
				t.Errorf("a dry run ends with %v", err)
			}
			b.engine.Ledger, b.engine.Sender = b.ledger, b.receiver
			after, err := b.ledger.Info()
			if err != nil || !after.Checkpoint.Equal(before.Checkpoint) || !after.Witnessed.Equal(before.Witnessed) {
				t.Errorf("the ledger has moved on (%v): %+v", err, after)
			}
			if _, err := b.ledger.Begin(store.Key{Conversation: "x"}, testNow, time.Now()); err != nil {
				t.Fatal(err)
			}
			if _, err := verify.Verify(t.Context(), b.ledger, verify.Verification{Receiver: b.engine.Receiver, After: time.Minute, Stamped: true}); !errors.Is(err, store.ErrRolledBack) {
				t.Errorf("settling doubts ends with %v", err)
			}
		})
	}
}

// TestAcquaintances are stamps of the ledger that it can account for, or that say nothing of it: each pass
// goes on.
func TestAcquaintances(t *testing.T) {
	b := newBench(t, 3)
	b.doubt(t, 1)
	old := b.later(t)
	forgotten := stranger(t, b, 1, "6716500fa1b2c3d4e5faffff")
	forgotten.CreatedAt = time.Now().Add(-2 * (verify.Skew + time.Hour))
	foreign := old
	foreign.Intent, foreign.ExtInteractionID = "0123456789abcdef-ffff", "6716500fa1b2c3d4e5faffff"
	b.engine.Receiver = &shown{rows: []agentconnect.Interaction{
		old,
		{ExtInteractionID: b.conversations[1].ID, Intent: stranger(t, b, 1, "").Intent, CreatedAt: time.Now()},
		forgotten, foreign,
		{ExtInteractionID: "6716500fa1b2c3d4e5faffff", CreatedAt: time.Now()},
		stranger(t, b, 2, "an id of text"),
	}}
	first := b.mustRun(t)
	if first.Counts[store.Accepted] != 3 || len(b.got) != 2 {
		t.Errorf("%d sent, %+v", len(b.got), first)
	}
	data := b.engine.Receiver.(*shown)
	for _, r := range b.got {
		data.rows = append(data.rows, agentconnect.Interaction{
			ExtInteractionID: r.ExtInteractionID, Intent: r.CustomProperties["acsync_intent"], CreatedAt: time.Now(),
		})
	}
	b.mustRun(t)
	asked := data.asked[len(data.asked)-1]
	if want := first.Started.Add(-verify.Skew - time.Hour); asked.Before(want.Add(-time.Second)) || asked.After(first.Ended.Add(-verify.Skew-time.Hour)) {
		t.Errorf("the second pass asked from %s, the first began %s", asked, first.Started)
	}
}

// TestWithoutStamps asks nothing when nothing is in doubt: there is nothing that the data could tell of the
// ledger.
func TestWithoutStamps(t *testing.T) {
	b := newBench(t, 2)
	b.engine.Options.Stamp = false
	b.engine.Receiver = &shown{err: errTrouble}
	b.mustRun(t)
	if data := b.engine.Receiver.(*shown); len(data.asked) > 0 || len(b.got) != 2 {
		t.Errorf("asked %v, sent %d", data.asked, len(b.got))
	}
}

// TestManyAcquaintances holds more stamps against the ledger than are looked up at once, with a stranger
// among the last of them.
func TestManyAcquaintances(t *testing.T) {
	const stampsAtOnce = 500
	b := newBench(t, 1)
	data := &shown{}
	b.engine.Receiver = data
	for range 3*stampsAtOnce + 1 {
		data.rows = append(data.rows, b.later(t))
	}
	for i := range stampsAtOnce + 3 {
		data.rows = append(data.rows, stranger(t, b, 1, fmt.Sprintf("6716500fa1b2c3d4e5fb%04x", i)))
	}
	if _, err := b.run(t); !errors.Is(err, store.ErrRolledBack) || len(b.got) > 0 {
		t.Errorf("error %v, %d sent", err, len(b.got))
	}
}
