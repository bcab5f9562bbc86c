package check

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"acsync/sync/agentconnect"
	"acsync/sync/config"
	"acsync/sync/decide"
	"acsync/sync/kustomer"
)

// mostNamed is how many things a line names.
const mostNamed = 5

// singleUsers is how many agents that are not on the first page of users are read by themselves.
const singleUsers = 3

// lastDay makes the probes of what passes would make of the last day's conversations.
type lastDay struct {
	*kustomerSide
	connect *connectSide
	policy  decide.Policy

	requests []agentconnect.Request // that would be sent, as far as customers do not decide
	unmapped int                    // conversations without any channel
}

func (d *lastDay) probes() []Probe {
	about := after("The last day", func() string {
		switch {
		case d.down != "":
			return d.down
		case d.unread != nil:
			return unsearched
		case len(d.day.Items) == 0:
			return "no conversation was found"
		}
		return ""
	})
	return []Probe{
		about("channels", d.channels),
		about("brands", d.brandNames),
		about("languages", d.languages),
		about("attributes", d.attributes),
		about("agents", d.agents),
	}
}

// anybody is a customer who can be asked: what this one says of himself no line shows.
func anybody(id string) *kustomer.Customer {
	return &kustomer.Customer{
		ID: id, Emails: []kustomer.Email{{Address: kustomer.Text{Value: "anybody@example.com"}, Verified: true}},
	}
}

// decided are the requests that would be sent for the day, had every customer an address.
func (d *lastDay) decided() []agentconnect.Request {
	if d.requests != nil {
		return d.requests
	}
	agents := map[string]*kustomer.User{}
	for _, u := range d.users {
		agents[u.ID] = &u
	}
	d.requests = []agentconnect.Request{}
	for _, c := range d.day.Items {
		id := d.policy.AgentID(c)
		agent := agents[id]
		// Not on the first page of users.
		if agent == nil && id != "" {
			agent = &kustomer.User{ID: id, Email: kustomer.Text{Value: "anybody@example.com"}}
		}
		decision := d.policy.Decide(decide.Candidate{
			Conversation: c, Agent: agent, Customer: anybody(c.CustomerID), Now: d.at,
		})
		switch {
		case decision.Send():
			d.requests = append(d.requests, decision.Request)
		case decision.Skip == decide.NoChannel:
			d.unmapped++
		}
	}
	return d.requests
}

const nothingSent = "none of these conversations would be asked about"

// channels compares the channels that would be sent with those that Agent Connect is known to have.
func (d *lastDay) channels(context.Context) Result {
	requests := d.decided()
	if len(requests)+d.unmapped == 0 {
		return notRun(nothingSent)
	}
	known := map[string]bool{"phone": true, "chat": true, "email": true} // the defaults (documented)
	for _, name := range d.policy.Channels {
		known[name] = true
	}
	known[d.policy.DefaultChannel] = true
	for _, row := range d.connect.glance.Rows {
		known[row.Channel] = true
	}
	sent, strange := map[string]int{}, map[string]int{}
	for _, r := range requests {
		if sent[r.Channel]++; !known[r.Channel] {
			strange[r.Channel]++
		}
	}
	var wrong []string
	if len(strange) > 0 {
		wrong = append(wrong, "sent as they are, and perhaps unknown to Agent Connect: "+d.counted(strange))
	}
	if d.unmapped > 0 {
		wrong = append(wrong, fmt.Sprintf("%d conversations have no channel, and are skipped", d.unmapped))
	}
	if len(wrong) > 0 {
		return look("name what Agent Connect calls them in [mapping.channels], or have them set up there; "+
			"mapping.default_channel is for conversations without any", "%s", strings.Join(wrong, "; "))
	}
	return ok("%s", d.counted(sent))
}

// brandNames compares the brands that would be sent with those that both services have.
func (d *lastDay) brandNames(context.Context) Result {
	theirs := distinct(d.connect.glance.Rows, func(i agentconnect.Interaction) string { return i.Brand })
	return d.named("brand", "mapping.brand", theirs, len(d.brands),
		func(r agentconnect.Request) string { return r.Brand })
}

func (d *lastDay) languages(context.Context) Result {
	theirs := distinct(d.connect.glance.Rows, func(i agentconnect.Interaction) string { return i.Language })
	return d.named("language", "mapping.language", theirs, 0,
		func(r agentconnect.Request) string { return r.Language })
}

// named looks at a field that Agent Connect requires of accounts with several. theirs are the values of its
// data, ours is how many Kustomer has.
func (d *lastDay) named(
	what, key string, theirs []string, ours int, of func(agentconnect.Request) string,
) Result {
	requests := d.decided()
	if len(requests) == 0 {
		return notRun(nothingSent)
	}
	sent, none := map[string]int{}, 0
	for _, r := range requests {
		if of(r) == "" {
			none++
		} else {
			sent[of(r)]++
		}
	}
	todo := fmt.Sprintf("set %s: an account with several needs one in each request", key)
	switch {
	case none == 0:
		return ok("%s", d.counted(sent))
	case len(sent) > 0:
		return look(todo, "%d of %d requests would have no %s; the others: %s", none, len(requests), what,
			d.counted(sent))
	case len(theirs) > 1:
		return look(todo, "no request would have a %s, and Agent Connect's data have several: %s", what,
			first5(theirs))
	case ours > 1 && len(theirs) == 0:
		return look(todo+"; with a single one in Agent Connect nothing has to be done",
			"no request would have a %s, and Kustomer has %d", what, ours)
	}
	return ok("none is sent, which is right where Agent Connect has a single one")
}

// attributes looks for custom attributes that rules, mapping and filters name and no conversation has: a name
// that is misspelt is never an error, it is missing everywhere.
func (d *lastDay) attributes(ctx context.Context) Result {
	named := decide.Attributes(d.policy)
	for _, name := range d.ownAttributes() {
		named = append(named,
			decide.NamedAttribute{Attribute: "custom." + name, By: "filters.do_not_send_attributes"})
	}
	if len(named) == 0 {
		return ok("no expression names any")
	}
	there, ofCustomers := d.customNames(ctx, named)
	var missing []string
	for _, each := range named {
		_, customers := strings.CutPrefix(each.Attribute, "customer.")
		if !there[each.Attribute] && (!customers || ofCustomers) {
			missing = append(missing, each.Attribute+" ("+d.place(each.By)+")")
		}
	}
	if len(missing) > 0 {
		return look("compare the spelling with Kustomer's: names end in Str, Bool, Num, At, Tree …; one that is "+
			"set on no conversation of a day is not there either",
			"named, and on none of %d conversations: %s", len(d.day.Items), first5(missing))
	}
	return ok("each of %d that are named is there", len(named))
}

// ownAttributes are those of the filter that the configuration names by itself.
func (d *lastDay) ownAttributes() []string {
	usual := config.Default().Filters.DoNotSendAttributes
	return slices.DeleteFunc(slices.Clone(d.policy.DoNotSendAttributes), func(name string) bool {
		return slices.Contains(usual, name)
	})
}

// customNames are the attributes that are there, and whether those of customers could be looked at.
func (d *lastDay) customNames(
	ctx context.Context, named []decide.NamedAttribute,
) (there map[string]bool, ofCustomers bool) {
	there = map[string]bool{}
	for _, c := range d.day.Items {
		for name := range c.Custom {
			there["custom."+name] = true
		}
	}
	asks := slices.ContainsFunc(named,
		func(n decide.NamedAttribute) bool { return strings.HasPrefix(n.Attribute, "customer.") })
	if !asks {
		return there, false
	}
	page, err := d.client.SearchCustomers(ctx,
		kustomer.Query{From: d.at.Add(-day), To: d.at, PageSize: pageSize, Failures: 1})
	if err != nil {
		return there, false
	}
	for _, c := range page.Items {
		for name := range c.Custom {
			there["customer.custom."+name] = true
		}
	}
	return there, len(page.Items) > 0
}

// place is where an attribute is named, without what somebody has called a rule.
func (d *lastDay) place(by string) string {
	for i, name := range d.policy.Rules.Names() {
		if by == `rule "`+name+`"` {
			return fmt.Sprintf("rule %d", i+1)
		}
	}
	return by
}

// agents looks for agents of the day about whom Agent Connect takes no requests.
func (d *lastDay) agents(ctx context.Context) Result {
	if d.connect.unread != "" {
		return notRun("profiles were not read: %s", d.connect.unread)
	}
	addresses, unread := d.agentAddresses(ctx)
	if len(addresses) == 0 {
		return notRun("nobody was assigned who could be read")
	}
	n := len(addresses)
	profiles := 0
	for employee, err := range d.connect.client.Employees(ctx) {
		if err != nil {
			return failure(err)
		}
		maps.DeleteFunc(addresses, func(_, address string) bool {
			return strings.EqualFold(strings.TrimSpace(employee.Email), address)
		})
		if profiles++; len(addresses) == 0 || profiles == mostProfile {
			break
		}
	}
	if profiles == mostProfile && len(addresses) > 0 {
		return notRun("there are more than %d profiles: filters.require_active_profile compares with all",
			mostProfile)
	}
	if len(addresses) > 0 {
		return look("let these Kustomer users have an approved profile in Agent Connect with the same address; "+
			"surveys about them are refused until then", "%d of %d agents have no active profile: %s",
			len(addresses), n, first5(slices.Sorted(maps.Keys(addresses))))
	}
	if unread > 0 {
		return ok("all of %d agents have an active profile; %d more were not read", n, unread)
	}
	return ok("all of %d agents have an active profile", n)
}

// agentAddresses are the addresses of the day's agents by their ids, without machines; and how many could not
// be read.
func (d *lastDay) agentAddresses(ctx context.Context) (addresses map[string]string, unread int) {
	known := map[string]kustomer.User{}
	for _, u := range d.users {
		known[u.ID] = u
	}
	addresses = map[string]string{}
	asked := map[string]bool{}
	for _, c := range d.day.Items {
		id := d.policy.AgentID(c)
		if id == "" || asked[id] {
			continue
		}
		asked[id] = true
		user, listed := known[id]
		if !listed && len(asked)-len(addresses) <= singleUsers {
			user, _ = d.client.User(ctx, id)
		}
		switch {
		case user.ID == "":
			unread++
		case d.policy.SkipMachineAgents && user.Machine(), user.Email.Value == "":
		default:
			addresses[id] = strings.TrimSpace(user.Email.Value)
		}
	}
	return addresses, unread
}

// counted lists values with their counts, the most frequent first. An expression can make one of an agent's
// name, which is not shown.
func (d *lastDay) counted(counts map[string]int) string {
	shown := map[string]int{}
	for value, n := range counts {
		names := func(u kustomer.User) bool {
			return u.Name.Value != "" && strings.Contains(strings.ToLower(value), strings.ToLower(u.Name.Value))
		}
		if slices.ContainsFunc(d.users, names) {
			value = "(a name)"
		}
		shown[value] += n
	}
	values := slices.SortedFunc(maps.Keys(shown), func(a, b string) int {
		return cmp.Or(shown[b]-shown[a], strings.Compare(a, b))
	})
	list := make([]string, len(values))
	for i, value := range values {
		list[i] = fmt.Sprintf("%s %d", value, shown[value])
	}
	return first5(list)
}

// first5 names the first of a list, and how many more there are.
func first5(list []string) string {
	if n := len(list) - mostNamed; n > 0 {
		return strings.Join(list[:mostNamed], ", ") + fmt.Sprintf(" and %d more", n)
	}
	return strings.Join(list, ", ")
}

func distinct[T any](rows []T, of func(T) string) []string {
	seen := map[string]bool{}
	for _, row := range rows {
		if text := of(row); text != "" {
			seen[text] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}
