package kustomer

import (
	"strings"
	"time"
)

// The types of records in Kustomer's answers that the decoders treat in a way of their own.
const (
	conversationKind = "conversation"
	customerKind     = "customer"
)

// Conversation is what acsync uses of a Kustomer conversation. Every attribute can be null or missing in
// Kustomer's answers (observed); a zero value stands for both.
type Conversation struct {
	ID            string
	CustomerID    string   // relationships.customer
	BrandID       string   // relationships.brand, in organisations with several brands
	QueueID       string   // relationships.queue
	Status        string   // "open", "snoozed" or "done"
	Channels      []string // in the order Kustomer gives them
	TagIDs        []string // ids, not names
	AssignedUsers []string // user ids, now; one that cannot be read is empty
	AssignedTeams []string // team ids, now
	LastDone      *Done    // the latest resolution; stays set when the conversation is reopened
	// there is a latest resolution, and LastDone is nil because its time cannot be read
	DoneUnread    bool
	DoneCount     int       // how often it was marked done, so far as Kustomer counts it
	CreatedAt     time.Time // UTC, milliseconds, like every time here
	UpdatedAt     time.Time
	Imported      bool   // it has a time of import, also when that cannot be read
	Spam          bool   // also when what is said of it cannot be understood
	Direction     string // "in" or "out"; of the first message
	Priority      int    // 1 to 5
	DefaultLang   string // such as "en_us"
	Locale        string
	MessageCount  int
	InboundCount  int // inboundMessageCount
	OutboundCount int // outboundMessageCount
	// by their full names, such as "orderNumberStr"; see [Unreadable]. A number is a float64, or a json.Number
	// where that would lose digits
	Custom       map[string]any
	CustomUnread bool // there are custom attributes, and Custom is nil because they cannot be read
}

// Done is one transition of a conversation to done (attributes.lastDone).
type Done struct {
	At            time.Time // lastDone.createdAt
	By            string    // user id; empty when automation marked it done (observed)
	AssignedUsers []string  // user ids at that moment; one that cannot be read is empty
	AssignedTeams []string
}

// Text is a string that Kustomer may have masked: a key without the role to read sensitive data gets an
// object in place of the string (documented for the SDK; inferred for REST).
type Text struct {
	Value  string
	Masked bool // the value is withheld, Value is empty
}

// Customer is what acsync uses of a Kustomer customer.
type Customer struct {
	ID          string
	Name        Text
	Emails      []Email // emails, in Kustomer's order; sharedEmails are not among them
	Locale      string
	DefaultLang string
	Deleted     bool // also when what is said of it cannot be understood
	Custom      map[string]any
}

// Email is one address of a customer.
type Email struct {
	Address  Text
	Type     string // "home", "work", …
	Verified bool
}

// User is a Kustomer user: an agent, or a machine.
type User struct {
	ID        string
	Name      Text
	Email     Text
	UserType  string    // "user", "machine" or "limited"
	Opaque    bool      // it has a type, and UserType is empty because that cannot be read
	DeletedAt time.Time // zero for an active user
}

// Machine reports whether the user is no human being, as far as that is known.
func (u User) Machine() bool { return u.Opaque || strings.EqualFold(u.UserType, "machine") }

// Tag is a Kustomer tag. Conversations hold tag ids; survey requests carry names.
type Tag struct {
	ID      string
	Name    string
	Deleted bool
}

// Team is a Kustomer team. Conversations hold team ids (documented).
type Team struct {
	ID      string
	Name    string // displayName, else name (documented); empty where neither can be read
	Deleted bool   // also when only a time of deletion is given (inferred from tags)
}

// Brand is a Kustomer brand. Conversations of organisations with several hold a brand's id (observed). Agent
// Connect has brands of its own, by other names.
type Brand struct {
	ID      string
	Name    string // displayName (inferred), else name (documented); empty where neither can be read
	Deleted bool   // inferred from tags
}
