package kustomer

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"acsync/sync/httpx/lenient"
)

// timeLayouts are the forms that times are read in; one without a zone is UTC.
var timeLayouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04:05.999999999Z0700",
	time.DateTime, time.DateOnly,
}

// timeOf is the time in v, in whole milliseconds, which may be an epoch; zero for none.
func timeOf(v lenient.Value) time.Time {
	if at := v.Time(timeLayouts...); !at.IsZero() {
		return at.Truncate(time.Millisecond)
	}
	return v.Epoch()
}

func textOf(v lenient.Value) Text { return Text{Value: v.Text, Masked: v.Masked} }

// count is a number of things, 0 where it cannot be read.
func count(v lenient.Value) int {
	n, _ := v.Count()
	return n
}

// attributes decodes the attributes of a record; each of them may be missing.
func attributes[T any](r resource) T { return object[T](r.Attributes) }

// object decodes one that may be missing, as each of its members may.
func object[T any](data json.RawMessage) T {
	if data == nil {
		return *new(T)
	}
	return lenient.Decode[T](data)
}

// conversationAttributes are the attributes that are used, by their names in Kustomer's answers (observed).
type conversationAttributes struct {
	Status        lenient.Value `json:"status"`
	Channels      lenient.List  `json:"channels"`
	Tags          lenient.List  `json:"tags"`
	AssignedUsers lenient.List  `json:"assignedUsers"`
	AssignedTeams lenient.List  `json:"assignedTeams"`
	LastDone      resolution    `json:"lastDone"`
	DoneCount     lenient.Value `json:"doneCount"`
	CreatedAt     lenient.Value `json:"createdAt"`
	UpdatedAt     lenient.Value `json:"updatedAt"`
	ImportedAt    lenient.Value `json:"importedAt"`
	Spam          lenient.Value `json:"spam"`
	Direction     lenient.Value `json:"direction"`
	Priority      lenient.Value `json:"priority"`
	DefaultLang   lenient.Value `json:"defaultLang"`
	Locale        lenient.Value `json:"locale"`
	MessageCount  lenient.Value `json:"messageCount"`
	Inbound       lenient.Value `json:"inboundMessageCount"`
	Outbound      lenient.Value `json:"outboundMessageCount"`
	Custom        custom        `json:"custom"`
}

func decodeConversation(r resource) Conversation {
	a := attributes[conversationAttributes](r)
	// The others are many, and are not used.
	to := object[struct{ Customer, Brand, Queue relation }](r.Relations)
	return Conversation{
		ID: r.ID.Text, CustomerID: to.Customer.id(), BrandID: to.Brand.id(), QueueID: to.Queue.id(),
		Status: a.Status.Text, Spam: a.Spam.MaybeTrue, Direction: a.Direction.Text,
		Priority: count(a.Priority),
		Channels: a.Channels.Known(), TagIDs: a.Tags.Known(),
		DefaultLang: a.DefaultLang.Text, Locale: a.Locale.Text, AssignedUsers: a.AssignedUsers,
		AssignedTeams: a.AssignedTeams.Known(),
		LastDone:      a.LastDone.done, DoneUnread: a.LastDone.unread, DoneCount: count(a.DoneCount),
		CreatedAt: timeOf(a.CreatedAt), UpdatedAt: timeOf(a.UpdatedAt), Imported: a.ImportedAt.Present,
		MessageCount: count(a.MessageCount), InboundCount: count(a.Inbound), OutboundCount: count(a.Outbound),
		Custom: a.Custom.values, CustomUnread: a.Custom.unreadable,
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
	if data[0] != '{' || lenient.Masked(data) {
		r.unread = !lenient.Empty(data)
		return nil
	}
	a := lenient.Decode[struct {
		CreatedAt     lenient.Value `json:"createdAt"`
		CreatedBy     lenient.Value `json:"createdBy"`
		AssignedUsers lenient.List  `json:"assignedUsers"`
		AssignedTeams lenient.List  `json:"assignedTeams"`
	}](data)
	if at := timeOf(a.CreatedAt); !at.IsZero() {
		r.done = &Done{
			At: at, By: a.CreatedBy.Text, AssignedUsers: a.AssignedUsers,
			AssignedTeams: a.AssignedTeams.Known(),
		}
	}
	r.unread = r.done == nil && a.CreatedAt.Present
	return nil
}

func decodeCustomer(r resource) Customer {
	a := attributes[struct {
		Name        lenient.Value `json:"name"`
		Emails      emails        `json:"emails"`
		Locale      lenient.Value `json:"locale"`
		DefaultLang lenient.Value `json:"defaultLang"`
		Deleted     lenient.Value `json:"deleted"`
		Custom      custom        `json:"custom"`
	}](r)
	return Customer{
		ID: r.ID.Text, Name: textOf(a.Name), Emails: a.Emails, Locale: a.Locale.Text,
		DefaultLang: a.DefaultLang.Text, Deleted: a.Deleted.MaybeTrue, Custom: a.Custom.values,
	}
}

// mayHave reports whether a customer has an address, as their own or as a shared one, as far as the addresses
// can be read.
func mayHave(r resource, email string) bool {
	a := attributes[struct {
		Emails       emails `json:"emails"`
		SharedEmails emails `json:"sharedEmails"`
	}](r)
	return slices.ContainsFunc(slices.Concat(a.Emails, a.SharedEmails), func(e Email) bool {
		return e.Address.Masked || strings.EqualFold(strings.TrimSpace(e.Address.Value), email)
	})
}

// emails is a customer's list of addresses. Where the whole list is masked it has one masked entry, so that
// the customer is not taken for one without an address.
type emails []Email

// UnmarshalJSON never fails on valid JSON.
func (l *emails) UnmarshalJSON(data []byte) error {
	*l = nil
	if lenient.Masked(data) {
		*l = emails{{Address: Text{Masked: true}}}
		return nil
	}
	for _, entry := range lenient.Decode[[]json.RawMessage](data) {
		if email, ok := decodeEmail(entry); ok {
			*l = append(*l, email)
		}
	}
	return nil
}

// decodeEmail takes an object, or the bare address.
func decodeEmail(entry json.RawMessage) (Email, bool) {
	if entry[0] != '{' || lenient.Masked(entry) {
		address := textOf(lenient.Decode[lenient.Value](entry))
		return Email{Address: address}, address != Text{}
	}
	a := lenient.Decode[struct {
		Email    lenient.Value `json:"email"`
		Type     lenient.Value `json:"type"`
		Verified lenient.Value `json:"verified"`
	}](entry)
	return Email{Address: textOf(a.Email), Type: a.Type.Text, Verified: a.Verified.True}, true
}

func decodeUser(r resource) User {
	a := attributes[struct {
		Name        lenient.Value `json:"name"`
		DisplayName lenient.Value `json:"displayName"`
		Email       lenient.Value `json:"email"`
		UserType    lenient.Value `json:"userType"`
		DeletedAt   lenient.Value `json:"deletedAt"`
	}](r)
	name := a.Name
	if name.Text == "" && !name.Masked {
		name = a.DisplayName
	}
	return User{
		ID: r.ID.Text, Name: textOf(name), Email: textOf(a.Email),
		UserType: a.UserType.Text, Opaque: a.UserType.Opaque(), DeletedAt: timeOf(a.DeletedAt),
	}
}

func decodeTag(r resource) Tag {
	a := attributes[labelAttributes](r)
	return Tag{ID: r.ID.Text, Name: a.Name.Text, Deleted: a.deleted()}
}

func decodeTeam(r resource) Team {
	a := attributes[labelAttributes](r)
	return Team{ID: r.ID.Text, Name: cmp.Or(a.DisplayName.Text, a.Name.Text), Deleted: a.deleted()}
}

func decodeBrand(r resource) Brand { return Brand(decodeTeam(r)) }

// labelAttributes are those of records that are little more than a name.
type labelAttributes struct {
	Name        lenient.Value `json:"name"`
	DisplayName lenient.Value `json:"displayName"`
	Deleted     lenient.Value `json:"deleted"`
	DeletedAt   lenient.Value `json:"deletedAt"`
}

func (a labelAttributes) deleted() bool { return a.Deleted.True || !timeOf(a.DeletedAt).IsZero() }
