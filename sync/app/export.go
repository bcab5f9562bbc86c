package app

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"
	"time"

	"acsync/store"
	"acsync/sync/report/doc"
	"acsync/sync/tenant"
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
	Intent     string    `json:"intent"`                  // the stamp of the last attempt; empty for none
	Kind       string    `json:"kind,omitzero"`           // "recovery", beside the conversation's own line
	PerRes     bool      `json:"per_resolution,omitzero"` // asked about once for each resolution, not once
}

// exportFile lets an export be written to a new file, which is whole on the disk or not there.
func exportFile(path string, write func(io.Writer) (int, error)) (n int, err error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, usagef("write the export: %v; name a new file with --%s", err, flagOut)
	}
	defer func() {
		if err = errors.Join(err, file.Close()); err != nil {
			err = errors.Join(err, os.Remove(path))
		}
	}()
	if n, err = write(file); err == nil {
		err = file.Sync()
	}
	return n, err
}

// exportTo writes the entries that each gives, and tells how many. They come by id, and a Kustomer id begins
// with the time of its creation, so that the oldest come first.
func exportTo(w io.Writer, ledger string, each func(func(store.Entry) error) error) (n int, err error) {
	visible := &doc.Visible{To: w}
	buffered := bufio.NewWriter(visible)
	encoder := json.NewEncoder(buffered)
	err = each(func(e store.Entry) error {
		l := line{
			ID: e.Conversation, Resolution: e.Record.Resolution.UTC(), State: e.State.String(),
			Reason: e.Reason, Status: e.Status, Attempts: e.Attempts, At: e.At.UTC(), Kind: e.Kind(),
			PerRes: e.Key.Resolution != 0,
		}
		if e.Intent > 0 {
			l.Intent = store.Intent{Number: e.Intent, Ledger: ledger}.String()
		}
		n++
		return encoder.Encode(l)
	})
	if err == nil {
		err = errors.Join(buffered.Flush(), visible.Close())
	}
	if err != nil {
		return n, fmt.Errorf("write the export: %w", err)
	}
	return n, nil
}

// everything walks all that a ledger has to say to another one: the hashes of what was erased come first,
// so that nothing of that is taken over.
func everything(ledger tenant.Ledger) func(func(store.Entry) error) error {
	return func(fn func(store.Entry) error) error {
		erased, err := ledger.Erased()
		if err != nil {
			return err
		}
		for _, e := range erased {
			if err := fn(e); err != nil {
				return err
			}
		}
		return ledger.Each(fn)
	}
}

// importFrom reads an export. What is not settled there (scheduled, to be retried, sending) comes as in doubt
// where an attempt was made, and is left out where none was: the passes of this ledger find it again by
// themselves.
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
				yield(store.Entry{}, usagef("line %d of the import: %v", n, err))
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

func parseLine(text []byte) (e store.Entry, settled bool, err error) {
	var l line
	if err := json.Unmarshal(text, &l); err != nil {
		return e, false, errors.New("it is no JSON object as acsync ledger export writes them")
	}
	state := store.Unknown
	for _, each := range store.States() {
		if each.String() == l.State {
			state = each
		}
	}
	key := store.Key{Conversation: l.ID, Recovery: l.Kind != ""}
	switch {
	case l.ID == "" || l.Resolution.IsZero() && l.Reason != store.ReasonErased || l.At.IsZero():
		return e, false, errors.New("id, resolution or at is missing")
	case l.Kind != key.Kind():
		return e, false, fmt.Errorf("there is no kind %q", l.Kind)
	case state == store.Unknown:
		return e, false, fmt.Errorf("there is no state %q", l.State)
	case state == store.Sending, state == store.Retry && l.Attempts > 0:
		state = store.InDoubt
	case state == store.Retry, state == store.Scheduled:
		return e, false, nil
	}
	if l.PerRes {
		key.Resolution = l.Resolution.UnixMilli()
	}
	return store.Entry{Key: key, Record: store.Record{
		State: state, Reason: l.Reason, Resolution: l.Resolution, At: l.At, Status: l.Status,
		Attempts: l.Attempts,
	}}, true, nil
}
