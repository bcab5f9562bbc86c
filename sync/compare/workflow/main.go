// Command workflow asks for feedback in the shape of the vendor's workflow inside Kustomer, its steps made
// over REST: it is started by each event of a conversation that was marked done, looks up the conversation,
// the customer, the user to whom it was assigned and the tags, and creates the survey request. It has no
// memory, tries nothing again, and what happens while it is down it never learns of.
//
// It is one of the programs that acsync is compared with, and no part of it. The events are conversations'
// ids on standard input, one a line; for each it prints the id when it is through with it, whatever came of
// it.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"
)

const (
	atOnce  = 8 // as many workflows run at the same time
	timeout = 30 * time.Second
)

func main() {
	w := workflow{
		kustomer: os.Getenv("KUSTOMER_URL"), kustomerKey: os.Getenv("KUSTOMER_API_KEY"),
		connect: os.Getenv("AGENT_CONNECT_URL"), connectKey: os.Getenv("AGENT_CONNECT_API_KEY"),
		org: os.Getenv("KUSTOMER_ORG"), http: &http.Client{
			Timeout: timeout, Transport: &http.Transport{MaxIdleConnsPerHost: atOnce},
		},
	}
	events := make(chan string)
	var running sync.WaitGroup
	for range atOnce {
		running.Go(func() {
			for id := range events {
				if err := w.run(id); err != nil {
					fmt.Fprintln(os.Stderr, err)
				}
				fmt.Println(id)
			}
		})
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		events <- lines.Text()
	}
	close(events)
	running.Wait()
}

// workflow is what its steps are configured with.
type workflow struct {
	kustomer, kustomerKey string
	connect, connectKey   string
	org                   string
	http                  *http.Client
}

type conversation struct {
	Data struct {
		Attributes struct {
			Status        string         `json:"status"`
			Channels      []string       `json:"channels"`
			Tags          []string       `json:"tags"`
			AssignedUsers []string       `json:"assignedUsers"`
			Custom        map[string]any `json:"custom"`
		} `json:"attributes"`
		Relationships struct {
			Customer struct {
				Data struct {
					ID string `json:"id"`
				} `json:"data"`
			} `json:"customer"`
		} `json:"relationships"`
	} `json:"data"`
}

type customer struct {
	Data struct {
		Attributes struct {
			Name   any `json:"name"`
			Emails []struct {
				Email any `json:"email"`
			} `json:"emails"`
		} `json:"attributes"`
	} `json:"data"`
}

type user struct {
	Data struct {
		Attributes struct {
			Email any `json:"email"`
		} `json:"attributes"`
	} `json:"data"`
}

type tags struct {
	Data []struct {
		ID         string `json:"id"`
		Attributes struct {
			Name string `json:"name"`
		} `json:"attributes"`
	} `json:"data"`
}

// run is one workflow: its conditions are that somebody is assigned, that the customer has an address, and
// that nobody has said not to send.
func (w *workflow) run(id string) error {
	var c conversation
	if err := w.find("/v1/conversations/"+id, &c); err != nil {
		return err
	}
	a := c.Data.Attributes
	forbidden := a.Custom["doNotSendStellaConnectRequestBool"] == true
	if a.Status != "done" || len(a.AssignedUsers) == 0 || forbidden {
		return nil
	}
	customerID := c.Data.Relationships.Customer.Data.ID
	var who customer
	var agent user
	var known tags
	for path, into := range map[string]any{
		"/v1/customers/" + customerID:     &who,
		"/v1/users/" + a.AssignedUsers[0]: &agent,
		"/v1/tags?pageSize=100&page=1":    &known,
	} {
		if err := w.find(path, into); err != nil {
			return err
		}
	}
	if len(who.Data.Attributes.Emails) == 0 || len(a.Channels) == 0 {
		return nil
	}
	channel := a.Channels[0]
	if slices.Contains(a.Channels, "voice") {
		channel = "phone"
	}
	names := []string{}
	for _, t := range known.Data {
		if slices.Contains(a.Tags, t.ID) && len(names) < 20 {
			names = append(names, t.Attributes.Name)
		}
	}
	asked := map[string]any{"email": who.Data.Attributes.Emails[0].Email}
	if name, ok := who.Data.Attributes.Name.(string); ok {
		asked["name"] = name
	}
	return w.ask(map[string]any{
		"channel": channel, "customer": asked,
		"employee": map[string]any{"email": agent.Data.Attributes.Email},
		"tags":     names, "ext_interaction_id": id,
		"external_url": "https://" + w.org + ".kustomerapp.com/app/customers/" + customerID + "/event/" + id,
	})
}

// find reads one record of Kustomer.
func (w *workflow) find(path string, into any) error {
	request, err := http.NewRequest(http.MethodGet, w.kustomer+path, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+w.kustomerKey)
	response, err := w.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("GET of Kustomer: %s", response.Status)
	}
	return json.NewDecoder(response.Body).Decode(into)
}

// ask creates the survey request.
func (w *workflow) ask(body map[string]any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequest(http.MethodPost, w.connect+"/v1/requests", bytes.NewReader(text))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Api-Key", w.connectKey)
	response, err := w.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("POST to Agent Connect: %s", response.Status)
	}
	return nil
}
