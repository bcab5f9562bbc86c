package audit_test

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"iter"
	"runtime"
	"testing"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/audit"
	"acsync/sync/decide"
	"acsync/sync/fetch"
	"acsync/sync/journey"
	"acsync/sync/kustomer"
)

// endless are three systems with a conversation every second, each of another customer; they keep none of them.
// Of ten, one is missed, one was asked twice, and one is not in the ledger.
type endless struct {
	start, now time.Time
	count      int64
}

func (e endless) id(kind uint32, i int64) string {
	b := binary.BigEndian.AppendUint32(nil, kind)
	return hex.EncodeToString(binary.BigEndian.AppendUint64(b, uint64(i)))
}

func (e endless) at(i int64) time.Time { return e.start.Add(time.Duration(i) * time.Second) }

func (e endless) ServerTime(context.Context) (time.Time, error) { return e.now, nil }

func (e endless) SearchConversations(
	_ context.Context, q kustomer.Query,
) (page kustomer.Page[kustomer.Conversation], err error) {
	for i := max(int64(q.From.Sub(e.start)/time.Second), 0); i < e.count; i++ {
		at := e.at(i)
		if at.Before(q.From) {
			continue
		}
		if !at.Before(q.To) {
			break
		}
		page.Total++
		if len(page.Items) == 500 {
			continue
		}
		page.Items = append(page.Items, kustomer.Conversation{
			ID: e.id(1, i), CustomerID: e.id(2, i), Status: "done", Channels: []string{"email"},
			CreatedAt: at.Add(-time.Minute),
			LastDone:  &kustomer.Done{At: at, AssignedUsers: []string{"agent"}, AssignedTeams: []string{"team"}},
		})
	}
	return page, nil
}

func (e endless) SearchCustomers(
	ctx context.Context, q kustomer.Query,
) (page kustomer.Page[kustomer.Customer], err error) {
	found, err := e.SearchConversations(ctx, q)
	for _, c := range found.Items {
		customer, _ := e.Customer(ctx, c.CustomerID)
		page.Items = append(page.Items, customer)
	}
	page.Total = found.Total
	return page, err
}

func (e endless) Conversations(context.Context, []string) ([]kustomer.Conversation, error) {
	return nil, nil
}

func (e endless) Customer(_ context.Context, id string) (kustomer.Customer, error) {
	emails := []kustomer.Email{{Address: kustomer.Text{Value: "jane@example.com"}}}
	return kustomer.Customer{ID: id, Emails: emails}, nil
}

func (e endless) Users(context.Context) ([]kustomer.User, error) {
	address := kustomer.Text{Value: "alex.agent@example.org"}
	return []kustomer.User{{ID: "agent", UserType: "user", Email: address}}, nil
}

func (e endless) User(context.Context, string) (kustomer.User, error) {
	return kustomer.User{}, kustomer.ErrNotFound
}

func (e endless) Tags(context.Context) ([]kustomer.Tag, error) { return nil, nil }

func (e endless) Tag(context.Context, string) (kustomer.Tag, error) {
	return kustomer.Tag{}, kustomer.ErrNotFound
}

func (e endless) Info() (store.Info, error) { return store.Info{ID: ledgerID}, nil }

func (e endless) Each(fn func(store.Entry) error) error {
	for i := range e.count {
		if i%10 == 0 || i%10 == 1 {
			continue
		}
		err := fn(store.Entry{Key: store.Key{Conversation: e.id(1, i)}, Record: store.Record{
			State: store.Accepted, Resolution: e.at(i), At: e.at(i).Add(time.Minute), Intent: uint64(i + 1),
			Attempts: 1,
		}})
		if err != nil {
			return err
		}
	}
	return nil
}

func (e endless) Between(
	_ context.Context, since, until time.Time,
) iter.Seq2[agentconnect.Interaction, error] {
	return func(yield func(agentconnect.Interaction, error) bool) {
		for i := range e.count {
			requests := 1
			switch i % 10 {
			case 0:
				requests = 0
			case 2:
				requests = 2
			}
			for n := range requests {
				row := agentconnect.Interaction{
					UUID: e.id(uint32(3+n), i), ExtInteractionID: e.id(1, i), CreatedAt: e.at(i).Add(time.Minute),
					Intent: store.Intent{Ledger: ledgerID, Number: uint64(i + 1)}.String(), Status: "Delivered",
				}
				// Each two customers have one address.
				binary.BigEndian.PutUint64(row.Customer[:], uint64(i/2+1))
				if !yield(row, nil) {
					return
				}
			}
		}
	}
}

// mostHeld audits so many conversations, and tells what the heap held at most, as far as it was looked at.
func mostHeld(t *testing.T, conversations int) (most uint64) {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	e := endless{time.Now().UTC().Add(-30 * 24 * time.Hour), time.Now().UTC(), int64(conversations)}
	if span := time.Duration(conversations) * time.Second; span > 29*24*time.Hour {
		e.start = e.now.Add(-span - 24*time.Hour)
	}
	window := fetch.Window{From: e.start.Add(-time.Second), To: e.at(int64(conversations))}
	a := audit.New(audit.Terms{
		Ledger: ledgerID, Known: e.start.Add(-time.Hour), Passed: e.now, Settled: e.now, Received: true,
		Since: e.start.Add(-time.Hour),
	})
	defer a.Close()
	look := func() {
		var stats runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&stats)
		most = max(most, stats.HeapAlloc)
	}
	reader := journey.Reader{
		Source: e, Directory: e, Policy: decide.Policy{}, Ledger: e, Receiver: e, ToPresent: true,
		Notice: func(string) {},
	}
	seen := 0
	for j, err := range reader.Range(t.Context(), window) {
		if err == nil {
			err = a.Add(j)
		}
		if err != nil {
			t.Fatal(err)
		}
		if seen++; seen%(conversations/20) == 0 {
			look()
		}
	}
	if err := a.Finish(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	look()
	tenth, customers := conversations/10, conversations/2
	if a.Done != conversations || a.Found[audit.NeverAsked] != tenth || a.Found[audit.AskedTwice] != tenth ||
		a.Found[audit.NotInLedger] != tenth || a.Customers != customers || a.Repeats.Len() != customers-tenth {
		t.Errorf("%d customers, %d of them several times, %+v", a.Customers, a.Repeats.Len(), a.Tally)
	}
	for range 2 {
		n := 0
		err := a.Findings.Each(func(audit.Finding) error {
			n++
			return nil
		})
		if err != nil || n != 3*tenth {
			t.Errorf("%d findings, %v", n, err)
		}
	}
	look()
	return most
}

// TestMemoryIsBounded: what an audit holds hardly depends on how much it compares: a million conversations need
// little more than some thousands.
func TestMemoryIsBounded(t *testing.T) {
	conversations, limit := amount(20_000, 1_000_000), uint64(amount(20, 64))
	held := mostHeld(t, conversations) >> 20
	t.Logf("%d conversations: %d MB", conversations, held)
	if held > limit {
		t.Errorf("%d conversations held %d MB, want at most %d MB", conversations, held, limit)
	}
}
