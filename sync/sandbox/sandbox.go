package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Sandbox is a pair of stand-ins. It is safe for concurrent use.
type Sandbox struct {
	clock    func() time.Time
	start    time.Time
	earlier  []Earlier
	keys     credentials
	world    *world
	state    *receiverState
	kustomer *service
	connect  *service

	servers   []*http.Server
	serving   sync.WaitGroup
	addresses [2]string // Kustomer, Agent Connect; empty without listeners
}

// Earlier is a conversation that an earlier pass has already sent.
type Earlier struct {
	ID         string
	Resolution time.Time
}

const (
	// busyGrid is where the busy time begins: on a quarter of an hour.
	busyGrid = 15 * time.Minute
	// reach is how far back Start lies: past the 72 h after which a conversation is too old for a survey by
	// default.
	reach = 80 * time.Hour
)

// New makes a sandbox that does not listen: serve KustomerHandler and AgentConnectHandler yourself.
func New(o Options) (*Sandbox, error) {
	o = o.complete()
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("sandbox options: %w", err)
	}
	seed := seed(o.Seed)
	keys, err := newCredentials(seed, rolesWithout(o.RolesLacking))
	if err != nil {
		return nil, fmt.Errorf("sandbox: make an API key: %w", err)
	}
	now := o.Now().UTC()
	busyFrom := now.Add(-o.Busy).Truncate(busyGrid)
	s := &Sandbox{
		clock: o.Now, keys: keys, start: now.Add(-max(reach, o.Busy+reach-defaultBusy)).Truncate(time.Hour),
		world: newWorld(o, newGenerator(seed, o.PerHour, busyFrom)), state: newReceiverState(o, seed),
	}
	kustomer := newKustomer(o, s.world, keys.kustomer)
	s.kustomer = &service{kustomer, newFaults(o.Faults.Kustomer, seed, "kustomer"), o.Now}
	connect := newAgentConnect(o, s.state, keys)
	connect.routes = append(connect.routes,
		route{http.MethodGet, pagePath, func(*call) answer {
			return newPage(s.Requests(), s.Interactions()).answer()
		}},
		route{http.MethodGet, requestsPath, func(*call) answer { return jsonAnswer(http.StatusOK, s.Requests()) }})
	s.connect = &service{connect, newFaults(o.Faults.AgentConnect, seed, "agent connect"), o.Now}
	s.Put(Records{
		Users: standardUsers(), Tags: standardTags(), Teams: standardTeams(), Brands: standardBrands(),
		Employees: standardEmployees(),
	})
	s.send(s.Conversations(busyFrom, now.Add(-busyGrid)), o.Busy/6)
	return s, nil
}

// send lets earlier passes have sent a plain conversation at most once in a while.
func (s *Sandbox) send(all []Conversation, while time.Duration) {
	var last time.Time
	for _, c := range all {
		plain := slices.ContainsFunc(plainKinds, func(k kind) bool { return k.plain && k.name == c.Kind })
		if !plain || c.Resolved.Sub(last) < while {
			continue
		}
		last = c.Resolved
		s.earlier = append(s.earlier, Earlier{c.ID, c.Resolved})
		s.remember(&c, c.Resolved.Add(10*time.Minute), "email", "")
	}
}

// remember lets Agent Connect have received a request about a conversation; one without a stamp was not sent
// by acsync.
func (s *Sandbox) remember(c *Conversation, at time.Time, channel, stamp string) {
	var employee string
	if len(c.AssignedUsers) > 0 {
		agent, _ := s.world.user(c.AssignedUsers[0])
		employee, _ = agent.Email.(string)
	}
	properties := map[string]string{}
	if stamp != "" {
		properties["acsync_intent"] = stamp
	}
	s.state.remember(Received{
		At: at, Status: http.StatusOK, Channel: channel, ExtInteractionID: c.ID, EmployeeEmail: employee,
		CustomerEmail: s.world.address(c.CustomerID), CustomProperties: properties,
	})
}

// Taken is a request that an earlier process has sent to stand-ins like these.
type Taken struct {
	ID    string // the conversation's
	At    time.Time
	Stamp string // of acsync; empty for none
}

// Remind lets Agent Connect have taken these requests, the earliest first, and no others: stand-ins forget
// with their process what they have taken, and whoever asks the next ones is to be told the same.
// Conversations that are not there are left out.
func (s *Sandbox) Remind(taken []Taken) {
	s.state.forget()
	slices.SortStableFunc(taken, func(a, b Taken) int { return a.At.Compare(b.At) })
	for _, each := range taken {
		c, ok := s.world.conversation(each.ID, s.clock().UTC())
		if !ok {
			continue
		}
		channel := "email"
		switch {
		case slices.Contains(c.Channels, "voice"):
			channel = "phone"
		case len(c.Channels) > 0:
			channel = c.Channels[0]
		}
		s.remember(&c, each.At.UTC(), channel, each.Stamp)
	}
}

// AskByOthers lets somebody else, such as a workflow in Kustomer, have asked about conversations at a time:
// Agent Connect has the requests, without acsync's stamp. Conversations that are not there are left out.
func (s *Sandbox) AskByOthers(at time.Time, ids ...string) {
	for _, id := range ids {
		if c, ok := s.world.conversation(id, s.clock().UTC()); ok {
			s.remember(&c, at.UTC(), "email", "")
		}
	}
}

// Double lets every request that was accepted about conversations, recoveries aside, have come twice, with
// the same stamp.
func (s *Sandbox) Double(ids ...string) { s.state.double(ids, s.clock().UTC()) }

// Lose keeps every request about conversations out of Agent Connect's data, those to come included, although
// their mails are sent; see Faults.Lost for a share of all.
func (s *Sandbox) Lose(ids ...string) { s.state.loseAll(ids) }

// Start makes a sandbox and serves it on loopback until Close.
func Start(o Options) (*Sandbox, error) {
	s, err := New(o)
	if err != nil {
		return nil, err
	}
	err = errors.Join(
		s.listen(0, o.KustomerPort, s.KustomerHandler()),
		s.listen(1, o.AgentConnectPort, s.AgentConnectHandler()),
	)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Sandbox) listen(i, port int, h http.Handler) error {
	var config net.ListenConfig
	l, err := config.Listen(context.Background(), "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return fmt.Errorf("sandbox: listen on loopback (choose another port, or 0 for any): %w", err)
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0)}
	s.servers = append(s.servers, server)
	s.addresses[i] = "http://" + l.Addr().String()
	// Serve ends with ErrServerClosed, by Close.
	s.serving.Go(func() { _ = server.Serve(l) })
	return nil
}

// Close stops listening and cuts the connections that are still open.
func (s *Sandbox) Close() error {
	var problems []error
	for _, server := range s.servers {
		problems = append(problems, server.Close())
	}
	s.serving.Wait()
	return errors.Join(problems...)
}

// KustomerHandler is the Kustomer stand-in.
func (s *Sandbox) KustomerHandler() http.Handler { return s.kustomer }

// AgentConnectHandler is the Agent Connect stand-in.
func (s *Sandbox) AgentConnectHandler() http.Handler { return s.connect }

// KustomerURL is the base URL of the Kustomer stand-in, without a slash at its end; empty when it does not
// listen.
func (s *Sandbox) KustomerURL() string { return s.addresses[0] }

// AgentConnectURL is the base URL of the Agent Connect stand-in, without a slash at its end; empty when it
// does not listen.
func (s *Sandbox) AgentConnectURL() string { return s.addresses[1] }

// PageURL is the address of a page that shows people what Agent Connect has received.
func (s *Sandbox) PageURL() string { return s.AgentConnectURL() + pagePath }

// Org is the Kustomer organisation's name.
func (s *Sandbox) Org() string { return orgName }

// KustomerKey is the one API key that the Kustomer stand-in takes.
func (s *Sandbox) KustomerKey() string { return s.keys.kustomer }

// AgentConnectKey is the API key that the Agent Connect stand-in takes.
func (s *Sandbox) AgentConnectKey() string { return s.keys.connect }

// AgentConnectTestKey is the other API key that the Agent Connect stand-in takes: every survey then goes to
// TestAddress and nobody else (documented).
func (s *Sandbox) AgentConnectTestKey() string { return s.keys.connectTest }

// AgentConnectSecret signs the tokens that /v2 needs.
func (s *Sandbox) AgentConnectSecret() string { return s.keys.connectSecret }

// Start is where a first window begins to show everything: on the hour, about 80 hours before the sandbox was
// made, so that some conversations are too old. Nearly all lie in the last three hours.
func (s *Sandbox) Start() time.Time { return s.start }

// Earlier are a few conversations, in the window from Start, that a demonstration's ledger should know as
// accepted. Agent Connect has them, too.
func (s *Sandbox) Earlier() []Earlier { return slices.Clone(s.earlier) }

// Put adds records, or puts them in the place of those with the same id, an employee with the same address. A
// conversation that is new is found by searches from its resolution on, a change of one from now on, both
// after the lag.
func (s *Sandbox) Put(r Records) {
	s.world.put(r, s.clock().UTC())
	s.state.put(r.Employees)
}

// Conversations are all that were resolved in [from, to) and not after now, whether or not the index has
// caught up, in order of resolution. They are as the database has them now.
func (s *Sandbox) Conversations(from, to time.Time) []Conversation {
	return s.world.resolved(from, to, s.clock().UTC())
}

// Requests are all POSTs to /v1/requests that were processed, refused ones included, oldest first.
func (s *Sandbox) Requests() []Received { return s.state.requests() }

// Interactions are all requests that Agent Connect has accepted, those of others and recoveries included, and
// what became of them by now: the truth that a report can be compared with, lost ones included.
func (s *Sandbox) Interactions() []Interaction { return s.state.truth(s.clock().UTC()) }
