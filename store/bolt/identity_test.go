package bolt

import (
	"path/filepath"
	"testing"
	"time"

	"acsync/store"
)

// TestLookupFamily: whichever key of a conversation is asked for, the others are told as well, and nobody else's.
func TestLookupFamily(t *testing.T) {
	hex := id(1).Conversation
	for name, ids := range map[string][2]string{ // the one that is asked for, and a neighbour
		"hex":           {hex, id(2).Conversation},
		"upper case":    {"6921ABCDEF0123456789ABCD", hex},
		"text":          {"chat-1", "chat-10"},
		"padded text":   {"eleven-long", "eleven-long!"},
		"three letters": {"abc", "abcd"},
		"text like hex": {"\x0112345678901", hex},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLedger(t, Options{})
			plain, first, second := store.Key{Conversation: ids[0], Resolution: 0}, store.Key{Conversation: ids[0], Resolution: noon.UnixMilli()}, store.Key{Conversation: ids[0], Resolution: noon.Add(time.Hour).UnixMilli()}
			finish(t, l, plain, store.Accepted)
			finish(t, l, first, store.Rejected)
			finish(t, l, second, store.Retry)
			finish(t, l, store.Key{Conversation: ids[1], Resolution: 0}, store.Accepted)
			finish(t, l, store.Key{Conversation: ids[1], Resolution: noon.UnixMilli()}, store.Accepted)
			for _, asked := range []store.Key{plain, first, {Conversation: ids[0], Resolution: 1}} {
				got, err := l.Lookup([]store.Key{asked})
				if err != nil {
					t.Fatal(err)
				}
				states := map[store.Key]store.State{}
				for key, r := range got {
					states[key] = r.State
				}
				wantSame(t, states, map[store.Key]store.State{plain: store.Accepted, first: store.Rejected, second: store.Retry})
			}
		})
	}
}

func TestIdentity(t *testing.T) {
	for name, c := range map[string]struct {
		made, changed, want store.Identity
	}{
		"unless told otherwise": {"", "", store.PerConversation},
		"as made":               {store.PerResolution, "", store.PerResolution},
		"changed":               {"", store.PerResolution, store.PerResolution},
		"changed back":          {store.PerResolution, store.PerConversation, store.PerConversation},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ledger.db")
			if err := Create(path, noon, Options{Identity: c.made}); err != nil {
				t.Fatal(err)
			}
			l := openLedger(t, path, Options{})
			if err := l.Commit(store.Batch{Identity: c.changed}); err != nil {
				t.Fatal(err)
			}
			info, err := l.Info()
			if err != nil {
				t.Fatal(err)
			}
			wantSame(t, info.Identity, c.want)
		})
	}
	l := newLedger(t, Options{})
	wantError(t, l.Commit(store.Batch{Identity: "customer"}), store.ErrRefused)
}

// TestWaitingEndsEarly: what waits for its time in great number does not hide what is asked for, nor is it gone through
// when there is nothing more to find.
func TestWaitingEndsEarly(t *testing.T) {
	l := newLedger(t, Options{})
	var later []store.Key
	for n := range 200 {
		later = append(later, id(100+n))
	}
	commit(t, l, store.Record{State: store.Scheduled, Reason: "delayed", At: noon, Due: noon.Add(time.Hour)}, later...)
	finish(t, l, id(1), store.InDoubt)
	commit(t, l, store.Record{State: store.Scheduled, At: noon, Due: noon.Add(-time.Hour)}, id(2))
	list, err := l.Waiting(10, store.Scheduled, store.Retry)
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, len(list), 10)
	wantSame(t, list[0].Key, id(2))
	looked := 0
	if _, err := l.waiting(0, []store.State{store.InDoubt}, func(e store.Entry) (take, more bool) {
		looked++
		return e.State == store.InDoubt, true
	}); err != nil {
		t.Fatal(err)
	}
	wantSame(t, looked, 2)
}
