package measure

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"acsync/sync/sandbox"
)

// Stand is a pair of stand-ins that count who calls them.
type Stand struct {
	*sandbox.Sandbox

	kustomerURL, connectURL string

	kustomer, searches, requests, data, limited atomic.Int64

	taken   atomic.Pointer[func(n int)]
	servers []*http.Server
	serving sync.WaitGroup
}

// Unlimited is a limit of the stand-ins that nobody meets, in requests a minute.
const Unlimited = 1_000_000_000

// Serve makes stand-ins without limits and serves them on loopback until Close.
func Serve(o sandbox.Options) (*Stand, error) {
	o.KustomerPerMinute, o.SearchesPerMinute = Unlimited, Unlimited
	o.RequestsPerMinute, o.DataPerMinute = Unlimited, Unlimited
	made, err := sandbox.New(o)
	if err != nil {
		return nil, err
	}
	s := &Stand{Sandbox: made}
	var first, second error
	s.kustomerURL, first = s.listen(s.countKustomer(made.KustomerHandler()))
	s.connectURL, second = s.listen(s.countConnect(made.AgentConnectHandler()))
	if err := errors.Join(first, second); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Stand) listen(h http.Handler) (url string, err error) {
	var config net.ListenConfig
	l, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0)}
	s.servers = append(s.servers, server)
	// Serve ends with ErrServerClosed, by Close.
	s.serving.Go(func() { _ = server.Serve(l) })
	return "http://" + l.Addr().String(), nil
}

// Close stops listening.
func (s *Stand) Close() error {
	var problems []error
	for _, server := range s.servers {
		problems = append(problems, server.Close())
	}
	s.serving.Wait()
	return errors.Join(problems...)
}

// KustomerURL is the base URL of the Kustomer stand-in.
func (s *Stand) KustomerURL() string { return s.kustomerURL }

// AgentConnectURL is the base URL of the Agent Connect stand-in.
func (s *Stand) AgentConnectURL() string { return s.connectURL }

// OnRequest has f called after each survey request that was answered, or was to be, with how many that makes.
// nil ends it.
func (s *Stand) OnRequest(f func(n int)) {
	if f == nil {
		s.taken.Store(nil)
		return
	}
	s.taken.Store(&f)
}

// Calls are how often the services were called.
type Calls struct {
	Kustomer int `json:"kustomer"`
	Searches int `json:"searches"` // of the calls to Kustomer
	Requests int `json:"requests"` // survey requests
	Data     int `json:"data"`     // of Agent Connect's own data, profiles included
	Limited  int `json:"limited"`  // of all, answered with 429
}

// Calls are those so far.
func (s *Stand) Calls() Calls {
	return Calls{
		Kustomer: int(s.kustomer.Load()), Searches: int(s.searches.Load()), Requests: int(s.requests.Load()),
		Data: int(s.data.Load()), Limited: int(s.limited.Load()),
	}
}

func (s *Stand) countKustomer(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.kustomer.Add(1)
		if r.Method == http.MethodPost {
			s.searches.Add(1)
		}
		h.ServeHTTP(&watched{w, &s.limited}, r)
	})
}

func (s *Stand) countConnect(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/v1/") {
			s.data.Add(1)
			h.ServeHTTP(&watched{w, &s.limited}, r)
			return
		}
		n := s.requests.Add(1)
		h.ServeHTTP(&watched{w, &s.limited}, r)
		if f := s.taken.Load(); f != nil {
			(*f)(int(n))
		}
	})
}

// watched counts answers with 429.
type watched struct {
	http.ResponseWriter

	limited *atomic.Int64
}

// WriteHeader writes the status of the answer.
func (w *watched) WriteHeader(status int) {
	if status == http.StatusTooManyRequests {
		w.limited.Add(1)
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets the connection be broken off.
func (w *watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }
