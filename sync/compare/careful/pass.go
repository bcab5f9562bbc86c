package main

import (
	"fmt"
	"os"
	"slices"
	"sync"
	"time"
)

// pass is what one pass works with.
type pass struct {
	kustomer *kustomer
	connect  *service
	asked    *asked
	org      string

	mu     sync.Mutex
	failed int
}

// window asks about the conversations that were marked done in [from, to). The error is one of reading; what
// could not be sent is counted, so that the cursor stays.
func (p *pass) window(from, to time.Time) error {
	found, err := p.kustomer.search(from, to)
	if err != nil {
		return err
	}
	work := make(chan conversation)
	var workers sync.WaitGroup
	for range atOnce {
		workers.Go(func() {
			for c := range work {
				if err := p.ask(c); err != nil {
					fmt.Fprintln(os.Stderr, "careful:", err)
					p.mu.Lock()
					p.failed++
					p.mu.Unlock()
				}
			}
		})
	}
	for _, c := range found {
		if !p.asked.has(c.ID) {
			work <- c
		}
	}
	close(work)
	workers.Wait()
	return nil
}

// ask asks about one conversation, unless something speaks against it, and remembers that.
func (p *pass) ask(c conversation) error {
	body, ok, err := p.request(c)
	if err != nil || !ok {
		return err
	}
	status, err := p.connect.post("/v1/requests", body)
	if err != nil {
		return fmt.Errorf("conversation %s: %w", c.ID, err)
	}
	if status >= 400 {
		fmt.Fprintf(os.Stderr, "careful: conversation %s was refused with %d\n", c.ID, status)
	}
	return p.asked.add(c.ID)
}

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
