package app

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"acsync/store"
)

// line is a conversation in an export: one JSON object a line.
type line struct {
	ID         string    `json:"id"`
	Resolution time.Time `json:"resolution"`
	State      string    `json:"state"`
	Reason     string    `json:"reason"`
	Status     int       `json:"status"`
	Attempts   int       `json:"attempts"`
	At         time.Time `json:"at"`
	Intent     string    `json:"intent"`                  // the stamp of the last attempt; empty where there was none
	Kind       string    `json:"kind,omitzero"`           // "recovery" when it is one, beside the conversation's own line
	PerRes     bool      `json:"per_resolution,omitzero"` // asked about once for each resolution, not once
}

// exportTo writes the entries that each gives. They come by id, and a Kustomer id begins with the time of its creation, so
// that the oldest come first.
func exportTo(w io.Writer, ledger string, each func(func(store.Entry) error) error) error {
	buffered := bufio.NewWriter(w)
	encoder := json.NewEncoder(buffered)
	err := each(func(e store.Entry) error {
		l := line{
			ID: e.Conversation, Resolution: e.Record.Resolution.UTC(), State: e.State.String(), Reason: e.Reason,
			Status: e.Status, Attempts: e.Attempts, At: e.At.UTC(), PerRes: e.Key.Resolution != 0, Kind: e.Kind(),
		}
		if e.Intent > 0 {
			l.Intent = store.Intent{Number: e.Intent, Ledger: ledger}.String()
		}
		return encoder.Encode(l)
	})
	if err == nil {
		err = buffered.Flush()
	}
	if err != nil {
		return fmt.Errorf("write the export: %w", err)
	}
	return nil
}

// importFrom reads an export. What is not settled there (scheduled, to be retried, sending) comes as in doubt where an
// attempt was made, and is left out where none was: the passes of this ledger find it again by themselves.
func importFrom(r io.Reader) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		scanner := bufio.NewScanner(r)
		scanner.Buffer(nil, 1<<20)
		for n := 1; scanner.Scan(); n++ {
			if strings.TrimSpace(scanner.Text()) == "" {
				continue
			}
			entry, ok, err := parseLine(scanner.Bytes())
			if err != nil {
				yield(store.Entry{}, fmt.Errorf("line %d of the import: %w", n, err))
				return
			}
			if ok && !yield(entry, nil) {
				return
			}
		}
		if err := scanner.Err(); err != nil {
			yield(store.Entry{}, fmt.Errorf("read the import: %w", err))
		}
	}
}

func parseLine(text []byte) (store.Entry, bool, error) {
	var l line
	if err := json.Unmarshal(text, &l); err != nil {
		return store.Entry{}, false, errors.New("it is no JSON object as acsync ledger export writes them")
	}
	state := store.Unknown
	for _, each := range store.States() {
		if each.String() == l.State {
			state = each
		}
	}
	key := store.Key{Conversation: l.ID, Recovery: l.Kind != ""}
	switch {
	case l.ID == "" || l.Resolution.IsZero() || l.At.IsZero():
		return store.Entry{}, false, errors.New("id, resolution or at is missing")
	case l.Kind != key.Kind():
		return store.Entry{}, false, fmt.Errorf("there is no kind %s", strconv.Quote(l.Kind))
	case state == store.Unknown:
		return store.Entry{}, false, fmt.Errorf("there is no state %s", strconv.Quote(l.State))
	case state == store.Sending, state == store.Retry && l.Attempts > 0:
		state = store.InDoubt
	case state == store.Retry, state == store.Scheduled:
		return store.Entry{}, false, nil
	}
	if l.PerRes {
		key.Resolution = l.Resolution.UnixMilli()
	}
	return store.Entry{Key: key, Record: store.Record{
		State: state, Reason: l.Reason, Resolution: l.Resolution, At: l.At, Status: l.Status, Attempts: l.Attempts,
	}}, true, nil
}
