package sandbox

import (
	"cmp"
	"strings"
	"time"
)

// interaction is one row of the data that Agent Connect gives back.
type interaction struct {
	Received
	sequence int
	seen     time.Time // when the data show it
	parent   string    // uuid of the interaction that a recovery follows
	stamped  int       // so many of its changes have given it a new sequence id
	fate     fate
}

// fate is what becomes of a mail after it was sent. A zero time is never.
type fate struct{ delivered, answered time.Time }

// Interaction is what became of a request that was accepted: the truth, whatever the data show of it.
type Interaction struct {
	Received
	Recovery    bool
	Lost        bool      // the data never show it
	Shown       string    // its status by now, as the data have it; empty: null
	DeliveredAt time.Time // zero: not yet, or never
	AnsweredAt  time.Time // likewise
}

// told is the interaction as it is known at a time.
func (i *interaction) told(now time.Time) Interaction {
	status, _, _ := i.progress(now)
	shown, _ := status.(string)
	past := func(t time.Time) time.Time {
		if t.After(now) {
			return time.Time{}
		}
		return t
	}
	return Interaction{
		Received: i.Received, Recovery: i.parent != "", Shown: shown,
		DeliveredAt: past(i.fate.delivered), AnsweredAt: past(i.fate.answered),
	}
}

// changes are how many there were until a time that the data give a new sequence id for.
func (i *interaction) changes(now time.Time) (n int) {
	for _, at := range []time.Time{i.fate.delivered, i.fate.answered} {
		if !at.IsZero() && !at.After(now) {
			n++
		}
	}
	return n
}

// The states of delivery, in words that are documented; their exact spelling in the data is unknown.
const (
	deliverySent         = "Sent"
	deliveryDelivered    = "Delivered"
	deliverySuppressed   = "Not sent: suppression period"
	deliveryFlag         = "Not sent: do not send flag"
	deliveryUnsubscribed = "Not sent: consumer unsubscribed"
	deliveryBounced      = "Hard bounce"
)

const (
	sendTime     = 9 * time.Second  // from the request to the mail
	deliveryTime = 13 * time.Second // from the request to its arrival, unless that is late
)

// The habits of people and of their mail servers.
const (
	oneLate         = 30 // one mail in so many arrives hours later
	oneUnsubscribed = 50 // one customer in so many wants no such mail
	percentAnswered = 27 // of the mails that arrive
)

// patience is within which time an answer comes, each as often as the others.
var patience = []time.Duration{
	20 * time.Minute, 20 * time.Minute, 2 * time.Hour, 2 * time.Hour, 24 * time.Hour, 6 * 24 * time.Hour,
}

// fateOf is the fate of a mail: the same for the same request, whenever it is asked for.
func (s seed) fateOf(r *Received) (f fate) {
	if r.Delivery != deliverySent {
		return f
	}
	dice := s.rng(s.hashText(strings.ToLower(r.CustomerEmail)+"\n"+r.ExtInteractionID), 'f')
	f.delivered = r.At.Add(deliveryTime)
	if dice.oneIn(oneLate) {
		f.delivered = f.delivered.Add(time.Hour + time.Duration(dice.n(5*3600))*time.Second)
	}
	// Nobody reads what the test address gets.
	if dice.n(100) < percentAnswered && !r.Test {
		limit := patience[dice.n(len(patience))]
		f.answered = f.delivered.Add(time.Minute + time.Duration(dice.n(int(limit/time.Second)))*time.Second)
	}
	return f
}

// unsubscribed reports whether a customer wants no such mail.
func (s seed) unsubscribed(address string) bool {
	return s.hashText("unsubscribed "+strings.ToLower(address))%oneUnsubscribed == 0
}

// row is the interaction as the data show it, about an employee. Everything but uuid, sequence_id, branding
// and channel can be null (observed).
func (i *interaction) row(e *Employee, now time.Time) object {
	status, sentAt, deliveredAt := i.progress(now)
	return object{
		"uuid": i.UUID, "sequence_id": i.sequence, "parent_uuid": nullable(i.parent),
		"is_recovery": i.parent != "",
		"branding":    cmp.Or(i.Brand, "sandbox"), "channel": i.Channel,
		"ext_interaction_id": nullable(i.ExtInteractionID), "external_url": nullable(i.ExternalURL),
		"language": nullable(strings.ToLower(i.Language)), "survey_id": nil, "survey_name": nil,
		"tags":               i.Tags,
		"request_created_at": stamp(i.At), "request_delivery_status": status, "request_sent_at": sentAt,
		"requested_via": "API", "delivered_at": deliveredAt, "response_received_at": stamp(i.told(now).AnsweredAt),
		"reward_eligible": nil,
		"reward_name":     nil, "marketing": nil,
		"employee": object{
			"custom_id": nullable(e.CustomID), "email": nullable(i.EmployeeEmail),
			"first_name": nullable(e.FirstName),
			"last_name":  nullable(e.LastName),
		},
		"team_leader": object{"custom_id": nil, "full_name": nil},
		"customer": object{
			"custom_id": nil, "email": nullable(i.CustomerEmail), "full_name": nullable(i.CustomerName),
		},
		"custom_properties": i.CustomProperties, "answers": object{},
	}
}

// progress is how far the mail got. Until it is sent its status is null.
func (i *interaction) progress(now time.Time) (status, sentAt, deliveredAt any) {
	switch {
	case i.Delivery != deliverySent && i.Delivery != deliveryBounced:
		return i.Delivery, nil, nil
	case now.Before(i.At.Add(sendTime)):
		return nil, nil, nil
	}
	sentAt = stamp(i.At.Add(sendTime))
	switch {
	case now.Before(i.At.Add(deliveryTime)):
		return deliverySent, sentAt, nil
	case i.Delivery == deliveryBounced:
		return deliveryBounced, sentAt, nil
	case now.Before(i.fate.delivered):
		return deliverySent, sentAt, nil
	default:
		return deliveryDelivered, sentAt, stamp(i.fate.delivered)
	}
}
