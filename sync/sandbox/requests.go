package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Received is one POST to /v1/requests and what became of it.
type Received struct {
	At               time.Time         `json:"at"`
	Status           int               `json:"status"`           // that the service answered, or would have but for a fault
	Reason           string            `json:"reason,omitempty"` // of a refusal
	UUID             string            `json:"uuid,omitempty"`   // of the interaction created, if one was
	Delivery         string            `json:"delivery,omitempty"`
	Channel          string            `json:"channel"`
	ExtInteractionID string            `json:"ext_interaction_id"`
	ExternalURL      string            `json:"external_url,omitempty"`
	CustomerName     string            `json:"customer_name,omitempty"`
	CustomerEmail    string            `json:"customer_email,omitempty"`
	EmployeeEmail    string            `json:"employee_email,omitempty"`
	EmployeeCustomID string            `json:"employee_custom_id,omitempty"`
	Tags             []string          `json:"tags,omitempty"`
	DoNotSend        bool              `json:"do_not_send,omitempty"`
	Brand            string            `json:"brand,omitempty"`
	Language         string            `json:"language,omitempty"`
	Country          string            `json:"country,omitempty"`
	CustomProperties map[string]string `json:"custom_properties,omitempty"`
}

// Accepted tells whether the request made an interaction.
func (r Received) Accepted() bool { return r.UUID != "" }

// Requests are all POSTs to /v1/requests that were processed, refused ones included, oldest first.
func (s *Sandbox) Requests() []Received {
	s.desk.mu.Lock()
	defer s.desk.mu.Unlock()
	return slices.Clone(s.desk.received)
}

// Rejections are those of Requests that were refused.
func (s *Sandbox) Rejections() []Received {
	return slices.DeleteFunc(s.Requests(), func(r Received) bool { return r.Reason == "" })
}

// AddEmployee adds a profile to Agent Connect, or replaces that with the same address. Without an id of its own it gets
// one.
func (s *Sandbox) AddEmployee(e Employee) {
	s.desk.mu.Lock()
	defer s.desk.mu.Unlock()
	if e.CustomID == "" {
		e.CustomID = fmt.Sprintf("E-%d", 3001+len(s.desk.employees))
	}
	s.desk.employees = slices.DeleteFunc(s.desk.employees, func(old Employee) bool { return strings.EqualFold(old.Email, e.Email) })
	s.desk.employees = append(s.desk.employees, e)
}

// request answers POST /v1/requests. Every request that is accepted makes a new interaction: nothing is recognised as a
// repetition (documented by what is missing).
func (a *connect) request(c *call) answer {
	r, echo, problems := a.desk.check(c)
	r.At, r.Status = a.now(), http.StatusOK
	if len(problems) == 0 {
		problems = a.desk.employeeProblems(&r)
	}
	if len(problems) > 0 {
		r.Status, r.Reason = http.StatusBadRequest, strings.Join(slices.Sorted(slices.Values(problems)), "; ")
		a.desk.record(r)
		return invalid(problems)
	}
	a.desk.accept(r)
	return jsonAnswer(http.StatusOK, echo) // an echo, without an id (documented)
}

// recovery answers POST /v1/recoveries: a follow-up of an earlier interaction.
func (a *connect) recovery(c *call) answer {
	body, problems := recoveryBody(c)
	if len(problems) > 0 {
		return invalid(problems)
	}
	r := Received{At: a.now(), Status: http.StatusOK}
	body.nested("employee").texts(map[string]*string{"email": &r.EmployeeEmail, "custom_id": &r.EmployeeCustomID})
	if problems = a.desk.employeeProblems(&r); len(problems) > 0 {
		return invalid(problems)
	}
	first, ok := a.desk.find(body.text("initial_feedback_request_id"), body.text("ext_interaction_id"))
	if !ok {
		return invalid([]string{"Initial feedback request not found"})
	}
	return jsonAnswer(http.StatusOK, object{"request_id": a.desk.recover(first, r)})
}
