package sandbox

import "time"

// messages are firstMessageIn, lastMessageIn and lastMessageOut.
func (s *Sandbox) messages(c *Conversation) (firstIn, lastIn, lastOut message) {
	in, _ := c.messages()
	from := "unknown@example.com"
	if customer, ok := s.world.customer(c.CustomerID); ok && len(customer.Emails) > 0 {
		if address, ok := customer.Emails[0].Address.(string); ok {
			from = address
		}
	}
	created, updated := stamp(c.Created), stamp(c.updated())
	lastOut = message{ID: messageID(c, 9), SentAt: updated, CreatedAt: updated, CreatedBy: nullable(c.DoneBy)}
	if in == 0 {
		return message{}, message{}, lastOut
	}
	firstIn = message{
		ID: messageID(c, 1), SentAt: created, CreatedAt: created, DirectionType: "initial-in", Channel: c.firstChannel(),
		Meta: &messageMeta{Subject: nullable(c.Name), From: from, To: recipient(in)},
	}
	lastIn = message{
		ID: messageID(c, in), SentAt: created, CreatedAt: created, Channel: c.replyChannel(),
		Meta: &messageMeta{From: from, To: recipient(in + 1)},
	}
	return firstIn, lastIn, lastOut
}

type mailbox struct {
	Email string `json:"email"`
}

// recipient is the organisation's mailbox, in one of the shapes that occur (observed).
func recipient(shape int) any {
	const support = "support@example.org"
	switch shape % 3 {
	case 0:
		return support
	case 1:
		return mailbox{support}
	default:
		return []mailbox{{support}}
	}
}

func messageID(c *Conversation, n int) string {
	if len(c.ID) < 22 {
		return c.ID
	}
	return c.ID[:22] + string("0123456789abcdef"[n%16]) + "0"
}

func (c *Conversation) firstChannel() any {
	if len(c.Channels) == 0 {
		return nil
	}
	return c.Channels[0]
}

// customerAttributes are the attributes of a customer, as observed.
type customerAttributes struct {
	Name               any      `json:"name"`
	FirstName          any      `json:"firstName"`
	LastName           any      `json:"lastName"`
	DisplayName        any      `json:"displayName"`
	ExternalID         any      `json:"externalId"`
	ExternalIDs        []string `json:"externalIds"`
	Emails             []Email  `json:"emails"`
	SharedEmails       []Email  `json:"sharedEmails"`
	SharedExternalIDs  []string `json:"sharedExternalIds"`
	Phones             []string `json:"phones"`
	SharedPhones       []string `json:"sharedPhones"`
	Socials            []string `json:"socials"`
	URLs               []string `json:"urls"`
	Locations          []string `json:"locations"`
	Watchers           []string `json:"watchers"`
	Locale             any      `json:"locale"`
	TimeZone           any      `json:"timeZone"`
	DefaultLang        any      `json:"defaultLang"`
	Gender             any      `json:"gender"`
	CreatedAt          any      `json:"createdAt"`
	UpdatedAt          any      `json:"updatedAt"`
	ModifiedAt         any      `json:"modifiedAt"`
	LastActivityAt     any      `json:"lastActivityAt"`
	ConversationCounts counts   `json:"conversationCounts"`
	Tags               []string `json:"tags"`
	Custom             object   `json:"custom"`
	ProgressiveStatus  any      `json:"progressiveStatus"`
	Verified           bool     `json:"verified"`
	Deleted            bool     `json:"deleted"`
	Rev                int      `json:"rev"`
}

type customerRelations struct {
	Org      *relation `json:"org"`
	Messages *relation `json:"messages"`
}

func customerResource(c *Customer) resource {
	empty := []string{}
	a := customerAttributes{
		Name: c.Name, DisplayName: c.Name, ExternalIDs: empty, Emails: c.Emails, SharedEmails: c.SharedEmails, SharedExternalIDs: empty,
		Phones: empty, SharedPhones: empty, Socials: empty, URLs: empty, Locations: empty, Watchers: empty, DefaultLang: "en_us",
		CreatedAt: stamp(c.Created), UpdatedAt: stamp(c.Created), ModifiedAt: stamp(c.Created), LastActivityAt: stamp(c.Created),
		ConversationCounts: counts{All: 1, Done: 1}, Tags: empty,
		Custom: object{"loyaltyTierStr": "gold"}, ProgressiveStatus: "done", Verified: true, Rev: 7,
	}
	return resource{
		Type: "customer", ID: c.ID, Attributes: overlay(a, c.Attributes),
		Relationships: customerRelations{orgLink(), listLink("/v1/customers/" + c.ID + "/messages")},
		Links:         &self{"/v1/customers/" + c.ID},
	}
}

func userResource(u *User) resource {
	attributes := object{
		"name": u.Name, "displayName": u.Name, "userType": u.userType(), "email": u.Email, "mobile": nil, "avatarUrl": nil,
		"emailVerifiedAt": stamp(hired), "isEmailValid": true, "emailSignature": nil, "roles": []string{"org.user"},
		"roleGroups": []string{}, "firstLoginAt": stamp(hired), "mostRecentLoginAt": stamp(hired), "deletedAt": stamp(u.DeletedAt),
		"createdAt": stamp(hired), "updatedAt": stamp(hired), "modifiedAt": stamp(hired),
	}
	return resource{
		Type: "user", ID: u.ID, Attributes: attributes, Relationships: object{"org": orgLink()},
		Links: &self{"/v1/users/" + u.ID},
	}
}

func tagResource(t *Tag) resource {
	deletedAt := any(nil)
	if t.Deleted {
		deletedAt = stamp(tagsSince.Add(400 * 24 * time.Hour))
	}
	attributes := object{
		"name": t.Name, "color": "#FF9900", "deleted": t.Deleted, "deletedAt": deletedAt,
		"createdAt": stamp(tagsSince), "updatedAt": stamp(tagsSince), "modifiedAt": stamp(tagsSince),
	}
	return resource{
		Type: "tag", ID: t.ID, Attributes: attributes, Relationships: object{"org": orgLink()},
		Links: &self{"/v1/tags/" + t.ID},
	}
}
