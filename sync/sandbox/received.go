package sandbox

import "time"

// TestAddress is the API test email address of the account: whom a request with the test key mails.
const TestAddress = "test.surveys@example.org"

// Received is one POST to /v1/requests and what became of it.
type Received struct {
	At               time.Time         `json:"at"`
	Status           int               `json:"status"`           // of the answer, before any fault
	Reason           string            `json:"reason,omitempty"` // of a refusal
	UUID             string            `json:"uuid,omitempty"`   // of the interaction created, if one was
	Delivery         string            `json:"delivery,omitempty"`
	Test             bool              `json:"test,omitempty"`      // with the test key
	MailedTo         string            `json:"mailed_to,omitempty"` // whom a mail is sent to; empty for nobody
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

// Accepted reports whether the request made an interaction.
func (r Received) Accepted() bool { return r.UUID != "" }
