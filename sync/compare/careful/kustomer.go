package main

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	pageSize = 500
	mostTags = 20 // of a survey request
)

// kustomer reads Kustomer, and remembers for a pass what it has read.
type kustomer struct {
	service *service

	mu        sync.Mutex
	users     map[string]user
	tags      map[string]string
	customers map[string]*customer // nil for one that is not there
}

func newKustomer(base, key string, perMinute int, pause time.Duration) *kustomer {
	return &kustomer{
		service: &service{
			base: base, header: "Authorization", key: "Bearer " + key, pace: newPace(perMinute), pause: pause,
		},
		users: map[string]user{}, tags: map[string]string{}, customers: map[string]*customer{},
	}
}

type conversation struct {
	ID         string `json:"id"`
	Attributes struct {
		Status        string         `json:"status"`
		Channels      []string       `json:"channels"`
		Tags          []string       `json:"tags"`
		AssignedUsers []string       `json:"assignedUsers"`
		Custom        map[string]any `json:"custom"`
		Spam          bool           `json:"spam"`
		ImportedAt    any            `json:"importedAt"`
		LastDone      *struct {
			AssignedUsers []string `json:"assignedUsers"`
		} `json:"lastDone"`
	} `json:"attributes"`
	Relationships struct {
		Customer struct {
			Data struct {
				ID string `json:"id"`
			} `json:"data"`
		} `json:"customer"`
	} `json:"relationships"`
}

// A masked value is an object where a text is expected.
type customer struct {
	Name   any `json:"name"`
	Emails []struct {
		Email any `json:"email"`
	} `json:"emails"`
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

type user struct {
	Email    any    `json:"email"`
	UserType string `json:"userType"`
}

type record[T any] struct {
	ID         string `json:"id"`
	Attributes T      `json:"attributes"`
}

type page[T any] struct {
	Data  []T `json:"data"`
	Links struct {
		Next *string `json:"next"`
	} `json:"links"`
}

// list reads the users and the tags.
func (k *kustomer) list() error {
	for path := "/v1/users?page=1&pageSize=500"; path != ""; {
		var p page[record[user]]
		if _, err := k.service.do(http.MethodGet, path, nil, &p); err != nil {
			return fmt.Errorf("list users: %w", err)
		}
		for _, u := range p.Data {
			k.users[u.ID] = u.Attributes
		}
		path = next(p.Links.Next)
	}
	for path := "/v1/tags?page=1&pageSize=100"; path != ""; {
		var p page[record[struct {
			Name string `json:"name"`
		}]]
		if _, err := k.service.do(http.MethodGet, path, nil, &p); err != nil {
			return fmt.Errorf("list tags: %w", err)
		}
		for _, t := range p.Data {
			k.tags[t.ID] = t.Attributes.Name
		}
		path = next(p.Links.Next)
	}
	return nil
}

func next(link *string) string {
	if link == nil {
		return ""
	}
	return *link
}

// search finds what was marked done in [from, to), page after page.
func (k *kustomer) search(from, to time.Time) ([]conversation, error) {
	const layout = "2006-01-02T15:04:05.000Z"
	const doneAt = "conversation_last_done_created_at"
	query := map[string]any{
		"queryContext": "conversation",
		"and": []any{
			map[string]any{"conversation_status": map[string]any{"equals": "done"}},
			map[string]any{doneAt: map[string]any{"gte": from.UTC().Format(layout)}},
			map[string]any{doneAt: map[string]any{"lt": to.UTC().Format(layout)}},
		},
		"sort": []any{map[string]any{doneAt: "asc"}},
	}
	var all []conversation
	seen := map[string]bool{}
	for n := 1; ; n++ {
		var p page[conversation]
		path := fmt.Sprintf("/v1/customers/search?page=%d&pageSize=%d", n, pageSize)
		if _, err := k.service.do(http.MethodPost, path, query, &p); err != nil {
			return nil, fmt.Errorf("search from %s: %w", from.UTC().Format(layout), err)
		}
		for _, c := range p.Data {
			if !seen[c.ID] {
				seen[c.ID] = true
				all = append(all, c)
			}
		}
		if p.Links.Next == nil {
			return all, nil
		}
		if n*pageSize >= 10_000 {
			return nil, fmt.Errorf("more than 10,000 conversations since %s: take smaller windows", from)
		}
	}
}

// user gives one of those listed, and else reads it.
func (k *kustomer) user(id string) (user, error) {
	k.mu.Lock()
	u, ok := k.users[id]
	k.mu.Unlock()
	if ok {
		return u, nil
	}
	var read struct {
		Data record[user] `json:"data"`
	}
	status, err := k.service.do(http.MethodGet, "/v1/users/"+id, nil, &read)
	if err != nil && status != http.StatusNotFound {
		return user{}, fmt.Errorf("user %s: %w", id, err)
	}
	k.mu.Lock()
	k.users[id] = read.Data.Attributes
	k.mu.Unlock()
	return read.Data.Attributes, nil
}

// customer reads a customer, once a pass; ok is false for one that is not there.
func (k *kustomer) customer(id string) (c customer, ok bool, err error) {
	k.mu.Lock()
	known, read := k.customers[id]
	k.mu.Unlock()
	if !read {
		var answer struct {
			Data record[customer] `json:"data"`
		}
		status, err := k.service.do(http.MethodGet, "/v1/customers/"+id, nil, &answer)
		if err != nil && status != http.StatusNotFound {
			return customer{}, false, fmt.Errorf("customer %s: %w", id, err)
		}
		if err == nil {
			known = &answer.Data.Attributes
		}
		k.mu.Lock()
		k.customers[id] = known
		k.mu.Unlock()
	}
	if known == nil {
		return customer{}, false, nil
	}
	return *known, true, nil
}

// customerOf reads a conversation again, for the customer that it has now.
func (k *kustomer) customerOf(conversationID string) (string, error) {
	var read struct {
		Data conversation `json:"data"`
	}
	status, err := k.service.do(http.MethodGet, "/v1/conversations/"+conversationID, nil, &read)
	if err != nil && status != http.StatusNotFound {
		return "", fmt.Errorf("conversation %s: %w", conversationID, err)
	}
	return read.Data.Relationships.Customer.Data.ID, nil
}

// tagNames are those of ids; what is not known is taken for a name.
func (k *kustomer) tagNames(ids []string) []string {
	names := []string{}
	for _, id := range ids {
		if len(names) == mostTags {
			break
		}
		if name := k.tags[id]; name != "" {
			names = append(names, name)
		} else {
			names = append(names, id)
		}
	}
	return names
}
