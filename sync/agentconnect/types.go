package agentconnect

import "time"

// Request is a survey request, the body of POST /v1/requests; or a service recovery, of which POST /v1/recoveries takes
// only some fields. Empty fields are left out.
type Request struct {
	Recovery bool `json:"-"` // ExtInteractionID is that of the first request, which this one follows up

	Customer         Customer          `json:"customer,omitzero"`
	Employee         Employee          `json:"employee,omitzero"`
	Channel          string            `json:"channel"` // must match a channel set up in Agent Connect; case matters
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

// Answer is what is known after a POST, as facts: what they mean is for the caller to say.
type Answer struct {
	Status     int           // HTTP status; 0 when no complete status line and header arrived
	Written    bool          // some of the request may have left this machine
	RetryAfter time.Duration // how long the server asked to wait; 0 when it did not
	Message    string        // the server's own words, short, with personal data taken out
	Stray      bool          // more came than one answer, or one too soon: it may not be the one to this request
	Echo       Echo          // what the JSON of a 2xx answer says
	Looks      string        // what an answer looks like that is stray, or 2xx and no word of the request; no values
	Err        error         // why there is no usable answer; free of keys and personal data
}
