package sandbox

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"strconv"
	"time"
)

// backend is what the two services differ in.
type backend struct {
	routes  []route
	maxBody int64 // bytes of a request

	admit    func(*call) (quota, *answer)            // authentication and limits; an answer refuses the call
	failure  func(status int, message string) answer // an error in the service's shape
	announce func(quota) http.Header                 // how each answer tells of the limit
}

// service serves a backend over HTTP, and lets faults happen.
type service struct {
	backend
	faults *faults
	clock  func() time.Time
}

// ServeHTTP answers one request.
func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, s.maxBody))
	r.Body = io.NopCloser(bytes.NewReader(body))
	f := s.faults.next(r, body)
	answered := func() answer { return s.answer(r, body, err) }
	var a answer
	if f.Processed {
		a = answered()
	}
	if !pause(r.Context(), f.Delay) {
		return
	}
	switch {
	case f.Status != 0:
		a = s.replacement(&f)
	case !f.Processed && !f.Break:
		a = answered()
	}
	s.send(w, a.with(f.Header), &f)
}

// answer is the real one.
func (s *service) answer(r *http.Request, body []byte, readErr error) answer {
	match, id, known := find(s.routes, r)
	c := &call{path: r.URL.Path, id: id, query: r.URL.Query(), header: r.Header, body: body}
	q, refused := s.admit(c)
	_, tooLarge := errors.AsType[*http.MaxBytesError](readErr)
	var a answer
	switch {
	case refused != nil:
		a = *refused
	case !known:
		a = s.failure(http.StatusNotFound, "no such path")
	case match == nil:
		a = s.failure(http.StatusMethodNotAllowed, "method not allowed")
	case tooLarge:
		a = s.failure(http.StatusRequestEntityTooLarge, "request body too large")
	case readErr != nil:
		a = s.failure(http.StatusBadRequest, "request body could not be read")
	default:
		a = match.serve(c)
	}
	return a.with(s.announce(q))
}

// replacement is the fault's answer in place of the real one.
func (s *service) replacement(f *Fault) answer {
	a := s.failure(f.Status, http.StatusText(f.Status))
	if f.Body != "" {
		a.body = []byte(f.Body)
	}
	if f.Status == http.StatusTooManyRequests {
		a = a.with(s.announce(quota{reset: s.clock().Truncate(time.Minute).Add(time.Minute)}))
	}
	return a
}

// send writes an answer, as far as the fault lets it.
func (s *service) send(w http.ResponseWriter, a answer, f *Fault) {
	if f.Break {
		hangUp(w)
		return
	}
	maps.Copy(w.Header(), a.header)
	w.Header().Set("Date", s.clock().UTC().Format(http.TimeFormat))
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	if f.Cut {
		_, _ = w.Write(a.body[:len(a.body)/2])
		_ = http.NewResponseController(w).Flush()
		hangUp(w)
		return
	}
	// Whether it arrives is the client's affair: it may be gone.
	_, _ = w.Write(a.body)
}

// hangUp breaks the connection: what was flushed so far arrives, the rest never does.
func hangUp(w http.ResponseWriter) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		// A test's recorder cannot be hijacked: this is net/http's own way to break off.
		panic(http.ErrAbortHandler)
	}
	_ = connection.Close()
}

// pause waits, and reports whether the client is still there.
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
