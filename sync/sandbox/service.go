package sandbox

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// backend is what the two services differ in.
type backend struct {
	name    string
	routes  []route
	maxBody int64
	limited LimitHeader // the form of limit headers when the options leave it open

	admit   func(*call) (quota, *answer)            // authentication and limits; an answer refuses the call
	failure func(status int, message string) answer // an error in the service's shape
}

// service serves a backend over HTTP, and lets faults happen.
type service struct {
	backend
	chaos *chaos
	form  LimitHeader
	clock func() time.Time

	mu    sync.Mutex
	calls map[string]int
}

func newService(o Options, f ServiceFaults, b backend) *service {
	form := f.LimitHeader
	if form == LimitDefault {
		form = b.limited
	}
	return &service{backend: b, chaos: newChaos(f, seed(o.Seed), b.name), form: form, clock: o.Now, calls: map[string]int{}}
}

func (s *service) counted() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.calls)
}

// ServeHTTP answers one request.
func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	match, id, known := find(s.routes, r)
	endpoint := r.Method + " " + r.URL.Path
	if match != nil {
		endpoint = match.name()
	}
	s.mu.Lock()
	s.calls[endpoint]++
	s.mu.Unlock()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, s.maxBody))
	r.Body = io.NopCloser(bytes.NewReader(body))
	f := s.chaos.fault(endpoint, r)
	c := &call{endpoint: endpoint, path: r.URL.Path, id: id, query: r.URL.Query(), header: r.Header, body: body}
	var a answer
	if f.Processed {
		a = s.answer(match, known, c, err)
	}
	if !pause(r.Context(), f.Delay) {
		return
	}
	if !f.replaces() && !f.Processed {
		a = s.answer(match, known, c, err)
	}
	s.send(w, r, s.replace(a, f), f)
}

// answer is the real one.
func (s *service) answer(match *route, known bool, c *call, readErr error) answer {
	q, refused := s.admit(c)
	limits := s.form.headers(q, s.clock())
	switch {
	case refused != nil:
		return refused.with(limits)
	case !known:
		return s.failure(http.StatusNotFound, "no such path").with(limits)
	case match == nil:
		return s.failure(http.StatusMethodNotAllowed, "method not allowed").with(limits)
	}
	if _, tooLarge := errors.AsType[*http.MaxBytesError](readErr); tooLarge {
		return s.failure(http.StatusRequestEntityTooLarge, "request body too large").with(limits)
	} else if readErr != nil {
		return s.failure(http.StatusBadRequest, "request body could not be read").with(limits)
	}
	return match.serve(c).with(limits)
}

// replace puts the fault's answer in place of the real one.
func (s *service) replace(a answer, f Fault) answer {
	if f.Status == 0 {
		return a.with(f.Header)
	}
	a = s.failure(f.Status, http.StatusText(f.Status))
	if f.Body != "" {
		a.body = []byte(f.Body)
	}
	if f.Status == http.StatusTooManyRequests {
		now := s.clock()
		a = a.with(s.form.headers(quota{reset: now.Truncate(time.Minute).Add(time.Minute)}, now))
	}
	return a.with(f.Header)
}

// send writes an answer, as far as the fault lets it.
func (s *service) send(w http.ResponseWriter, r *http.Request, a answer, f Fault) {
	if f.Break {
		hangUp(w)
		return
	}
	maps.Copy(w.Header(), a.header)
	w.Header().Set("Date", s.clock().UTC().Format(http.TimeFormat))
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	switch {
	case f.Cut:
		_, _ = w.Write(a.body[:len(a.body)/2])
		_ = http.NewResponseController(w).Flush()
		hangUp(w)
	case f.Slow > 0:
		trickle(r.Context(), w, a.body, f.Slow)
	default:
		_, _ = w.Write(a.body) // the client may be gone, which is its own affair
	}
}

// hangUp breaks the connection: what was flushed so far arrives, the rest never does.
func hangUp(w http.ResponseWriter) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil { // HTTP/2, or a test's recorder: net/http's own way to break off
		panic(http.ErrAbortHandler)
	}
	_ = connection.Close()
}

// trickle writes a body in ten parts.
func trickle(ctx context.Context, w http.ResponseWriter, body []byte, over time.Duration) {
	const parts = 10
	control := http.NewResponseController(w)
	for i := range parts {
		if !pause(ctx, over/parts) {
			return
		}
		_, _ = w.Write(body[len(body)*i/parts : len(body)*(i+1)/parts])
		_ = control.Flush()
	}
}

// pause waits, and tells whether the client is still there.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
