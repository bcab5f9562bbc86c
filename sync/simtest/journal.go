package simtest

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// journal is what has happened in a world, in virtual time, and what of it must never happen.
type journal struct {
	mu     sync.Mutex
	began  time.Time
	events []event
	met    map[string]int // faults and other things worth knowing that they were tried
	wrong  []wrong
	failed string // what this machine could not do first; empty: it could do all
}

type event struct {
	at   time.Time
	text string
}

// wrong is an invariant that does not hold.
type wrong struct {
	invariant string
	event
}

func newJournal() *journal { return &journal{began: time.Now(), met: map[string]int{}} }

// note enters an event.
func (j *journal) note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.events = append(j.events, event{time.Now(), text})
}

// meets counts that a kind of fault has come up.
func (j *journal) meets(kind string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.met[kind]++
}

// wrongf enters that an invariant of design.md does not hold, such as "I1".
func (j *journal) wrongf(invariant, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	j.note("WRONG %s: %s", invariant, text)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.wrong = append(j.wrong, wrong{invariant, event{time.Now(), text}})
}

// failf enters that this machine could not do its part. That is no fault of the program, and what is found in
// such a world proves nothing.
func (j *journal) failf(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	j.note("FAILED: %s", text)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.failed = cmp.Or(j.failed, text)
}

// failure is what this machine could not do first; empty: it could do all.
func (j *journal) failure() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.failed
}

// faults is what does not hold, in the order in which it was found.
func (j *journal) faults() []wrong {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.wrong)
}

// coverage counts what has come up.
func (j *journal) coverage() map[string]int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return maps.Clone(j.met)
}

// lines are the events as a person reads them; those of one instant, in whatever order they were entered,
// always in the same.
func (j *journal) lines() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	events := slices.Clone(j.events)
	slices.SortStableFunc(events, func(a, b event) int {
		return cmp.Or(a.at.Compare(b.at), strings.Compare(a.text, b.text))
	})
	lines := make([]string, len(events))
	for i, e := range events {
		lines[i] = fmt.Sprintf("%s  %s", since(j.began, e.at), e.text)
	}
	return lines
}

// digest is another one for each other course of events.
func (j *journal) digest() string {
	sum := sha256.Sum256([]byte(strings.Join(j.lines(), "\n")))
	return hex.EncodeToString(sum[:])
}

// since is a virtual time as the journal shows it: days, and the time of the day with its nanoseconds.
func since(began, at time.Time) string {
	passed := at.Sub(began)
	days := passed / (24 * time.Hour)
	clock := time.Time{}.Add(passed % (24 * time.Hour))
	return fmt.Sprintf("day %d %s", days, clock.Format("15:04:05.000000000"))
}
