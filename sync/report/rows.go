package report

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
	"unique"

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
// zero Rows works. It is an observer; see surveysync.Observer.
type Rows struct {
	AppURL string // of Kustomer's web application, for links; empty: no links
	Reveal bool

	list []Row
	// where in the list: one that was skipped can be decided anew, and then the last counts
	skipped map[store.Key]int
	teams   map[string][]string
}

// Observe keeps what became of a conversation.
func (r *Rows) Observe(event surveysync.Event) {
	if back, ok := event.(surveysync.TakenBack); ok {
		r.takeBack(back.Row)
	}
	disposed, ok := event.(surveysync.Disposed)
	if !ok {
		return
	}
	if r.skipped == nil {
		r.skipped, r.teams = map[store.Key]int{}, map[string][]string{}
	}
	row := r.row(disposed.Row)
	if i, again := r.skipped[disposed.Key]; again {
		r.list[i] = row
		return
	}
	if disposed.State == store.Skipped {
		r.skipped[disposed.Key] = len(r.list)
	}
	r.list = append(r.list, row)
}

func (r *Rows) takeBack(now surveysync.Row) {
	for i, row := range slices.Backward(r.list) {
		if row.ID == now.Key.Conversation && row.Kind == now.Key.Kind() && row.Resolution.Equal(now.Resolution) {
			r.list[i].Decision = now.State.String()
			return
		}
	}
}

func (r *Rows) row(from surveysync.Row) Row {
	row := Row{
		ID:       from.Key.Conversation,
		URL:      decide.ConversationURL(r.AppURL, from.Customer, from.Key.Conversation),
		Customer: from.Customer, Resolution: Moment{from.Resolution}, AgentID: once(from.Agent),
		Agent: once(from.AgentName), Teams: r.sameTeams(from.Teams), Channel: once(from.Channel),
		Brand: once(from.Brand), Address: from.Address, Decision: from.State.String(),
		Reason: string(from.Reason), Status: from.Status, Message: from.Message,
		Handled: Moment{from.Handled},
		Kind:    from.Key.Kind(), Flagged: from.Flagged, agentAddress: once(from.AgentAddress),
	}
	if from.Planned {
		row.Decision = wouldSend
	}
	if !r.Reveal {
		row.Address, row.agentAddress = Mask(row.Address), once(Mask(row.agentAddress))
	}
	return row
}

// once keeps one of each text: names and ids repeat a great deal.
func once(text string) string { return unique.Make(text).Value() }

func (r *Rows) sameTeams(ids []string) []string {
	key := strings.Join(ids, "\x00")
	if kept, ok := r.teams[key]; ok {
		return kept
	}
	r.teams[key] = append([]string{}, ids...)
	return r.teams[key]
}

// sorted are the rows by the time of resolution; nil where none were kept.
func (r *Rows) sorted() []Row {
	if r == nil {
		return nil
	}
	slices.SortFunc(r.list, func(a, b Row) int {
		return cmp.Or(a.Resolution.Compare(b.Resolution.Time), strings.Compare(a.ID, b.ID))
	})
	r.skipped = nil // the places are others now
	return r.list
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
