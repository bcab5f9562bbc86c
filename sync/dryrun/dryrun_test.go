package dryrun

import (
	"errors"
	"testing"
	"time"

	"acsync/store"
)

var at = time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)

// key names a conversation.
func key(id string) store.Key { return store.Key{Conversation: id} }

// records are a ledger's.
type records struct {
	None
	err error
}

func (r records) Lookup(keys []store.Key) (map[store.Key]store.Record, error) {
	found, err := r.None.Lookup(keys)
	return found, errors.Join(err, r.err)
}

func (r records) OpenIntents() ([]store.Entry, error) {
	var open []store.Entry
	for _, e := range r.Known {
		if e.State == store.Sending {
			open = append(open, e)
		}
	}
	return open, r.err
}

// sendingOne is a ledger with one conversation of which a survey request is being sent, and a skipped one.
func sendingOne() records {
	return records{None: None{Start: at, Known: []store.Entry{
		{Key: key("a"), Record: store.Record{State: store.Sending, Resolution: at}},
		{Key: key("b"), Record: store.Record{State: store.Skipped, Resolution: at}},
	}}}
}

// TestBeside takes what a pass sends at the moment for sent: a dry run beside it neither counts it once more nor
// calls it interrupted.
func TestBeside(t *testing.T) {
	beside := Beside{sendingOne()}
	d := &Ledger{ReadLedger: beside}
	known, err := d.Lookup([]store.Key{key("a"), key("b"), key("c")})
	if err != nil || known[key("a")].State != store.Accepted || known[key("b")].State != store.Skipped || len(known) != 2 {
		t.Errorf("got %+v, %v", known, err)
	}
	if waits, err := d.Waiting(0, store.InDoubt); err != nil || len(waits) != 0 {
		t.Errorf("waiting: %+v, %v", waits, err)
	}
	beside.ReadLedger = records{err: errors.New("trouble")}
	if _, err := beside.Lookup(nil); err == nil {
		t.Error("no error")
	}
}

// TestInterrupted shows what a process that died has left as a pass would find it: in doubt.
func TestInterrupted(t *testing.T) {
	d := &Ledger{ReadLedger: sendingOne()}
	if _, err := d.Recover(at); err != nil {
		t.Fatal(err)
	}
	known, err := d.Lookup([]store.Key{key("a")})
	if err != nil || known[key("a")].State != store.InDoubt {
		t.Errorf("got %+v, %v", known, err)
	}
	waits, err := d.Waiting(0, store.InDoubt)
	if err != nil || len(waits) != 1 || waits[0].Key != key("a") || waits[0].State != store.InDoubt {
		t.Errorf("waiting: %+v, %v", waits, err)
	}
	if waits, err := d.Waiting(0, store.Retry); err != nil || len(waits) != 0 {
		t.Errorf("waiting to be retried: %+v, %v", waits, err)
	}
}

// TestSettledInAPreview goes on from what it would have settled, and changes nothing below it.
func TestSettledInAPreview(t *testing.T) {
	below := sendingOne()
	d := &Ledger{ReadLedger: below}
	result := store.Result{State: store.Retry, Reason: "not_arrived", At: at.Add(time.Hour)}
	if err := d.Settle(key("a"), 1, result); err != nil {
		t.Fatal(err)
	}
	known, err := d.Lookup([]store.Key{key("a")})
	if got := known[key("a")]; err != nil || got.State != store.Retry || !got.Resolution.Equal(at) {
		t.Errorf("got %+v, %v", got, err)
	}
	// One that would be sent counts as sent from then on, for the resolution that it would be sent for.
	later := at.Add(2 * time.Hour)
	for _, k := range []store.Key{key("a"), key("new")} {
		if _, err := d.Begin(k, later, later); err != nil {
			t.Fatal(err)
		}
	}
	known, err = d.Lookup([]store.Key{key("a"), key("new")})
	if got := known[key("a")]; err != nil || got.State != store.Accepted || !got.Resolution.Equal(later) || len(known) != 1 {
		t.Errorf("got %+v, %v", known, err)
	}
	if now, _ := below.Lookup([]store.Key{key("a")}); now[key("a")].State != store.Sending {
		t.Errorf("below it is %+v", now)
	}
}

// TestNone begins where the ledger would, and knows what it would hold and nothing else.
func TestNone(t *testing.T) {
	n := sendingOne().None
	if info, err := n.Info(); err != nil || !info.Start.Equal(at) || !info.Checkpoint.Equal(at) {
		t.Errorf("got %+v, %v", info, err)
	}
	known, err := n.Lookup([]store.Key{{Conversation: "b", Resolution: 7}, key("c")})
	if err != nil || len(known) != 1 || known[key("b")].State != store.Skipped {
		t.Errorf("got %+v, %v", known, err)
	}
	if b, err := n.Backfill(at, at.Add(time.Hour)); err != nil || b != (store.Backfill{}) {
		t.Errorf("got %+v, %v", b, err)
	}
}
