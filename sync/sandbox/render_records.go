package sandbox

import (
	"cmp"
	"time"
)

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
		Name: c.Name, DisplayName: c.Name, ExternalIDs: empty, Emails: c.Emails, SharedEmails: c.SharedEmails,
		SharedExternalIDs: empty, Phones: empty, SharedPhones: empty, Socials: empty, URLs: empty,
		Locations: empty, Watchers: empty, DefaultLang: "en_us", CreatedAt: stamp(c.Created),
		UpdatedAt: stamp(c.Created), ModifiedAt: stamp(c.Created), LastActivityAt: stamp(c.Created),
		ConversationCounts: counts{All: 1, Done: 1}, Tags: empty,
		Custom: object{"loyaltyTierStr": "gold"}, ProgressiveStatus: "done", Verified: true, Rev: 7,
	}
	return resource{
		Type: "customer", ID: c.ID, Attributes: a,
		Relationships: customerRelations{orgLink(), listLink("/v1/customers/" + c.ID + "/messages")},
		Links:         &self{"/v1/customers/" + c.ID},
	}
}

func userResource(u *User) resource {
	attributes := object{
		"name": u.Name, "displayName": u.Name, "userType": cmp.Or(u.Type, "user"), "email": u.Email,
		"mobile": nil, "avatarUrl": nil,
		"emailVerifiedAt": stamp(hired), "isEmailValid": true, "emailSignature": nil,
		"roles":      []string{"org.user"},
		"roleGroups": []string{}, "firstLoginAt": stamp(hired), "mostRecentLoginAt": stamp(hired),
		"deletedAt": stamp(u.DeletedAt),
		"createdAt": stamp(hired), "updatedAt": stamp(hired), "modifiedAt": stamp(hired),
	}
	return resource{
		Type: "user", ID: u.ID, Attributes: attributes, Relationships: object{"org": orgLink()},
		Links: &self{"/v1/users/" + u.ID},
	}
}

func tagResource(t *Tag) resource {
	return label("tag", t.ID, t.Deleted, object{"name": t.Name, "color": "#FF9900"})
}

func teamResource(t *Team) resource {
	return label("team", t.ID, t.Deleted, object{
		"name": t.Name, "displayName": nullable(t.DisplayName), "icon": nil, "members": []string{},
	})
}

func brandResource(b *Brand) resource {
	return label("brand", b.ID, b.Deleted, object{
		"name": b.Name, "iconUrl": "https://www.example.com/brand.png", "default": b.ID == brands[0],
	})
}

// label is a record of an organisation's settings.
func label(kind, id string, deleted bool, attributes object) resource {
	deletedAt := any(nil)
	if deleted {
		deletedAt = stamp(tagsSince.Add(400 * 24 * time.Hour))
	}
	attributes["deleted"], attributes["deletedAt"] = deleted, deletedAt
	attributes["createdAt"], attributes["updatedAt"] = stamp(tagsSince), stamp(tagsSince)
	attributes["modifiedAt"] = stamp(tagsSince)
	return resource{
		Type: kind, ID: id, Attributes: attributes, Relationships: object{"org": orgLink()},
		Links: &self{"/v1/" + kind + "s/" + id},
	}
}
