package app

import "sync"

// statusLine is what stands beside the bar: what is waited for, else how far the windows are.
type statusLine struct {
	mu      sync.Mutex
	place   string
	waiting func() string // nil: nothing is known of that
}

func (l *statusLine) setPlace(place string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.place = place
}

func (l *statusLine) setWaiting(waiting func() string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = waiting
}

func (l *statusLine) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiting != nil {
		if text := l.waiting(); text != "" {
			return text
		}
	}
	return l.place
}
