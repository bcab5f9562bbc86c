package agentconnect

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"acsync/sync/sandbox"
)

func TestDelivery(t *testing.T) {
	for status, want := range map[string]Delivery{
		"Sent": Sent, "sent": Sent, "Delivered": Delivered, "DELIVERED ": Delivered, "Opened": Delivered, "": Pending,
		"Not sent: suppression period": Suppressed, "not_sent_suppression_period": Suppressed, "Suppressed": Suppressed,
		"Not sent: do not send flag": Flagged, "do_not_send": Flagged, "DoNotSend": Flagged,
		"Not sent: consumer unsubscribed": Unsubscribed, "unsubscribe": Unsubscribed, "Opted-out": Unsubscribed,
		"Not sent: rejected": Refused, "Not sent": Refused, "Unsent": Refused, "Spam complaint": Refused, "Delivery failed": Refused,
		"Soft bounce": Bounced, "Hard bounce": Bounced, "hard_bounced": Bounced, "Undelivered": Bounced, "Not delivered": Bounced,
		"Not yet sent": Pending, "Queued": Pending, "Awaiting delivery": Pending, "Delivery delayed": Pending, "Scheduled": Pending,
		"Verschickt": UnknownDelivery, "???": Pending, "7": Pending, "Bounced: spam": Bounced,
	} {
		if got := (Interaction{Status: status}).Delivery(); got != want {
			t.Errorf("%q is %s, want %s", status, got, want)
		}
	}
}

// The times are believed where the words say less, and not where they say otherwise: a mail can come back after it arrived.
func TestDeliveryByTimes(t *testing.T) {
	at := time.Date(2026, 11, 20, 14, 5, 40, 0, time.UTC)
	for _, test := range []struct {
		row  Interaction
		want Delivery
	}{
		{Interaction{SentAt: at}, Sent},
		{Interaction{SentAt: at, DeliveredAt: at}, Delivered},
		{Interaction{Status: "Queued", SentAt: at}, Sent},
		{Interaction{Status: "Sent", DeliveredAt: at}, Delivered},
		{Interaction{Status: "Verschickt", SentAt: at}, UnknownDelivery},
		{Interaction{Status: "Hard bounce", SentAt: at, DeliveredAt: at}, Bounced},
		{Interaction{Status: "Not sent: suppression period", SentAt: at}, Suppressed},
		{Interaction{AnsweredAt: at}, Delivered},
		{Interaction{Status: "Soft bounce", AnsweredAt: at}, Delivered},
	} {
		if got := test.row.Delivery(); got != test.want {
			t.Errorf("%+v is %s, want %s", test.row, got, test.want)
		}
	}
}

func TestDeliveriesHaveNames(t *testing.T) {
	names := map[string]bool{}
	for d := UnknownDelivery; d <= Refused; d++ {
		names[d.String()] = true
	}
	if len(names) != int(Refused)+1 || names[""] || Delivery(200).String() != "unknown" {
		t.Errorf("names: %v", names)
	}
}

// Two rows can be told to be of one customer, within a process and no longer, and nothing else can.
func TestAddressHash(t *testing.T) {
	row := func(key addressKey, address string) AddressHash {
		rows, err := decodeInteractions(fmt.Sprintf(`[{"uuid":"a","customer":{"email":%q,"full_name":"Jane"}}]`, address), key)
		if err != nil {
			t.Fatal(err)
		}
		return rows[0].Customer
	}
	one, other := newAddressKey(), newAddressKey()
	jane := row(one, "jane@example.com")
	if jane != row(one, " Jane@EXAMPLE.com") || jane == (AddressHash{}) {
		t.Error("the same address has two hashes")
	}
	if jane == row(one, "joe@example.com") || jane == row(other, "jane@example.com") || jane == row(addressKey{}, "jane@example.com") {
		t.Error("two addresses, or two keys, have one hash")
	}
}

// TestSandboxDeliveries reads how the stand-in's people end, and finds each as it was.
func TestSandboxDeliveries(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 7, 31, 0, time.UTC)
	var later atomic.Int64
	stand, c := startSandbox(t, sandbox.Options{Now: func() time.Time { return now.Add(time.Duration(later.Load())) }})
	for _, each := range stand.Conversations(now.Add(-3*time.Hour), now) {
		stand.AskByOthers(each.Resolved, each.ID)
	}
	later.Store(int64(10 * 24 * time.Hour))
	truth := map[string]sandbox.Interaction{}
	for _, i := range stand.Interactions() {
		truth[i.UUID] = i
	}
	means := map[string]Delivery{
		"Delivered": Delivered, "Hard bounce": Bounced, "Not sent: suppression period": Suppressed, "Not sent: consumer unsubscribed": Unsubscribed,
	}
	rows, err := collect(t.Context(), c, time.Time{})
	if err != nil || len(rows) != len(truth) {
		t.Fatalf("%d rows of %d, %v", len(rows), len(truth), err)
	}
	found, people := map[Delivery]int{}, map[AddressHash]string{}
	for _, row := range rows {
		i := truth[row.UUID]
		if got := row.Delivery(); got != means[i.Shown] || !row.AnsweredAt.Equal(i.AnsweredAt.Truncate(time.Millisecond)) {
			t.Errorf("%s, answered %s, is read as %s, answered %s", i.Shown, i.AnsweredAt, got, row.AnsweredAt)
		}
		if other, known := people[row.Customer]; known && other != i.CustomerEmail && row.Customer != (AddressHash{}) {
			t.Error("two customers are taken for one")
		}
		people[row.Customer] = i.CustomerEmail
		found[row.Delivery()]++
	}
	if len(found) != len(means) {
		t.Errorf("deliveries: %v", found)
	}
}

// TestDeliveriesAreAll: each delivery is listed, once.
func TestDeliveriesAreAll(t *testing.T) {
	listed := map[Delivery]bool{}
	for _, d := range Deliveries() {
		listed[d] = true
	}
	if len(listed) != len(deliveryNames) || len(Deliveries()) != len(deliveryNames) {
		t.Errorf("%d of %d are listed", len(listed), len(deliveryNames))
	}
}
