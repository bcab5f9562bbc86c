package report

import (
	"cmp"
	"iter"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/decide"
)

// Row is one conversation.
type Row struct {
	ID string `json:"id"`
	// in Kustomer's web application; empty when the organisation or the customer is not known
	URL        string   `json:"url"`
	Customer   string   `json:"customer"` // id
	Resolution Moment   `json:"resolution"`
	AgentID    string   `json:"agent_id"`
	Agent      string   `json:"agent"` // name
	Teams      []string `json:"teams"` // ids
	Channel    string   `json:"channel"`
	Brand      string   `json:"brand"`
	// the customer's; empty where it was not needed, or Kustomer withholds it
	Address  string `json:"address"`
	Decision string `json:"decision"` // a disposition, or "would_send"
	Reason   string `json:"reason"`
	Status   int    `json:"status"`  // HTTP status; 0 for none
	Message  string `json:"message"` // Agent Connect's words, without personal data
	// when Agent Connect answered, or the ledger took it down; empty for what is skipped
	Handled Moment `json:"handled"`
	Kind    string `json:"kind,omitempty"` // "recovery"; empty for a survey request
	// sent, or to be sent, so that it is counted and nobody is mailed
	Flagged bool `json:"do_not_send,omitempty"`

	agentAddress string
}

// marks tells what sets the conversation apart from others that ended in the same way; mostly empty.
func (r Row) marks() string {
	flagged := ""
	if r.Flagged {
		flagged = "flagged"
	}
	return strings.Trim(r.Kind+", "+flagged, ", ")
}

func (r Row) agentName() string { return cmp.Or(r.Agent, r.AgentID) }

// Rows keeps every conversation of a pass for its report, addresses masked at once unless Reveal is set. The
// zero Rows works. It is an observer; see surveysync.Observer. There can be a hundred thousand: each is
// packed, and is a Row only while it is looked at.
type Rows struct {
	AppURL string // of Kustomer's web application, for links; empty: no links
	Reveal bool

	list    []kept
	holders table[holder]
	endings table[ending]
}

// holder is whom a conversation was with.
type holder struct {
	agent, name, address string // agent is an id
	teams                string // ids, a zero byte before each
}

// ending is what became of a conversation, and what others have in common with it.
type ending struct {
	kind, channel, brand, decision, reason, message string
	status                                          int
	flagged                                         bool
}

// table has each value once.
type table[T comparable] struct {
	values []T
	places map[T]int
}

// place is the place of a value among the others.
func (t *table[T]) place(value T) int {
	place, known := t.places[value]
	if !known {
		if t.places == nil {
			t.places = map[T]int{}
		}
		place = len(t.values)
		t.values, t.places[value] = append(t.values, value), place
	}
	return place
}

// Observe keeps what became of a conversation.
func (r *Rows) Observe(event surveysync.Event) {
	switch event := event.(type) {
	case surveysync.TakenBack:
		r.takeBack(event.Row)
	case surveysync.Disposed:
		r.list = append(r.list, r.keep(event.Row))
	}
}

func (r *Rows) takeBack(now surveysync.Row) {
	for i, k := range slices.Backward(r.list) {
		if k.id() == now.Key.Conversation && k.resolved() == now.Resolution.UnixMilli() {
			resolved, handled, by, place, customer, address := k.unpack()
			if end := r.endings.values[place]; end.kind == now.Key.Kind() {
				end.decision = now.State.String()
				r.list[i] = keep(now.Key, resolved, handled, by, r.endings.place(end), customer, address)
				return
			}
		}
	}
}

func (r *Rows) keep(from surveysync.Row) kept {
	by := holder{from.Agent, from.AgentName, from.AgentAddress, ""}
	for _, team := range from.Teams {
		by.teams += "\x00" + team
	}
	end := ending{
		kind: from.Key.Kind(), channel: from.Channel, brand: from.Brand, decision: from.State.String(),
		reason: string(from.Reason), message: from.Message, status: from.Status, flagged: from.Flagged,
	}
	if from.Planned {
		end.decision = wouldSend
	}
	address := from.Address
	if !r.Reveal {
		address, by.address = Mask(address), Mask(by.address)
	}
	return keep(from.Key, from.Resolution, from.Handled, r.holders.place(by), r.endings.place(end),
		from.Customer, address)
}

// all are the rows as reports show them; none where none were kept.
func (r *Rows) all() iter.Seq[Row] {
	return func(yield func(Row) bool) {
		if r == nil {
			return
		}
		for _, k := range r.list {
			if !yield(r.row(k)) {
				return
			}
		}
	}
}

func (r *Rows) row(k kept) Row {
	resolved, handled, holder, ending, customer, address := k.unpack()
	id, by, end := k.id(), r.holders.values[holder], r.endings.values[ending]
	row := Row{
		ID: id, URL: decide.ConversationURL(r.AppURL, customer, id), Customer: customer,
		Resolution: Moment{resolved}, AgentID: by.agent, Agent: by.name, Teams: []string{}, Channel: end.channel,
		Brand: end.brand, Address: address, Decision: end.decision, Reason: end.reason, Status: end.status,
		Message: end.message, Handled: Moment{handled}, Kind: end.kind, Flagged: end.flagged,
		agentAddress: by.address,
	}
	if by.teams != "" {
		row.Teams = strings.Split(by.teams[1:], "\x00")
	}
	return row
}

// settle sorts the rows by the time of resolution. One that was skipped can be decided anew, and then the
// last counts.
func (r *Rows) settle() {
	if r == nil {
		return
	}
	slices.SortStableFunc(r.list, func(a, b kept) int { return strings.Compare(a.key(), b.key()) })
	list, skipped := r.list[:0], false
	for _, k := range r.list {
		if last := len(list) - 1; skipped && list[last].key() == k.key() {
			list[last] = k
			continue
		}
		_, _, _, end, _, _ := k.unpack()
		list, skipped = append(list, k), r.endings.values[end].decision == store.Skipped.String()
	}
	clear(r.list[len(list):])
	r.list = list
	slices.SortStableFunc(r.list, func(a, b kept) int {
		return cmp.Or(cmp.Compare(a.resolved(), b.resolved()), strings.Compare(a.id(), b.id()))
	})
}

// Mask hides whose e-mail address it is, and keeps what helps to find a mistake: its first letter and its
// domain, as in "j•••@example.com". What is no address is hidden altogether; an empty one stays empty.
func Mask(address string) string {
	at := strings.LastIndexByte(address, '@')
	switch {
	case address == "":
		return ""
	case at <= 0:
		return "•••"
	}
	return maskName(address) + address[at:]
}

// addresses are what looks like one within a text.
var addresses = regexp.MustCompile(`[^\s"'<>(),;:=\[\]]+@[^\s"'<>(),;:=\[\]@]+\.[^\s"'<>(),;:=\[\]@]+`)

func maskAll(text string) string { return addresses.ReplaceAllStringFunc(text, Mask) }

// maskName leaves the first letter.
func maskName(name string) string {
	if name == "" {
		return ""
	}
	_, size := utf8.DecodeRuneInString(name)
	return name[:size] + "•••"
}
