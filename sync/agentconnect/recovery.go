package agentconnect

import "encoding/json"

// recovery is the body of POST /v1/recoveries (documented). It has no customer, who is that of the first request, and no
// custom properties: nothing in it can bear a stamp.
type recovery struct {
	Employee         Employee `json:"employee,omitzero"`
	ExtInteractionID string   `json:"ext_interaction_id,omitempty"` // of the first request
	ExternalURL      string   `json:"external_url,omitempty"`
	Tags             []string `json:"tags,omitempty"`
	DoNotSend        bool     `json:"do_not_send,omitempty"`
}

// post is where a request goes, and what is sent of it.
func (r Request) post() (path string, body []byte, err error) {
	if !r.Recovery {
		body, err = json.Marshal(r)
		return "/v1/requests", body, err
	}
	body, err = json.Marshal(recovery{
		Employee: r.Employee, ExtInteractionID: r.ExtInteractionID, ExternalURL: r.ExternalURL, Tags: r.Tags, DoNotSend: r.DoNotSend,
	})
	return "/v1/recoveries", body, err
}
