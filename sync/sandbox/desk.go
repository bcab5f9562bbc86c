package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// desk is what Agent Connect knows.
type desk struct {
	options Options
	seed    seed

	mu           sync.Mutex
	employees    []Employee
	received     []Received
	interactions []*interaction // oldest first
	mailed       map[string]time.Time
	sequence     int
}

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
	suppression  = 24 * time.Hour   // within which nobody is mailed twice
	firstID      = 1_048_576        // so that sequence ids do not look like counts
)

func newDesk(o Options, s seed) *desk {
	return &desk{options: o, seed: s, employees: allEmployees(), mailed: map[string]time.Time{}, sequence: firstID}
}

func (d *desk) record(r Received) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.received = append(d.received, r)
}

// accept makes an interaction of a request.
func (d *desk) accept(r Received) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.received = append(d.received, d.interact(r, ""))
}

// interact adds an interaction. The caller holds the lock.
func (d *desk) interact(r Received, parent string) Received {
	d.sequence++
	h := d.seed.hash('u', uint64(d.sequence))
	r.UUID = fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x", h>>32, h>>16&0xffff, h>>4&0xfff, h&0xfff, mix(h)>>16)
	r.Delivery = d.delivery(&r)
	d.interactions = append(d.interactions, &interaction{
		Received: r, sequence: d.sequence, seen: r.At.Add(d.options.DataLag), parent: parent,
		restamp: d.options.Restamp && r.Delivery == deliverySent,
	})
	return r
}

// delivery is what becomes of the mail. A customer is mailed once in a suppression period, by brand (documented). A few
// addresses bounce.
func (d *desk) delivery(r *Received) string {
	if r.DoNotSend {
		return deliveryFlag
	}
	key := strings.ToLower(r.CustomerEmail) + "\n" + r.Brand
	if last, mailed := d.mailed[key]; mailed && r.At.Before(last.Add(suppression)) {
		return deliverySuppressed
	}
	d.mailed[key] = r.At
	if d.seed.hashText(key)%40 == 0 {
		return deliveryBounced
	}
	return deliverySent
}

// employeeProblems are what is wrong with the employee's profile, in the vendor's words; none when it may be surveyed.
// When both identifiers are given the address counts (which one does is unknown).
func (d *desk) employeeProblems(r *Received) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	e, ok := d.employee(r.EmployeeEmail, r.EmployeeCustomID)
	switch {
	case !ok:
		return []string{"Employee not found: " + r.EmployeeEmail + r.EmployeeCustomID}
	case e.Status == "deactivated":
		return []string{"Deactivated employee"}
	case e.Status != "active":
		return []string{"Employee profile not complete"}
	default:
		return nil
	}
}

// employee is the profile by address, else by its own id. The caller holds the lock.
func (d *desk) employee(email, customID string) (Employee, bool) {
	i := slices.IndexFunc(d.employees, func(e Employee) bool {
		if email != "" {
			return strings.EqualFold(e.Email, email)
		}
		return customID != "" && e.CustomID == customID
	})
	if i < 0 {
		return Employee{}, false
	}
	return d.employees[i], true
}

// find is the first interaction with a uuid or an external id.
func (d *desk) find(uuid, ext string) (Received, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, i := range d.interactions {
		if i.parent == "" && (uuid != "" && i.UUID == uuid || ext != "" && i.ExtInteractionID == ext) {
			return i.Received, true
		}
	}
	return Received{}, false
}

// recover adds the interaction of a recovery and returns its uuid.
func (d *desk) recover(first, r Received) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	r.Channel, r.ExtInteractionID, r.CustomerEmail, r.CustomerName = first.Channel, first.ExtInteractionID, first.CustomerEmail, first.CustomerName
	return d.interact(r, first.UUID).UUID
}

// AddInteraction puts a row into Agent Connect's data as if an earlier process had been sent the request then: for the
// conversation with the given id, stamped with the intent in custom_properties.acsync_intent unless that is empty. The
// rows of a sandbox do not outlive it, so a new one can be told of them.
func (s *Sandbox) AddInteraction(conversation string, at time.Time, intent string) {
	r := Received{At: at.UTC(), Status: 200, Channel: "email", ExtInteractionID: conversation, CustomProperties: map[string]string{}}
	if intent != "" {
		r.CustomProperties["acsync_intent"] = intent
	}
	if c, ok := s.world.conversation(conversation, s.now()); ok && len(c.AssignedUsers) > 0 {
		r.EmployeeEmail = s.addressOf(c.AssignedUsers[0])
		if customer, ok := s.world.customer(c.CustomerID); ok && len(customer.Emails) > 0 {
			r.CustomerEmail, _ = customer.Emails[0].Address.(string)
		}
	}
	s.desk.mu.Lock()
	defer s.desk.mu.Unlock()
	s.desk.interact(r, "")
}

func (s *Sandbox) addressOf(user string) string {
	for _, u := range s.world.allUsers() {
		if u.ID == user {
			address, _ := u.Email.(string)
			return address
		}
	}
	return ""
}
