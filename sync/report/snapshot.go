package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"acsync/store"
)

// snapshotSchema names the form of a snapshot. A reader of another version shows the progress alone.
const snapshotSchema = "acsync.snapshot/1"

// mostSnapshot is how large a snapshot may be, in bytes: with the progress it stands in a file beside the
// ledger of which no more than 64 KiB are read. Of what was refused the oldest are left out.
const mostSnapshot = 48 << 10

// ErrNoSnapshot is the answer of a holder that tells no status: it has just opened the ledger, or is of
// another version.
var ErrNoSnapshot = errors.New("the holder of the ledger tells no status")

// snapshot is what a status has of the ledger alone, in which the lights are not judged yet: ids, counts,
// states and reasons. The reader's configuration and its clock judge them.
type snapshot struct {
	Schema     string           `json:"schema"`
	At         time.Time        `json:"at"`
	Info       store.Info       `json:"info"`
	Late       []byte           `json:"late"` // Info.Lateness
	InDoubt    []snapshotEntry  `json:"in_doubt"`
	InFlight   int              `json:"in_flight"`
	Backfills  []store.Backfill `json:"backfills"`
	Refused    []store.Refusal  `json:"refused"`
	NextDue    time.Time        `json:"next_due"`
	Last       *store.Run       `json:"last"`
	Recent     Recent           `json:"recent"`
	FirstTried time.Time        `json:"first_tried"`
	Place      store.Placement  `json:"place"`
}

// snapshotEntry has key and record apart, since both have a resolution.
type snapshotEntry struct {
	Key    store.Key    `json:"key"`
	Record store.Record `json:"record"`
}

// Snapshot is what the status has of the ledger, for other processes; nil where it has too much to be told.
func Snapshot(s Status) json.RawMessage {
	told := snapshot{
		Schema: snapshotSchema, At: s.Now.UTC().Truncate(time.Millisecond), Info: s.Info,
		Late:     s.Lateness.Encode(),
		InFlight: s.InFlight, Backfills: s.Backfills, Refused: s.Refused, NextDue: s.NextDue, Last: s.Last,
		Recent: s.Recent, FirstTried: s.FirstTried, Place: s.Place,
	}
	for _, e := range s.InDoubt {
		told.InDoubt = append(told.InDoubt, snapshotEntry{e.Key, e.Record})
	}
	for {
		text, err := json.Marshal(told)
		switch {
		case err == nil && len(text) <= mostSnapshot:
			return text
		case err != nil || len(told.Refused) == 0:
			return nil
		}
		told.Refused = told.Refused[:len(told.Refused)/2]
	}
}

// ReadSnapshot completes a status with a snapshot, which is of At.
func ReadSnapshot(text json.RawMessage, s *Status) error {
	if len(text) == 0 {
		return ErrNoSnapshot
	}
	var told snapshot
	const todo = "it is told anew every few seconds: ask again, and if that stays so, stop that process"
	if err := json.Unmarshal(text, &struct{ Schema *string }{&told.Schema}); err != nil {
		return fmt.Errorf("the status that the holder of the ledger tells cannot be read; %s", todo)
	}
	if told.Schema != snapshotSchema {
		return fmt.Errorf("%w of this version (%.40q)", ErrNoSnapshot, told.Schema)
	}
	late, err := store.Lateness{}, json.Unmarshal(text, &told)
	if err == nil {
		late, err = store.DecodeLateness(told.Late)
	}
	if err != nil || told.Info.ID == "" || told.At.IsZero() {
		return fmt.Errorf("the status that the holder of the ledger tells cannot be read; %s", todo)
	}
	s.Info, s.Lateness, s.At, s.InFlight = told.Info, late, told.At, told.InFlight
	s.Backfills, s.Refused, s.NextDue, s.Last = told.Backfills, told.Refused, told.NextDue, told.Last
	s.Recent, s.FirstTried, s.Place = told.Recent, told.FirstTried, told.Place
	s.InDoubt = nil
	for _, e := range told.InDoubt {
		s.InDoubt = append(s.InDoubt, store.Entry{Key: e.Key, Record: e.Record})
	}
	return nil
}
