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
	restamp  bool      // its delivery will give it a new sequence id
}

// The states of delivery, in words that are documented; their exact spelling in the data is unknown.
const (
	deliverySent       = "Sent"
	deliveryDelivered  = "Delivered"
	deliverySuppressed = "Not sent: suppression period"
	deliveryFlag       = "Not sent: do not send flag"
	deliveryBounced    = "Hard bounce"
)

const (
	sendTime     = 9 * time.Second  // from the request to the mail
	deliveryTime = 13 * time.Second // from the request to its arrival
)

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
		"requested_via": "API", "delivered_at": deliveredAt, "response_received_at": nil,
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
	default:
		return deliveryDelivered, sentAt, stamp(i.At.Add(deliveryTime))
	}
}
