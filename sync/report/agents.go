package report

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/journey"
	"acsync/sync/report/doc"
)

// AgentsSchema names the form of a report of agents in JSON.
const AgentsSchema = "acsync.agents/1"

// What a profile is where it is none of Agent Connect's own states.
const (
	profileNone    = "none"
	profileNoOne   = "nobody"  // of conversations that nobody held
	profileMachine = "machine" // a machine user, who needs none
	profileUnread  = ""        // nobody knows
)

// Cause is why conversations of an agent were not asked about, or were refused.
type Cause struct {
	Obstacle
	Count int
}

// AgentSum is what became of the conversations of one agent.
type AgentSum struct {
	ID      string // of the user in Kustomer; empty: nobody held them
	Name    string
	Address string // masked; empty: none that can be read
	Profile string // its state in Agent Connect, or one of the above

	Done, Asked, Rejected int
	Lost                  int     // not asked about because of the agent
	Causes                []Cause // of what was lost or rejected, the most frequent first
}

// Lacking reports whether the agent should have an active profile, and has none.
func (a AgentSum) Lacking() bool {
	switch a.Profile {
	case string(agentconnect.Active), profileNoOne, profileMachine, profileUnread:
		return false
	}
	return true
}

// Agents is the report of the agents of a range of time, ready to be shown.
type Agents struct {
	RangeTerms
	Verdict  Verdict
	Timezone string
	Profiled bool       // Agent Connect's profiles were read
	Lacking  int        // agents without an active profile
	Gone     int        // conversations that Kustomer no longer shows, whose agents nobody knows
	Only     bool       // no others are shown
	All      AgentSum   // the sums of all conversations; who held them is empty
	List     []AgentSum // those without an active profile first
}

// ofAgents are the reasons for which nobody is asked because of an agent. Others may hold for any agent.
var ofAgents = []decide.Reason{
	decide.NoAgent, decide.NoAgentEmail, decide.AgentUnknown, decide.AgentIsMachine, decide.EmployeeNotFound,
	decide.EmployeeDeactivated, decide.EmployeeIncomplete,
}

// AgentsCounter counts the conversations of each agent as they come, and keeps none.
type AgentsCounter struct {
	RangeTerms
	sums map[string]*agentTally
	gone int
}

type agentTally struct {
	done, asked, rejected, lost int
	causes                      map[Obstacle]int
}

// NewAgentsCounter makes a counter that has counted nothing yet.
func NewAgentsCounter(terms RangeTerms) *AgentsCounter {
	terms.Zone = cmp.Or(terms.Zone, time.UTC)
	return &AgentsCounter{RangeTerms: terms, sums: map[string]*agentTally{}}
}

// Add counts a conversation, if it was marked done in the range.
func (c *AgentsCounter) Add(j journey.Journey) {
	if !j.InRange {
		return
	}
	if j.Facts == nil {
		c.gone++
		return
	}
	tally := c.sums[j.Facts.Agent]
	if tally == nil {
		tally = &agentTally{causes: map[Obstacle]int{}}
		c.sums[j.Facts.Agent] = tally
	}
	s := j.Standing(c.Received)
	why := obstacleOf(s)
	tally.done++
	rejected := why.State == rejectedState
	switch lost := slices.Contains(ofAgents, decide.Reason(why.Code)); {
	case s.Step >= journey.Asked:
		tally.asked++
		return
	case lost && rejected:
		tally.lost++
		tally.rejected++
	case lost:
		tally.lost++
	case rejected:
		tally.rejected++
	default:
		return
	}
	tally.causes[why]++
}

// Agents are the ids of the agents that were met.
func (c *AgentsCounter) Agents() []string { return slices.Sorted(maps.Keys(c.sums)) }

// Users tells who the agents are.
type Users interface {
	Names
	Address(id string) string // empty: none that can be read
	Machine(id string) bool
}

// Report makes the report. Nil profiles were not read. With lacking there are only agents without an active
// profile in it.
func (c *AgentsCounter) Report(users Users, profiles *decide.Profiles, lacking bool) Agents {
	r := Agents{
		RangeTerms: c.RangeTerms, Timezone: zoneName(c.Zone, c.Window.From), Profiled: profiles != nil, Only: lacking,
		Gone: c.gone,
	}
	causes := map[Obstacle]int{}
	for id, tally := range c.sums {
		a := AgentSum{
			ID: id, Name: nameOf(ofAgent, id, users), Address: Mask(users.Address(id)),
			Profile: profileOf(id, users, profiles), Done: tally.done,
			Asked: tally.asked, Rejected: tally.rejected, Lost: tally.lost, Causes: causesOf(tally.causes),
		}
		if a.Lacking() {
			r.Lacking++
		}
		r.All.Done += a.Done
		r.All.Asked += a.Asked
		r.All.Rejected += a.Rejected
		r.All.Lost += a.Lost
		for why, n := range tally.causes {
			causes[why] += n
		}
		if a.Lacking() || !lacking {
			r.List = append(r.List, a)
		}
	}
	r.All.Causes = causesOf(causes)
	slices.SortFunc(r.List, func(a, b AgentSum) int {
		first := func(a AgentSum) int {
			switch {
			case a.Lacking():
				return 0
			case a.ID == "":
				return 2
			}
			return 1
		}
		return cmp.Or(
			cmp.Compare(first(a), first(b)), cmp.Compare(b.Lost, a.Lost), cmp.Compare(b.Rejected, a.Rejected),
			cmp.Compare(b.Done, a.Done), strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
	})
	r.Verdict = agentsVerdict(r)
	return r
}

func causesOf(counts map[Obstacle]int) (list []Cause) {
	for why, n := range counts {
		list = append(list, Cause{why, n})
	}
	slices.SortFunc(list, func(a, b Cause) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.id(), b.id()))
	})
	return list
}

// profileOf is the state of an agent's profile, found as a survey request would name the agent: by address.
func profileOf(id string, users Users, profiles *decide.Profiles) string {
	switch address := users.Address(id); {
	case id == "":
		return profileNoOne
	case users.Machine(id):
		return profileMachine
	case profiles == nil:
		return profileUnread
	case address == "":
		return profileNone
	default:
		return cmp.Or(string(profiles.State(agentconnect.Employee{Email: address})), profileNone)
	}
}

// agentRemedies are for reasons that are nobody's fault where no agent is looked at.
var agentRemedies = map[decide.Reason]string{
	decide.NoAgent: "assign conversations before they are marked done, or leave them: nobody can be " +
		"asked about",
	decide.NoAgentEmail: "give these agents an address in Kustomer, which the API key may read",
	decide.AgentUnknown: "create or activate their profiles in Agent Connect; a back-fill over that time " +
		"then asks",
	decide.AgentIsMachine: "nothing if it is a bot; filters.skip_machine_agents = false asks about these, " +
		"too, once there is a profile",
}

// remedyFor says what can be done about a cause.
func (r Agents) remedyFor(c Cause) string {
	return cmp.Or(agentRemedies[decide.Reason(c.Code)], c.remedy(r.RangeTerms))
}

// AgentsRendererFor is RendererFor for a report of agents.
func AgentsRendererFor(path string) (func(io.Writer, Agents) error, error) {
	return rendererFor(path, AgentsDoc, AgentsCSV, indented)
}

// AgentsJSON writes the report of agents as one object on one line, schema acsync.agents/1.
func AgentsJSON(w io.Writer, r Agents) error { return writeJSON(w, r.object(), oneLine) }

// object has no addresses but as they may be shown.
func (r Agents) object() object {
	agents := listOf(these(slices.Values(r.List)), func(a AgentSum) any {
		return append(object{
			"id", a.ID, // of the user in Kustomer; empty: nobody held the conversations
			"name", a.Name, "address", a.Address,
			// "active" or another state of Agent Connect's, or "none", "nobody", "machine"; empty: not read
			"profile", a.Profile,
		}, r.counts(a)...)
	})
	return append(object{
		"schema", AgentsSchema, "tenant", r.Tenant, "verdict", r.Verdict,
		"from", stamp(r.Window.From), "to", stamp(r.Window.To), "cut", r.Cut, "timezone", r.Timezone,
		"ledger", r.Ledger, "received", r.Received, "profiles_read", r.Profiled,
		"without_profile", r.Lacking, // agents
		"gone", r.Gone, // conversations that Kustomer no longer shows, which are left out
		"only_without_profile", r.Only, "agents", agents,
		"notices", append([]string{}, r.Notices...),
	}, r.counts(r.All)...)
}

func (r Agents) counts(a AgentSum) object {
	causes := []object{}
	for _, c := range a.Causes {
		causes = append(causes, object{
			"state", c.State, "reason", c.Code, "count", c.Count, "meaning", c.meaning(), "remedy", r.remedyFor(c),
		})
	}
	return object{
		"done", a.Done, "asked", a.Asked, "rejected", a.Rejected,
		"lost", a.Lost, // never asked because of the agent
		"causes", causes,
	}
}

// AgentsCSV writes a line for each agent (RFC 4180, UTF-8).
func AgentsCSV(w io.Writer, r Agents) error {
	return writeCSV(w, these(slices.Values(r.List)), func(a AgentSum) []string {
		var causes []string
		for _, c := range a.Causes {
			causes = append(causes, c.Code+" "+strconv.Itoa(c.Count))
		}
		return []string{
			"agent_id", a.ID, "agent", a.Name, "address", a.Address, "profile", a.Profile,
			"done", strconv.Itoa(a.Done), "asked", strconv.Itoa(a.Asked), "rejected", strconv.Itoa(a.Rejected),
			"lost", strconv.Itoa(a.Lost), "causes", strings.Join(causes, "; "),
		}
	})
}

// agentsVerdict says how many agents keep customers from being asked.
func agentsVerdict(r Agents) Verdict {
	v := Verdict{Level: doc.LevelGood, Todo: []string{}}
	if r.All.Done == 0 {
		return Verdict{
			Level: doc.LevelNone, Headline: "No conversation was marked done in this time.", Todo: []string{},
		}
	}
	switch {
	case !r.Profiled:
		v.Headline = "Which agents have an active profile is not known."
		v.Todo = append(v.Todo, doSeeProfiles)
	case r.Lacking == 0:
		v.Headline = "Each agent has an active profile in Agent Connect."
	default:
		v.Level = doc.LevelAttention
		v.Headline = several(r.Lacking, "agent has", "agents have") + " no active profile in Agent Connect."
	}
	if r.All.Lost > 0 {
		v.Detail = fmt.Sprintf("About %s of %s nobody was asked because of the agent.", thousands(r.All.Lost),
			several(r.All.Done, "conversation", "conversations"))
	}
	return v
}

// profileWords are what a state of a profile means, where that is not the word itself.
var profileWords = map[string]string{
	profileNone: "no profile", profileNoOne: "–", profileMachine: "machine user", profileUnread: "not read",
	"created": "never signed in", "confirmed": "incomplete",
}

func (a AgentSum) profileWords() string {
	if words, ok := profileWords[a.Profile]; ok {
		return words
	}
	return a.Profile
}

// AgentsDoc is the report of agents, with at most so many of them.
func AgentsDoc(r Agents, most int) doc.Doc {
	d := doc.Doc{
		Name: "acsync agents", Subject: r.Tenant, Here: r.Here, Verdict: r.Verdict,
		About: append([]string{fmt.Sprintf("Marked done from %s to %s (%s).", r.local(r.Window.From, dayLayout),
			r.local(r.Window.To, dayLayout), r.Timezone)}, r.Notices...),
	}
	if r.Gone > 0 {
		d.About = append(d.About, several(r.Gone, "conversation is", "conversations are")+" left out, because "+
			"Kustomer no longer shows whose they were.")
	}
	if r.All.Done == 0 {
		return d
	}
	people := 0
	for _, a := range r.List {
		if a.ID != "" {
			people++
		}
	}
	d.Numbers = []doc.Number{
		{Label: "agents", Value: thousands(people)},
		{Label: "done", Value: thousands(r.All.Done)},
		{Label: "asked", Value: thousands(r.All.Asked), Share: share(r.All.Asked, r.All.Done), Tone: doc.Good},
		{Label: "rejected", Value: thousands(r.All.Rejected), Tone: doc.Bad},
		{Label: "lost because of the agent", Value: thousands(r.All.Lost), Tone: doc.Warn},
	}
	d.Sections = []doc.Section{r.agentSection(most), r.causeSection()}
	return d
}

func (r Agents) agentSection(most int) doc.Section {
	table := doc.Table{
		Head: true, Class: "groups sums", Caption: "Agents, and what became of their conversations", Open: true,
		Columns: []doc.Column{
			{Name: "agent", Max: 26},
			{Name: "address", Optional: true},
			{Name: "profile"},
			{Name: "done", Number: true},
			{Name: "asked", Number: true},
			{Name: "rejected", Number: true, Optional: true},
			{Name: "lost", Number: true},
		},
	}
	number := func(a AgentSum) []string {
		return []string{thousands(a.Done), thousands(a.Asked), thousands(a.Rejected), thousands(a.Lost)}
	}
	for _, a := range first(r.List, most) {
		row := table.Add(append([]string{a.Name, a.Address, a.profileWords()}, number(a)...)...)
		row.Weight = doc.Main
		if a.Lacking() {
			row.Cells[2].Tone = doc.Bad
		}
		for _, c := range a.Causes {
			// The code stands below, with what can be done.
			table.Add(strings.TrimPrefix(c.meaning(), "refused: "), "", "", thousands(c.Count)).Weight = doc.Sub
		}
	}
	if !r.Only {
		table.Add(append([]string{"all", "", ""}, number(r.All)...)...).Weight = doc.Sum
	}
	table.More = others(most, len(r.List), " agents; --report FILE.csv and --json have all")
	table.Caption = strings.TrimSuffix(table.Caption+"; "+table.More, "; ")
	return doc.Titled("Agents", table)
}

// causeSection says once what can be done about each cause.
func (r Agents) causeSection() doc.Section {
	table := doc.Table{
		Class: "dispositions", Caption: "Why conversations were not asked about or refused, and what to do",
		Columns: []doc.Column{{Name: "why"}, {Name: "conversations", Number: true}},
	}
	for _, c := range r.All.Causes {
		row := table.Add(c.label(), thousands(c.Count))
		row.Weight, row.Cells[0].Below = doc.Main, r.remedyFor(c)
	}
	return doc.Titled("What can be done", table)
}

// local is a time in the report's zone.
func (r Agents) local(t time.Time, layout string) string { return Moment{t}.in(r.Zone, layout) }
