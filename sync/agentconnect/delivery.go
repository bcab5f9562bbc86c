package agentconnect

import (
	"slices"
	"strings"
	"unicode"
)

// Delivery is what became of the mail that asks, as far as the words of a status tell. The kinds are
// documented, their exact words in the data unknown.
type Delivery uint8

// The deliveries.
const (
	UnknownDelivery Delivery = iota // its words are none that are known
	Delivered                       // it arrived; an answer proves it, too
	Sent                            // it left; whether it arrived is not told
	Pending                         // nothing has become of it yet, or nothing is told
	Suppressed                      // not sent: the customer was asked within the suppression period
	Unsubscribed                    // not sent: the customer wants no such mail
	Flagged                         // not sent: the request said so, by do_not_send
	Bounced                         // it came back, for now (soft) or for good (hard)
	Refused                         // not sent, or not taken, for another reason
)

// Deliveries lists all of them, in the order in which they are told.
func Deliveries() []Delivery {
	return []Delivery{
		Delivered, Sent, Pending, Suppressed, Unsubscribed, Flagged, Bounced, Refused, UnknownDelivery,
	}
}

// String is the delivery in a word or two.
func (d Delivery) String() string {
	if int(d) >= len(deliveryNames) {
		return deliveryNames[UnknownDelivery]
	}
	return deliveryNames[d]
}

// Reached reports whether the customer was mailed, as far as is told: not every account is told of arrivals.
func (d Delivery) Reached() bool { return d == Delivered || d == Sent }

var deliveryNames = [...]string{
	UnknownDelivery: "unknown", Delivered: "delivered", Sent: "sent", Pending: "pending",
	Suppressed: "suppressed", Unsubscribed: "unsubscribed", Flagged: "do not send", Bounced: "bounced",
	Refused: "refused",
}

// deliveryWords are parts of a status and what they tell: the first that is found counts. They stand without
// blanks and punctuation.
var deliveryWords = []struct {
	means Delivery
	words []string
}{
	// "Not yet sent" is not "not sent".
	{Pending, []string{"notyet"}},
	{Suppressed, []string{"suppress"}},
	{Unsubscribed, []string{"unsubscrib", "optout", "optedout"}},
	{Flagged, []string{"donotsend", "dontsend", "flag"}},
	{Bounced, []string{"bounce", "undeliver", "notdeliver"}},
	{Refused, []string{
		"reject", "refus", "invalid", "block", "denied", "fail", "error", "spam", "complain", "notsent", "unsent",
	}},
	// "Awaiting delivery" is not delivered.
	{Pending, []string{
		"pending", "queue", "schedul", "await", "waiting", "delay", "defer", "process", "created",
	}},
	{Delivered, []string{"deliver", "open", "click", "answer", "respond", "complete"}},
	{Sent, []string{"sent", "sending"}},
}

// Delivery tells what became of the mail, from the words of the status and the times that are given.
func (i Interaction) Delivery() Delivery {
	if !i.AnsweredAt.IsZero() {
		return Delivered
	}
	status := strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, i.Status)
	told := UnknownDelivery
	for _, known := range deliveryWords {
		holds := func(word string) bool { return strings.Contains(status, word) }
		if slices.ContainsFunc(known.words, holds) {
			told = known.means
			break
		}
	}
	switch {
	// The status may be older than the times.
	case !i.DeliveredAt.IsZero() && (told == Sent || told == Pending || told == UnknownDelivery):
		return Delivered
	case !i.SentAt.IsZero() && (told == Pending || status == ""):
		return Sent
	case status == "":
		return Pending
	}
	return told
}
