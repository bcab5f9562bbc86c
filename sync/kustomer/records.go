package kustomer

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

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

// The kinds of records that are read.
var (
	conversations = recordKind[conversationAttributes, Conversation]{conversationKind, decodeConversation}
	customers     = recordKind[customerAttributes, Customer]{customerKind, decodeCustomer}
	users         = recordKind[userAttributes, User]{"user", decodeUser}
	tags          = recordKind[labelAttributes, Tag]{"tag", decodeTag}
	teams         = recordKind[labelAttributes, Team]{"team", decodeTeam}
	brands        = recordKind[labelAttributes, Brand]{"brand", decodeBrand}
)

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

func decodeConversation(r *record[conversationAttributes]) Conversation {
	a, to := &r.Attributes.value, &r.Relations.value
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

// UnmarshalJSONFrom never fails on valid JSON.
func (r *resolution) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	*r = resolution{}
	if d.PeekKind() != '{' {
		value, err := d.ReadValue()
		r.unread = err == nil && !lenient.Empty(value)
		return err
	}
	var a struct {
		lenient.Mask
		CreatedAt     lenient.Value `json:"createdAt"`
		CreatedBy     lenient.Value `json:"createdBy"`
		AssignedUsers lenient.List  `json:"assignedUsers"`
		AssignedTeams lenient.List  `json:"assignedTeams"`
	}
	err := json.UnmarshalDecode(d, &a)
	if at := timeOf(a.CreatedAt); !at.IsZero() && !a.Masked() {
		r.done = &Done{
			At: at, By: a.CreatedBy.Text, AssignedUsers: a.AssignedUsers,
			AssignedTeams: a.AssignedTeams.Known(),
		}
	}
	r.unread = r.done == nil && (a.CreatedAt.Present || a.Masked())
	return err
}

type customerAttributes struct {
	Name         lenient.Value `json:"name"`
	Emails       emails        `json:"emails"`
	SharedEmails emails        `json:"sharedEmails"`
	Locale       lenient.Value `json:"locale"`
	DefaultLang  lenient.Value `json:"defaultLang"`
	Deleted      lenient.Value `json:"deleted"`
	Custom       custom        `json:"custom"`
}

func decodeCustomer(r *record[customerAttributes]) Customer {
	a := &r.Attributes.value
	return Customer{
		ID: r.ID.Text, Name: textOf(a.Name), Emails: a.Emails, Locale: a.Locale.Text,
		DefaultLang: a.DefaultLang.Text, Deleted: a.Deleted.MaybeTrue, Custom: a.Custom.values,
	}
}

// mayHave reports whether a customer has an address, as their own or as a shared one, as far as the addresses
// can be read.
func mayHave(r *record[customerAttributes], email string) bool {
	a := &r.Attributes.value
	return slices.ContainsFunc(slices.Concat(a.Emails, a.SharedEmails), func(e Email) bool {
		return e.Address.Masked || strings.EqualFold(strings.TrimSpace(e.Address.Value), email)
	})
}

// emails is a customer's list of addresses. Where the whole list is masked it has one masked entry, so that
// the customer is not taken for one without an address.
type emails []Email

// UnmarshalJSONFrom never fails on valid JSON.
func (l *emails) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	*l = nil
	if d.PeekKind() == '[' {
		return lenient.Each(d, func() error { return l.add(d) })
	}
	var value lenient.Value
	err := value.UnmarshalJSONFrom(d)
	if value.Masked {
		*l = emails{{Address: textOf(value)}}
	}
	return err
}

// add reads an entry: an object, or the bare address.
func (l *emails) add(d *jsontext.Decoder) error {
	if d.PeekKind() != '{' {
		var address lenient.Value
		err := address.UnmarshalJSONFrom(d)
		if address.Text != "" {
			*l = append(*l, Email{Address: textOf(address)})
		}
		return err
	}
	var a struct {
		lenient.Mask
		Email    lenient.Value `json:"email"`
		Type     lenient.Value `json:"type"`
		Verified lenient.Value `json:"verified"`
	}
	err := json.UnmarshalDecode(d, &a)
	email := Email{Address: textOf(a.Email), Type: a.Type.Text, Verified: a.Verified.True}
	if a.Masked() {
		email = Email{Address: Text{Masked: true}}
	}
	*l = append(*l, email)
	return err
}

type userAttributes struct {
	Name        lenient.Value `json:"name"`
	DisplayName lenient.Value `json:"displayName"`
	Email       lenient.Value `json:"email"`
	UserType    lenient.Value `json:"userType"`
	DeletedAt   lenient.Value `json:"deletedAt"`
}

func decodeUser(r *record[userAttributes]) User {
	a := &r.Attributes.value
	name := a.Name
	if name.Text == "" && !name.Masked {
		name = a.DisplayName
	}
	return User{
		ID: r.ID.Text, Name: textOf(name), Email: textOf(a.Email),
		UserType: a.UserType.Text, Opaque: a.UserType.Opaque(), DeletedAt: timeOf(a.DeletedAt),
	}
}

func decodeTag(r *record[labelAttributes]) Tag {
	a := &r.Attributes.value
	return Tag{ID: r.ID.Text, Name: a.Name.Text, Deleted: a.deleted()}
}

func decodeTeam(r *record[labelAttributes]) Team {
	a := &r.Attributes.value
	return Team{ID: r.ID.Text, Name: cmp.Or(a.DisplayName.Text, a.Name.Text), Deleted: a.deleted()}
}

func decodeBrand(r *record[labelAttributes]) Brand { return Brand(decodeTeam(r)) }

// labelAttributes are those of records that are little more than a name.
type labelAttributes struct {
	Name        lenient.Value `json:"name"`
	DisplayName lenient.Value `json:"displayName"`
	Deleted     lenient.Value `json:"deleted"`
	DeletedAt   lenient.Value `json:"deletedAt"`
}

func (a *labelAttributes) deleted() bool { return a.Deleted.True || !timeOf(a.DeletedAt).IsZero() }
