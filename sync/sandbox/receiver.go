package sandbox

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	suppression = 24 * time.Hour // within which nobody is mailed twice
	firstID     = 1_048_576      // so that sequence ids do not look like counts
)

// receiverState is what Agent Connect knows. It is safe for concurrent use.
type receiverState struct {
	seed     seed
	lag      time.Duration // after which the data show an interaction
	restamps bool
	lose     float64 // so large a share of the conversations is lost from the data

	mu           sync.Mutex
	employees    []Employee
	received     []Received
	interactions []*interaction       // oldest first
	mailed       map[string]time.Time // by address and brand
	lost         map[string]bool      // conversations that the data show nothing of
	sequence     int
}

func newReceiverState(o Options, s seed) *receiverState {
	return &receiverState{
		seed: s, lag: o.DataLag, restamps: o.Restamp, lose: o.Faults.Lost,
		mailed: map[string]time.Time{}, lost: map[string]bool{}, sequence: firstID,
	}
}

// put takes in profiles; one takes the place of that with the same address.
func (s *receiverState) put(employees []Employee) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range employees {
		e.CustomID = cmp.Or(e.CustomID, fmt.Sprintf("E-%d", 3001+len(s.employees)))
		s.employees = slices.DeleteFunc(s.employees, func(old Employee) bool {
			return strings.EqualFold(old.Email, e.Email)
		})
		s.employees = append(s.employees, e)
	}
}

// record keeps a request that was refused.
func (s *receiverState) record(r Received) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.received = append(s.received, r)
}

// accept makes an interaction of a request.
func (s *receiverState) accept(r Received) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.received = append(s.received, s.interact(r, ""))
}

// remember makes an interaction of a request that was received before the sandbox began.
func (s *receiverState) remember(r Received) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.interact(r, "")
}

// forget forgets every request.
func (s *receiverState) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.received, s.interactions, s.mailed = nil, nil, map[string]time.Time{}
}

// followUp makes the interaction of a recovery, and returns its uuid; ok is false when no first interaction
// has the uuid or the external id.
func (s *receiverState) followUp(r Received, uuid, ext string) (id string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, i := range s.interactions {
		if i.parent == "" && (uuid != "" && i.UUID == uuid || ext != "" && i.ExtInteractionID == ext) {
			r.Channel, r.ExtInteractionID = i.Channel, i.ExtInteractionID
			r.CustomerEmail, r.CustomerName = i.CustomerEmail, i.CustomerName
			return s.interact(r, i.UUID).UUID, true
		}
	}
	return "", false
}

// interact adds an interaction. The caller holds the lock.
func (s *receiverState) interact(r Received, parent string) Received {
	s.sequence++
	h := s.seed.hash('u', uint64(s.sequence))
	const form = "%08x-%04x-4%03x-a%03x-%012x"
	r.UUID = fmt.Sprintf(form, h>>32, h>>16&0xffff, h>>4&0xfff, h&0xfff, splitmix(h)>>16)
	r.Delivery, r.MailedTo = s.delivery(&r)
	s.interactions = append(s.interactions, &interaction{
		Received: r, sequence: s.sequence, seen: r.At.Add(s.lag), parent: parent, fate: s.seed.fateOf(&r),
	})
	return r
}

// delivery is what becomes of the mail, and whom it is sent to. A customer is mailed once in a suppression
// period, by brand (documented), and not at all once unsubscribed. A few addresses bounce.
func (s *receiverState) delivery(r *Received) (what, to string) {
	switch {
	case r.DoNotSend:
		return deliveryFlag, ""
	case r.Test:
		return deliverySent, TestAddress
	case s.seed.unsubscribed(r.CustomerEmail):
		return deliveryUnsubscribed, ""
	}
	key := strings.ToLower(r.CustomerEmail) + "\n" + r.Brand
	last, mailed := s.mailed[key]
	switch {
	case !mailed || !r.At.Before(last.Add(suppression)):
		s.mailed[key] = r.At
	// One of the past, which a test adds after the later one, was mailed in its time.
	case !r.At.Before(last):
		return deliverySuppressed, ""
	}
	if s.seed.hashText(key)%40 == 0 {
		return deliveryBounced, r.CustomerEmail
	}
	return deliverySent, r.CustomerEmail
}

// employeeProblems are what is wrong with the employee's profile, in the vendor's words; none when it may be
// surveyed. When both identifiers are given the address counts (which one does is unknown).
func (s *receiverState) employeeProblems(r *Received) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.employee(r.EmployeeEmail, r.EmployeeCustomID)
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
func (s *receiverState) employee(email, customID string) (e Employee, ok bool) {
	i := slices.IndexFunc(s.employees, func(e Employee) bool {
		if email != "" {
			return strings.EqualFold(e.Email, email)
		}
		return customID != "" && e.CustomID == customID
	})
	if i < 0 {
		return Employee{}, false
	}
	return s.employees[i], true
}

// profiles are those with a status, or all without one, by their own id.
func (s *receiverState) profiles(status string) []Employee {
	s.mu.Lock()
	all := slices.Clone(s.employees)
	s.mu.Unlock()
	all = slices.DeleteFunc(all, func(e Employee) bool { return status != "" && status != e.Status })
	slices.SortFunc(all, func(a, b Employee) int { return strings.Compare(a.CustomID, b.CustomID) })
	return all
}

// requests are all that were received, oldest first.
func (s *receiverState) requests() []Received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Received{}, s.received...)
}

// rows are the data that a call gets to see, by sequence id.
func (s *receiverState) rows(by selection, now time.Time) []object {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.restamp(now)
	selected := []*interaction{}
	for _, i := range s.interactions {
		if by.holds(i) && !i.seen.After(now) && !s.isLost(i) {
			selected = append(selected, i)
		}
	}
	slices.SortFunc(selected, func(a, b *interaction) int { return cmp.Compare(a.sequence, b.sequence) })
	rows := []object{}
	for _, i := range selected[:min(by.limit, len(selected))] {
		e, _ := s.employee(i.EmployeeEmail, i.EmployeeCustomID)
		rows = append(rows, i.row(&e, now))
	}
	return rows
}

// restamp gives rows that were delivered or answered their new sequence ids. The caller holds the lock.
func (s *receiverState) restamp(now time.Time) {
	for _, i := range s.interactions {
		if n := i.changes(now); s.restamps && n > i.stamped {
			s.sequence++
			i.sequence, i.stamped = s.sequence, n
		}
	}
}

// isLost reports whether the data never show an interaction. The caller holds the lock.
func (s *receiverState) isLost(i *interaction) bool {
	id := strings.ToLower(i.ExtInteractionID)
	return s.lost[id] || s.seed.share("lost"+id, s.lose)
}

// loseAll keeps what was and will be received about conversations out of the data.
func (s *receiverState) loseAll(ids []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		s.lost[strings.ToLower(id)] = true
	}
}

// double makes each interaction of the conversations twice: the second came a moment later, but not after
// now.
func (s *receiverState) double(ids []string, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, i := range slices.Clone(s.interactions) {
		same := func(id string) bool { return strings.EqualFold(id, i.ExtInteractionID) }
		if i.parent != "" || !slices.ContainsFunc(ids, same) {
			continue
		}
		again := i.Received
		if again.At = again.At.Add(2 * time.Second); again.At.After(now) {
			again.At = now
		}
		s.interact(again, "")
	}
}

// truth is what became of all requests that were accepted, in the order in which they came.
func (s *receiverState) truth(now time.Time) []Interaction {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Interaction, 0, len(s.interactions))
	for _, i := range s.interactions {
		told := i.told(now)
		told.Lost = s.isLost(i)
		all = append(all, told)
	}
	return all
}
