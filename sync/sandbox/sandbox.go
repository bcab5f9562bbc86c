package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Sandbox is a pair of stand-ins. It is safe for concurrent use.
type Sandbox struct {
	options  Options
	started  time.Time
	seed     seed
	world    *world
	kustomer *service
	connect  *service
	desk     *desk // of Agent Connect

	servers   []*http.Server
	serving   sync.WaitGroup
	addresses [2]string // Kustomer, Agent Connect; empty without listeners
}

// New makes a sandbox that does not listen: serve KustomerHandler and AgentConnectHandler yourself.
func New(o Options) (*Sandbox, error) {
	o = o.complete()
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("sandbox options: %w", err)
	}
	s := &Sandbox{options: o, seed: seed(o.Seed), started: o.Now().UTC()}
	busyFrom := s.started.Add(-o.Busy).Truncate(busyGrid)
	s.world = newWorld(o, newGrid(s.seed, o.PerHour, busyFrom))
	s.desk = newDesk(o, s.seed)
	s.kustomer = &service{newKustomer(s), newFaults(o.Faults.Kustomer, s.seed, "kustomer"), o.Now}
	s.connect = &service{newAgentConnect(s), newFaults(o.Faults.AgentConnect, s.seed, "agent connect"), o.Now}
	for _, e := range s.Earlier() {
		s.AddInteraction(e.ID, e.Resolution.Add(10*time.Minute), "")
	}
	return s, nil
}

// Start makes a sandbox and serves it on loopback until Close.
func Start(o Options) (*Sandbox, error) {
	s, err := New(o)
	if err != nil {
		return nil, err
	}
	for i, each := range []struct {
		port    int
		handler http.Handler
	}{{o.KustomerPort, s.KustomerHandler()}, {o.AgentConnectPort, s.AgentConnectHandler()}} {
		if err := s.listen(i, each.port, each.handler); err != nil {
			return nil, errors.Join(err, s.Close())
		}
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
	s.serving.Go(func() { _ = server.Serve(l) }) // ends with ErrServerClosed, by Close
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

// KustomerURL is the base URL of the Kustomer stand-in, without a slash at its end; empty when it does not listen.
func (s *Sandbox) KustomerURL() string { return s.addresses[0] }

// AgentConnectURL is the base URL of the Agent Connect stand-in, without a slash at its end; empty when it does not
// listen.
func (s *Sandbox) AgentConnectURL() string { return s.addresses[1] }

func (s *Sandbox) now() time.Time { return s.options.Now().UTC() }
