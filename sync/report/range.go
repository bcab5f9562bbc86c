package report

import (
	"slices"
	"strings"
	"time"

	"acsync/sync/decide"
	"acsync/sync/fetch"
	"acsync/sync/journey"
)

// RangeSchema names the form of a report of conversations in JSON.
const RangeSchema = "acsync.range/1"

// RangeTerms say what a report of conversations is about.
type RangeTerms struct {
	Tenant string
	Window fetch.Window   // of the times at which they were marked done
	Zone   *time.Location // of the days; nil: UTC
	Cut    bool           // the window was to end in the future, and ends now
	Here   string         // the flags that point a command at the same ledger; empty, or begins with a blank
	AppURL string         // of Kustomer's web application, for links; empty: no links
	By     [][]string     // the breakdowns that are shown, each of one or more names; nil: each name alone

	Ledger     string    // its id; empty: there is none
	Known      time.Time // since when the ledger knows who was asked; zero: there is none
	Checkpoint time.Time // up to where passes have read
	Received   bool      // Agent Connect's data were read
	Notices    []string  // what the reader should know
}

// Breakdowns lists the names of what conversations can be broken down by, in the order in which they are
// shown. Kustomer and Agent Connect have brands of their own each.
func Breakdowns() []string {
	return []string{byDay, ofTeam, ofChannel, ofAgent, ofBrand, ofRequestBrand, ofRule, ofReason}
}

const (
	byDay          = "day"
	ofTeam         = "team"
	ofChannel      = "channel"
	ofAgent        = "agent"
	ofBrand        = "brand"
	ofRequestBrand = "agent_connect_brand"
	ofRule         = "rule"
	ofReason       = "reason"
)

// goneID stands for what nobody can tell of a conversation that Kustomer no longer shows.
const goneID = "(gone)"

// Funnel counts conversations by how far they came: each step holds those of the next one.
type Funnel struct {
	Steps    [5]int // by [journey.Step]
	Rejected int    // of those that were not asked: Agent Connect refused them, or an expression failed
	InDoubt  int    // likewise: may have arrived
}

func (f *Funnel) add(s journey.Standing) {
	for step := journey.Done; step <= s.Step; step++ {
		f.Steps[step]++
	}
	switch obstacleOf(s).State {
	case rejectedState:
		f.Rejected++
	case doubtState:
		f.InDoubt++
	}
}

func (f Funnel) plus(o Funnel) Funnel {
	for step := range f.Steps {
		f.Steps[step] += o.Steps[step]
	}
	f.Rejected, f.InDoubt = f.Rejected+o.Rejected, f.InDoubt+o.InDoubt
	return f
}

// Slice is a part of all conversations: those of a team, or of an agent on a day.
type Slice struct {
	IDs   []string // for each name of the breakdown; one that is empty: there is none
	Names []string // the same as people call it
	Funnel
}

// Breakdown counts conversations by what they belong to.
type Breakdown struct {
	By     []string
	Slices []Slice // days in the order of time, others the most frequent first
}

// Why counts the conversations that came to a step and not to the next one for the same cause.
type Why struct {
	Obstacle
	Count int
}

// Customers count those of the conversations that Kustomer shows, by its ids.
type Customers struct {
	All, Several int // with a conversation that was marked done; with several
	Asked        int // about a conversation or more
	AskedSeveral int // about several
	Mailed       int // several times; the suppression period keeps others back
}

// Refused is a conversation that needs a hand: it was rejected, or is in doubt.
type Refused struct {
	Conversation, Customer string
	Resolved               time.Time
	AgentID, Agent         string
	Gone                   bool // Kustomer no longer shows it
	Obstacle
}

// Range is the report of the conversations of a range of time, each counted once, ready to be shown: every
// form shows the same.
type Range struct {
	RangeTerms
	Verdict    Verdict
	Timezone   string
	Total      Funnel
	Why        []Why // by step, the most frequent first
	Customers  Customers
	Others     int // conversations that others have asked about
	Gone       int // conversations that Kustomer no longer shows
	Breakdowns []Breakdown
	Rejections []Refused // the latest first, of each cause; the latest [mostRefused] at most
}

func (b Breakdown) title() string {
	titles := make([]string, len(b.By))
	for i, by := range b.By {
		titles[i] = kinds[by].title
	}
	return "by " + strings.Join(titles, " and ")
}

func (b Breakdown) others() string {
	if len(b.By) == 1 {
		return kinds[b.By[0]].others
	}
	return "groups"
}

func (s Slice) label() string { return strings.Join(s.Names, ", ") }

// tellsNothing reports whether nothing of the kind is known of any conversation.
func (b Breakdown) tellsNothing() bool {
	for _, s := range b.Slices {
		if slices.ContainsFunc(s.IDs, func(id string) bool { return id != "" && id != goneID }) {
			return false
		}
	}
	return true
}

// counts is the sum of all groups.
func (b Breakdown) counts() (n int) {
	for _, s := range b.Slices {
		n += s.Steps[journey.Done]
	}
	return n
}

func (f Refused) agentName() string {
	switch {
	case f.Gone:
		return "not known"
	case f.Agent == "":
		return "nobody"
	}
	return f.Agent
}

const mostRefused = 5000 // conversations that need a hand which a report keeps

// Names tells what people call what they know no ids of.
type Names interface {
	Agent(id string) string
	Team(id string) string
	Brand(id string) string // Kustomer's
}

// url is the conversation in Kustomer's web application; empty when that is not known.
func (r Range) url(refused Refused) string {
	return decide.ConversationURL(r.AppURL, refused.Customer, refused.Conversation)
}

// local is a time in the report's zone; empty when it is not known.
func (r Range) local(t time.Time, layout string) string { return Moment{t}.in(r.Zone, layout) }

// knows reports whether a step can be told: without Agent Connect's data nobody knows of the last two.
func (r Range) knows(step journey.Step) bool { return r.Received || step < journey.Delivered }

func (r Range) object() object {
	why, breakdowns, refused := []object{}, []object{}, []object{}
	for _, each := range r.Why {
		why = append(why, object{
			"step", each.Step.String(), "state", each.State, "reason", each.Code, "count", each.Count,
			"share", ratio(each.Count, r.Total.Steps[journey.Done]), "meaning", each.meaning(),
			"remedy", each.remedy(r.RangeTerms),
		})
	}
	for _, b := range r.Breakdowns {
		slices := []object{}
		for _, s := range b.Slices {
			slices = append(slices, append(object{"ids", s.IDs, "names", s.Names}, r.counts(s.Funnel)...))
		}
		breakdowns = append(breakdowns, object{"by", b.By, "groups", slices})
	}
	for _, each := range r.Rejections {
		refused = append(refused, object{
			"conversation", each.Conversation, "url", r.url(each), "customer", each.Customer,
			"resolved", stamp(each.Resolved), "agent_id", each.AgentID, "agent", each.Agent,
			"state", each.State, "reason", each.Code, "meaning", each.meaning(), "remedy", each.remedy(r.RangeTerms),
		})
	}
	c := r.Customers
	return object{
		"schema", RangeSchema, "tenant", r.Tenant, "verdict", r.Verdict,
		"from", stamp(r.Window.From), "to", stamp(r.Window.To), "cut", r.Cut, "timezone", r.Timezone,
		"ledger", r.Ledger, "received", r.Received, // Agent Connect's data were read
		"conversations", r.counts(r.Total), "asked_by_others", r.Others, "gone", r.Gone,
		"customers",
		object{
			"all", c.All, "several", c.Several, "asked", c.Asked, "asked_several", c.AskedSeveral,
			"mailed_several", when(r.Received, c.Mailed),
		},
		"why", why, "breakdowns", breakdowns,
		"needs_a_hand", refused, // the latest; how many there are stands in conversations
		"notices", append([]string{}, r.Notices...),
	}
}

// counts are the fields of a funnel; what is not known is null.
func (r Range) counts(f Funnel) (o object) {
	for _, step := range journey.Steps() {
		var n any
		if r.knows(step) {
			n = f.Steps[step]
		}
		o = append(o, step.String(), n)
	}
	return append(o, "rejected", f.Rejected, "in_doubt", f.InDoubt)
}
