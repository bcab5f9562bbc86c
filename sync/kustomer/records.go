package kustomer

import (
	"encoding/json"
	"time"
)

// conversationAttributes are the attributes that are used, by their names in Kustomer's answers (observed).
type conversationAttributes struct {
	Status        text       `json:"status"`
	Channels      texts      `json:"channels"`
	Tags          texts      `json:"tags"`
	AssignedUsers people     `json:"assignedUsers"`
	AssignedTeams texts      `json:"assignedTeams"`
	LastDone      resolution `json:"lastDone"`
	DoneCount     count      `json:"doneCount"`
	CreatedAt     instant    `json:"createdAt"`
	UpdatedAt     instant    `json:"updatedAt"`
	ImportedAt    moment     `json:"importedAt"`
	Spam          suspicion  `json:"spam"`
	Direction     text       `json:"direction"`
	Priority      count      `json:"priority"`
	DefaultLang   text       `json:"defaultLang"`
	Locale        text       `json:"locale"`
	MessageCount  count      `json:"messageCount"`
	Inbound       count      `json:"inboundMessageCount"`
	Outbound      count      `json:"outboundMessageCount"`
	Custom        custom     `json:"custom"`
}

type doneAttributes struct {
	CreatedAt     moment `json:"createdAt"`
	CreatedBy     text   `json:"createdBy"`
	AssignedUsers people `json:"assignedUsers"`
	AssignedTeams texts  `json:"assignedTeams"`
}

func decodeConversation(r resource) Conversation {
	a := attributes[conversationAttributes](r)
	return Conversation{
		ID:            r.ID.Value,
		CustomerID:    r.related("customer"),
		BrandID:       r.related("brand"),
		QueueID:       r.related("queue"),
		Status:        a.Status.Value,
		Channels:      a.Channels,
		TagIDs:        a.Tags,
		AssignedUsers: a.AssignedUsers,
		AssignedTeams: a.AssignedTeams,
		LastDone:      a.LastDone.done,
		DoneUnread:    a.LastDone.unread,
		DoneCount:     int(a.DoneCount),
		CreatedAt:     time.Time(a.CreatedAt),
		UpdatedAt:     time.Time(a.UpdatedAt),
		Imported:      a.ImportedAt.there,
		Spam:          bool(a.Spam),
		Direction:     a.Direction.Value,
		Priority:      int(a.Priority),
		DefaultLang:   a.DefaultLang.Value,
		Locale:        a.Locale.Value,
		MessageCount:  int(a.MessageCount),
		InboundCount:  int(a.Inbound),
		OutboundCount: int(a.Outbound),
		Custom:        a.Custom.values,
		CustomUnread:  a.Custom.unreadable,
	}
}

// resolution is the latest one. Without a time it is none: an empty object stands for "never done"
// (observed), and a resolution is known by its time.
type resolution struct {
	done   *Done
	unread bool // there is one, and its time cannot be read
}

// UnmarshalJSON never fails on valid JSON.
func (r *resolution) UnmarshalJSON(data []byte) error {
	*r = resolution{}
	if data[0] != '{' || isMasked(data) {
		r.unread = !isBlank(data) && !isEmptyList(data)
		return nil
	}
	var object lenient[doneAttributes]
	_ = json.Unmarshal(data, &object) // lenient does not fail
	a := object.value
	if r.unread = a.CreatedAt.there && a.CreatedAt.at.IsZero(); !a.CreatedAt.at.IsZero() {
		r.done = &Done{At: a.CreatedAt.at, By: a.CreatedBy.Value, AssignedUsers: a.AssignedUsers, AssignedTeams: a.AssignedTeams}
	}
	return nil
}

type customerAttributes struct {
	Name        text      `json:"name"`
	Emails      emails    `json:"emails"`
	Locale      text      `json:"locale"`
	DefaultLang text      `json:"defaultLang"`
	Deleted     suspicion `json:"deleted"`
	Custom      custom    `json:"custom"`
}

func decodeCustomer(r resource) Customer {
	a := attributes[customerAttributes](r)
	return Customer{
		ID: r.ID.Value, Name: Text(a.Name), Emails: a.Emails, Locale: a.Locale.Value,
		DefaultLang: a.DefaultLang.Value, Deleted: bool(a.Deleted), Custom: a.Custom.values,
	}
}

// emails is a customer's list of addresses. Where the whole list is masked it has one masked entry, so that the customer
// is not taken for one without an address.
type emails []Email

// UnmarshalJSON never fails on valid JSON.
func (l *emails) UnmarshalJSON(data []byte) error {
	*l = nil
	if data[0] == '{' && isMasked(data) {
		*l = emails{{Address: Text{Masked: true}}}
		return nil
	}
	var entries lenient[[]json.RawMessage]
	_ = json.Unmarshal(data, &entries) // lenient does not fail
	for _, entry := range entries.value {
		if email, ok := decodeEmail(entry); ok {
			*l = append(*l, email)
		}
	}
	return nil
}

// decodeEmail takes an object, or the bare address.
func decodeEmail(entry json.RawMessage) (Email, bool) {
	if entry[0] != '{' || isMasked(entry) {
		var address text
		_ = json.Unmarshal(entry, &address) // text does not fail
		return Email{Address: Text(address)}, address != text{}
	}
	var object lenient[struct {
		Email    text `json:"email"`
		Type     text `json:"type"`
		Verified flag `json:"verified"`
	}]
	_ = json.Unmarshal(entry, &object) // lenient does not fail
	a := object.value
	return Email{Address: Text(a.Email), Type: a.Type.Value, Verified: bool(a.Verified)}, true
}

type userAttributes struct {
	Name        text    `json:"name"`
	DisplayName text    `json:"displayName"`
	Email       text    `json:"email"`
	UserType    label   `json:"userType"`
	DeletedAt   instant `json:"deletedAt"`
}

func decodeUser(r resource) User {
	a := attributes[userAttributes](r)
	name := a.Name
	if name.Value == "" && !name.Masked {
		name = a.DisplayName
	}
	return User{
		ID: r.ID.Value, Name: Text(name), Email: Text(a.Email), UserType: a.UserType.value, Opaque: a.UserType.opaque,
		DeletedAt: time.Time(a.DeletedAt),
	}
}

type tagAttributes struct {
	Name      text    `json:"name"`
	Deleted   flag    `json:"deleted"`
	DeletedAt instant `json:"deletedAt"`
}

func decodeTag(r resource) Tag {
	a := attributes[tagAttributes](r)
	return Tag{ID: r.ID.Value, Name: a.Name.Value, Deleted: bool(a.Deleted) || !time.Time(a.DeletedAt).IsZero()}
}
