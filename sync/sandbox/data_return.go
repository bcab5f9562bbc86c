package sandbox

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const maxDataRows = 1000 // of one answer; documented as the default

// selection is what a call of GET /v2/data asks for.
type selection struct {
	createdFrom, createdTo time.Time // both inclusive, as the names of the parameters say
	answered               bool      // only rows with an answer, of which a sandbox has none
	after                  int
	limit                  int
	recoveries             bool
}

// data answers GET /v2/data: a JSON array, by sequence id. There is no filter by the caller's own id (documented).
func (a *connect) data(c *call) answer {
	by, err := parseSelection(c.query)
	if err != nil {
		return invalid([]string{err.Error()})
	}
	now := a.now()
	rows := []object{}
	for _, i := range a.desk.selected(by, now) {
		rows = append(rows, a.desk.row(&i, now))
	}
	return jsonAnswer(http.StatusOK, rows)
}

// selected are the interactions that a call gets to see.
func (d *desk) selected(by selection, now time.Time) []interaction {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.restamp(now)
	var all []interaction
	for _, i := range d.interactions {
		if i.sequence > by.after && !by.answered && (by.recoveries || i.parent == "") && !i.seen.After(now) &&
			!i.At.Before(by.createdFrom) && (by.createdTo.IsZero() || !i.At.After(by.createdTo)) {
			all = append(all, *i)
		}
	}
	slices.SortFunc(all, func(a, b interaction) int { return cmp.Compare(a.sequence, b.sequence) })
	return all[:min(by.limit, len(all))]
}

// restamp gives delivered rows their new sequence ids, in order of delivery. The caller holds the lock.
func (d *desk) restamp(now time.Time) {
	for _, i := range d.interactions {
		if i.restamp && !i.At.Add(deliveryTime).After(now) {
			d.sequence++
			i.sequence, i.restamp = d.sequence, false
		}
	}
}

func parseSelection(query url.Values) (selection, error) {
	by := selection{limit: maxDataRows}
	if err := unknownParameter(query, "created_at_gte", "created_at_lte", "responded_at_gte", "responded_at_lte", "after", "limit",
		"stream", "include_recovery"); err != nil {
		return by, err
	}
	var ignored time.Time
	var stream bool
	// What a number of JSON holds exactly, and an int of this system.
	highest := int(min(int64(1<<53), math.MaxInt))
	by.answered = query.Has("responded_at_gte") || query.Has("responded_at_lte")
	return by, errors.Join(
		timeParameter(query, "created_at_gte", &by.createdFrom), timeParameter(query, "created_at_lte", &by.createdTo),
		timeParameter(query, "responded_at_gte", &ignored), timeParameter(query, "responded_at_lte", &ignored),
		numberParameter(query, "after", 0, highest, &by.after), numberParameter(query, "limit", 1, maxDataRows, &by.limit),
		boolParameter(query, "stream", &stream), boolParameter(query, "include_recovery", &by.recoveries),
	)
}

func timeParameter(query url.Values, name string, into *time.Time) error {
	if !query.Has(name) {
		return nil
	}
	t, err := time.Parse(time.RFC3339, query.Get(name))
	if err != nil {
		return fmt.Errorf("%s must be ISO 8601 with an offset", name)
	}
	*into = t
	return nil
}

func numberParameter(query url.Values, name string, least, most int, into *int) error {
	if !query.Has(name) {
		return nil
	}
	n, err := strconv.Atoi(query.Get(name))
	if err != nil || n < least || n > most {
		return fmt.Errorf("%s must be a number from %d to %d", name, least, most)
	}
	*into = n
	return nil
}

func boolParameter(query url.Values, name string, into *bool) error {
	if !query.Has(name) {
		return nil
	}
	b, err := strconv.ParseBool(query.Get(name))
	if err != nil {
		return fmt.Errorf("%s must be true or false", name)
	}
	*into = b
	return nil
}

// row is an interaction as the data show it. Everything but uuid, sequence_id, branding and channel can be null
// (observed).
func (d *desk) row(i *interaction, now time.Time) object {
	status, sentAt, deliveredAt := i.progress(now)
	first, last, customID := any(nil), any(nil), any(nil)
	d.mu.Lock()
	if e, ok := d.employee(i.EmployeeEmail, i.EmployeeCustomID); ok {
		first, last, customID = nullable(e.FirstName), nullable(e.LastName), nullable(e.CustomID)
	}
	d.mu.Unlock()
	return object{
		"uuid": i.UUID, "sequence_id": i.sequence, "parent_uuid": nullable(i.parent), "is_recovery": i.parent != "",
		"branding": cmp.Or(i.Brand, "sandbox"), "channel": i.Channel, "ext_interaction_id": nullable(i.ExtInteractionID),
		"external_url": nullable(i.ExternalURL), "language": nullable(strings.ToLower(i.Language)), "survey_id": nil, "survey_name": nil,
		"tags": i.Tags, "request_created_at": stamp(i.At), "request_delivery_status": status, "request_sent_at": sentAt,
		"requested_via": "API", "delivered_at": deliveredAt, "response_received_at": nil, "reward_eligible": nil, "reward_name": nil,
		"marketing":         nil,
		"employee":          object{"custom_id": customID, "email": nullable(i.EmployeeEmail), "first_name": first, "last_name": last},
		"team_leader":       object{"custom_id": nil, "full_name": nil},
		"customer":          object{"custom_id": nil, "email": nullable(i.CustomerEmail), "full_name": nullable(i.CustomerName)},
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
