package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"
)

const (
	atOnce  = 8 // survey requests
	timeout = 30 * time.Second
	tries   = 5
)

// service calls one of the two services.
type service struct {
	base, header, key string
	pace              *pace
	pause             time.Duration // before the second try
}

var client = &http.Client{Timeout: timeout, Transport: &http.Transport{MaxIdleConnsPerHost: atOnce}}

// errStatus is an answer that says no.
var errStatus = errors.New("answered")

// do makes a call, and tries again what failed for a time: no answer, 429 and 5xx.
func (s *service) do(method, path string, body, into any) (status int, err error) {
	var text []byte
	if body != nil {
		if text, err = json.Marshal(body); err != nil {
			return 0, err
		}
	}
	pause := s.pause
	for try := 1; ; try++ {
		s.pace.wait()
		var after time.Duration
		status, after, err = s.once(method, path, text, into)
		temporary := status == 0 || status == http.StatusTooManyRequests || status >= 500
		if err == nil || !temporary || try == tries {
			return status, err
		}
		time.Sleep(max(pause, after))
		pause *= 2
	}
}

// once makes a call; after is when the service wants the next one.
func (s *service) once(
	method, path string, body []byte, into any,
) (status int, after time.Duration, err error) {
	request, err := http.NewRequest(method, s.base+path, bytes.NewReader(body))
	if err != nil {
		return 0, 0, err
	}
	request.Header.Set(s.header, s.key)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, 0, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		// Cut off, which is no answer.
		return 0, 0, err
	}
	if response.StatusCode >= 300 {
		seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
		err := fmt.Errorf("%w %s", errStatus, response.Status)
		return response.StatusCode, time.Duration(seconds) * time.Second, err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return 0, 0, fmt.Errorf("read the answer: %w", err)
	}
	return response.StatusCode, 0, nil
}

// post creates a survey request. That it was refused for good is no error, and told by the status.
func (s *service) post(path string, body any) (status int, err error) {
	var echo map[string]any
	status, err = s.do(http.MethodPost, path, body, &echo)
	if errors.Is(err, errStatus) && status < 500 && status != http.StatusTooManyRequests &&
		status != http.StatusForbidden && status != http.StatusUnauthorized {
		return status, nil
	}
	return status, err
}

// pace lets so many calls a minute through, evenly.
type pace struct {
	mu    sync.Mutex
	next  time.Time
	every time.Duration
}

func newPace(perMinute int) *pace { return &pace{every: time.Minute / time.Duration(perMinute)} }

func (p *pace) wait() {
	p.mu.Lock()
	now := time.Now()
	if p.next.Before(now) {
		p.next = now
	}
	at := p.next
	p.next = p.next.Add(p.every)
	p.mu.Unlock()
	time.Sleep(at.Sub(now))
}
