package main

import (
	"slices"
	"strings"
)

// mostTags is how many a survey request may have.
const mostTags = 20

// request makes the body of a survey request; ok is false for a conversation that is not to be asked about.
func (p *pass) request(c conversation) (body map[string]any, ok bool, err error) {
	a := c.Attributes
	agents := a.AssignedUsers
	if a.LastDone != nil && len(a.LastDone.AssignedUsers) > 0 {
		agents = a.LastDone.AssignedUsers
	}
	customerID := c.Relationships.Customer.Data.ID
	forbidden := a.Custom["doNotSendStellaConnectRequestBool"] == true ||
		a.Custom["doNotSendAgentConnectRequestBool"] == true
	if a.Status != "done" || a.Spam || a.ImportedAt != nil || forbidden || len(agents) == 0 ||
		customerID == "" || len(a.Channels) == 0 {
		return nil, false, nil
	}
	agent, err := p.kustomer.user(agents[0])
	if err != nil || agent.UserType == "machine" {
		return nil, false, err
	}
	agentEmail, _ := agent.Email.(string)
	who, found, err := p.kustomer.customer(customerID)
	if err == nil && !found {
		// It may have been merged since the search has seen the conversation.
		if customerID, err = p.kustomer.customerOf(c.ID); err == nil {
			who, _, err = p.kustomer.customer(customerID)
		}
	}
	if err != nil {
		return nil, false, err
	}
	email := who.address()
	if agentEmail == "" || email == "" {
		return nil, false, nil
	}
	channel := a.Channels[0]
	if slices.Contains(a.Channels, "voice") {
		channel = "phone"
	}
	asked := map[string]any{"email": email}
	if name, ok := who.Name.(string); ok && name != "" {
		asked["name"] = name
	}
	page := "/app/customers/" + customerID + "/event/" + c.ID
	return map[string]any{
		"channel": channel, "customer": asked, "employee": map[string]any{"email": agentEmail},
		"tags": p.kustomer.tagNames(a.Tags), "ext_interaction_id": c.ID,
		"external_url": "https://" + p.org + ".kustomerapp.com" + page,
	}, true, nil
}

// address is the customer's first, if it can be one.
func (c customer) address() string {
	if len(c.Emails) == 0 {
		return ""
	}
	text, _ := c.Emails[0].Email.(string)
	local, domain, _ := strings.Cut(text, "@")
	if local == "" || !strings.Contains(domain, ".") || strings.Contains(domain, "@") {
		return ""
	}
	return text
}
