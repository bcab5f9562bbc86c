package agentconnect

import (
	"encoding/json"
	"slices"
	"strings"
)

// Request is a survey request, the body of POST /v1/requests; or a service recovery, of which POST
// /v1/recoveries takes only some fields. Empty fields are left out.
type Request struct {
	Recovery bool `json:"-"` // ExtInteractionID is that of the first request, which this one follows up

	Customer         Customer          `json:"customer,omitzero"`
	Employee         Employee          `json:"employee,omitzero"`
	Channel          string            `json:"channel"` // as it is set up in Agent Connect; case matters
	Tags             []string          `json:"tags,omitempty"`
	DoNotSend        bool              `json:"do_not_send,omitempty"`        // counted, but nobody is mailed
	ExtInteractionID string            `json:"ext_interaction_id,omitempty"` // the conversation's id
	ExternalURL      string            `json:"external_url,omitempty"`
	Brand            string            `json:"brand,omitempty"`
	Language         string            `json:"language,omitempty"` // "en", "en-US"
	Country          string            `json:"country,omitempty"`  // ISO 3166-1 alpha-2
	CustomProperties map[string]string `json:"custom_properties,omitempty"`
}

// Customer is who is asked.
type Customer struct {
	Name  string `json:"name,omitempty"`
	Email string `json:"email,omitempty"`
}

// Employee is whom the survey is about: the agent. One of the two identifies a profile in Agent Connect.
type Employee struct {
	Email    string `json:"email,omitempty"`
	CustomID string `json:"custom_id,omitempty"`
}

// post is where a request goes, and what is sent of it. A recovery (documented) has no customer, who is that
// of the first request, and no custom properties: nothing in it can bear a stamp.
func (r Request) post() (path string, body []byte, err error) {
	if !r.Recovery {
		body, err = json.Marshal(r)
		return "/v1/requests", body, err
	}
	body, err = json.Marshal(struct {
		Employee         Employee `json:"employee,omitzero"`
		ExtInteractionID string   `json:"ext_interaction_id,omitempty"` // of the first request
		ExternalURL      string   `json:"external_url,omitempty"`
		Tags             []string `json:"tags,omitempty"`
		DoNotSend        bool     `json:"do_not_send,omitempty"`
	}{r.Employee, r.ExtInteractionID, r.ExternalURL, r.Tags, r.DoNotSend})
	return "/v1/recoveries", body, err
}

// roles are mailboxes of nobody in particular. The service uses these words to say what is wrong.
var roles = []string{
	"agent", "brand", "channel", "customer", "email", "employee", "interaction", "language", "profile",
	"request", "survey",
}

// personal lists what the service may echo of the request and nobody should read in a log: the addresses and
// what stands before their @, and the name as a whole, in its parts, and as one word with the last part in
// front.
func (r Request) personal() []string {
	private := []string{r.Customer.Email, r.Employee.Email, r.Employee.CustomID, r.Customer.Name}
	for _, address := range []string{r.Customer.Email, r.Employee.Email} {
		mailbox, _, ok := strings.Cut(address, "@")
		if ok && !slices.Contains(roles, strings.ToLower(mailbox)) {
			private = append(private, mailbox)
		}
	}
	parts := strings.Fields(r.Customer.Name)
	if n := len(parts); n > 1 {
		private = append(private, strings.ToLower(parts[n-1]+strings.Join(parts[:n-1], "")))
	}
	return append(private, parts...)
}
