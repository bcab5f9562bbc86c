package expr

import (
	"reflect"
	"strings"
	"time"
)

// Env is what an expression of a rule or a mapping sees: the names in the tags. A field that has no value is
// empty, zero or false; a custom attribute that is missing, or that the key may not read, is nil.
type Env struct {
	Conversation Conversation   `expr:"conversation"`
	Customer     Customer       `expr:"customer"`
	Agent        Agent          `expr:"agent"`
	Custom       map[string]any `expr:"custom"`   // short for conversation.custom
	Tags         []string       `expr:"tags"`     // short for conversation.tags
	Channels     []string       `expr:"channels"` // short for conversation.channels
	Steps        *stepCounter   `expr:"(steps)"`  // set by Eval; no expression can name it
}

// Conversation is the conversation. Kustomer names teams, queues and brands by id.
type Conversation struct {
	ID            string         `expr:"id"`
	Status        string         `expr:"status"`
	Channels      []string       `expr:"channels"` // in Kustomer's words and order
	Tags          []string       `expr:"tags"`     // names
	Teams         []string       `expr:"teams"`    // ids; when it was marked done, else now
	Queue         string         `expr:"queue"`    // id
	Brand         string         `expr:"brand"`    // id
	Direction     string         `expr:"direction"`
	Priority      int            `expr:"priority"`
	MessageCount  int            `expr:"message_count"`
	InboundCount  int            `expr:"inbound_count"`
	OutboundCount int            `expr:"outbound_count"`
	DoneCount     int            `expr:"done_count"`
	CreatedAt     time.Time      `expr:"created_at"`
	UpdatedAt     time.Time      `expr:"updated_at"`
	DoneAt        time.Time      `expr:"done_at"`
	DoneBy        string         `expr:"done_by"` // user id; empty when automation did it
	Spam          bool           `expr:"spam"`
	Imported      bool           `expr:"imported"`
	Language      string         `expr:"language"` // defaultLang
	Locale        string         `expr:"locale"`
	Custom        map[string]any `expr:"custom"`
}

// Customer is the customer; all of it is empty when there is none.
type Customer struct {
	ID       string         `expr:"id"`
	Name     string         `expr:"name"`
	Email    string         `expr:"email"`  // that is asked
	Domain   string         `expr:"domain"` // of that address, in lower case
	Language string         `expr:"language"`
	Locale   string         `expr:"locale"`
	Custom   map[string]any `expr:"custom"`
}

// Agent is the Kustomer user whom the survey is about.
type Agent struct {
	ID    string `expr:"id"`
	Name  string `expr:"name"`
	Email string `expr:"email"`
	Type  string `expr:"type"` // "user", "machine" or "limited"
}

// customerName is the part of an Env that costs a call to know.
const customerName = "customer"

// fieldNames are the names of a struct of an Env that an expression can use.
func fieldNames(of reflect.Type) []string {
	var names []string
	for f := range of.Fields() {
		if name := f.Tag.Get("expr"); !strings.HasPrefix(name, "(") {
			names = append(names, name)
		}
	}
	return names
}

// sections are the structs of an Env by the name that an expression has for them.
var sections = map[string]reflect.Type{
	"conversation": reflect.TypeFor[Conversation](),
	customerName:   reflect.TypeFor[Customer](),
	"agent":        reflect.TypeFor[Agent](),
}
