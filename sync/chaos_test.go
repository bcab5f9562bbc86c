package sync_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"acsync/store"
	"acsync/store/bolt"
	surveysync "acsync/sync"
	"acsync/sync/agentconnect"
	"acsync/sync/config"
	"acsync/sync/exit"
	"acsync/sync/httpx"
	"acsync/sync/kustomer"
	"acsync/sync/sandbox/chaos"
	"acsync/sync/tenant"
)

// TestChaos lets everything go wrong at once for six days, with the real clients and the default settings: no pass
// hangs or is ended by what is the matter with one conversation, whoever is new is asked by the next pass while Agent
// Connect is up, nobody is asked twice, and each conversation comes to the end that it has to.
func TestChaos(t *testing.T) {
	if testing.Short() {
		t.Skip("what runs at the same time here does so in TestTroubledServices as well, which is shorter")
	}
	seeds := uint64(1)
	if os.Getenv("LONG_TESTS") != "" {
		seeds = 6
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { newSiege(t, seed).live(t) })
		})
	}
}

// siege is an engine with the real clients in a world of chaos.
type siege struct {
	world  *chaos.World
	engine *surveysync.Engine
	ledger *bolt.Ledger
	random *rand.Rand
	unseen int
	// passes that were not to meet an outage, and did
	excused int
	blown   int                   // passes outside of the outage in which a fuse blew
	fresh   []*chaos.Conversation // that the next pass is to ask about
}

func newSiege(t *testing.T, seed uint64) *siege {
	t.Helper()
	s := &siege{random: rand.New(rand.NewPCG(seed, 18))}
	var err error
	s.world, err = chaos.New(chaos.Options{
		Seed: seed, Withheld: []int{500, 403, 502}[seed%3], Wide: 90 * time.Minute, Limited: 40,
	})
	if err != nil {
		t.Fatal(err)
	}
	read, stopRead := inMemory(s.world.KustomerHandler())
	t.Cleanup(stopRead)
	post, stopPost := inMemory(s.world.AgentConnectHandler())
	t.Cleanup(stopPost)
	path := filepath.Join(t.TempDir(), "acsync.db")
	if err := bolt.Create(path, time.Now().Add(-3*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if s.ledger, err = bolt.Open(path, bolt.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.ledger.Close() })
	paced := func(name string, perMinute float64) *httpx.Pacer {
		return httpx.NewPacer(httpx.PacerOptions{Name: name, PerMinute: perMinute})
	}
	reader, err := kustomer.New(kustomer.Options{
		BaseURL: "http://127.0.0.1", APIKey: s.world.KustomerKey(), Timeout: 30 * time.Second, HTTP: read,
		All: paced("all", 300), Search: paced("search", 60),
	})
	if err != nil {
		t.Fatal(err)
	}
	sender, err := agentconnect.New(agentconnect.Options{
		BaseURL: "http://127.0.0.1", APIKey: s.world.AgentConnectKey(), APISecret: s.world.AgentConnectSecret(),
		Timeout: 30 * time.Second, HTTP: post, Requests: paced("requests", 100), Data: paced("data", 100),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.engine = &surveysync.Engine{
		Source: reader, Directory: reader, Sender: sender, Receiver: sender, Ledger: s.ledger, Observer: deaf{},
		Options: tenant.Options(config.Default()),
	}
	return s
}

// live is a day in which there are new troubles, and five more until all of them are over.
func (s *siege) live(t *testing.T) {
	const passes, calm = 44, 14
	for i := range 25 {
		s.world.Add(chaos.Plain, time.Now().Add(-3*time.Hour+time.Duration(i)*6*time.Minute))
	}
	outage := 2 + s.random.IntN(calm-6)
	for pass := range passes {
		down := pass >= outage && pass < outage+3
		s.world.Down(down)
		if pass < calm {
			odd := chaos.Odd
			s.add(odd[2*pass%len(odd)], odd[(2*pass+1)%len(odd)], odd[s.random.IntN(len(odd))], chaos.Plain)
		} else {
			s.add(chaos.Plain)
		}
		if pass%5 == 3 {
			s.world.Ahead(time.Duration(1+s.random.IntN(4)) * time.Minute)
		}
		s.pass(t, pass, down)
		between := 2 * time.Hour
		if pass >= calm {
			between *= 2
		}
		time.Sleep(between/2 + time.Duration(s.random.Int64N(int64(between))))
	}
	for _, problem := range s.world.Problems(s.known(t)) {
		t.Error(problem)
	}
	if s.blown > 1 {
		t.Errorf("a fuse blew in %d passes outside of the outage", s.blown)
	}
	if s.excused > 3 {
		t.Errorf("%d passes took Agent Connect to be down, which it was not", s.excused)
	}
	nulls := slices.ContainsFunc(s.world.Conversations(), func(c *chaos.Conversation) bool {
		return c.Kind == chaos.NullRow
	})
	if nulls && s.unseen == 0 {
		t.Error("no pass has told of what no search shows")
	}
}

// add adds conversations that the next pass finds.
func (s *siege) add(kinds ...chaos.Kind) {
	for i, kind := range kinds {
		c := s.world.Add(kind, time.Now().Add(-4*time.Minute-time.Duration(i)*time.Second))
		if kind == chaos.Plain {
			s.fresh = append(s.fresh, c)
		}
	}
}

// pass makes a pass, which must end soon and well, and have asked about whoever is new.
func (s *siege) pass(t *testing.T, n int, down bool) {
	t.Helper()
	started := time.Now()
	result, err := s.engine.Run(t.Context())
	code := exit.Code(tenant.ExitCode(result, err))
	if !slices.Contains([]exit.Code{exit.Done, exit.NeedsHand, exit.Temporary, exit.Fuse}, code) ||
		!result.Accounted() || time.Since(started) > 45*time.Minute {
		t.Errorf("pass %d: exit %d after %s, accounted %v: %v %s %s", n, code, time.Since(started),
			result.Accounted(), err, result.Fuse, result.Down)
	}
	s.unseen += result.Unseen
	accepted := s.world.Accepted()
	// What is sent first after an outage may be one that never gets a usable answer, and what an outage has left
	// unsent has its turn before what is new: many of those in a row may blow a fuse.
	stopped := result.Down != "" || result.Fuse != ""
	switch {
	case down:
	case result.Down != "":
		s.excused++
	case result.Fuse != "":
		s.blown++
	}
	for _, c := range s.fresh {
		if !down && !stopped && accepted[c.ID] == 0 {
			t.Errorf("pass %d, exit %d: %s is new and was not asked: %v %s %v", n, code, c.ID, err, result.Fuse, result.Notices)
		}
	}
	s.fresh = nil
	for id, times := range accepted {
		if times > 1 {
			t.Fatalf("pass %d: %s was asked %d times", n, id, times)
		}
	}
}

// known tells what the ledger has.
func (s *siege) known(t *testing.T) func(string) chaos.End {
	return func(id string) chaos.End {
		key := store.Key{Conversation: id}
		known, err := s.ledger.Lookup([]store.Key{key})
		if err != nil {
			t.Fatal(err)
		}
		if _, there := known[key]; !there {
			return chaos.End{}
		}
		return chaos.End{State: known[key].State.String(), Reason: known[key].Reason}
	}
}
