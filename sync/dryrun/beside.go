package dryrun

import "acsync/store"

// Beside is a ledger that another process sends by at the moment: what is being sent is that one's, and
// counts as sent here.
type Beside struct{ ReadLedger }

// Lookup shows what is being sent as sent.
func (b Beside) Lookup(keys []store.Key) (map[store.Key]store.Record, error) {
	records, err := b.ReadLedger.Lookup(keys)
	for key, record := range records {
		if record.State == store.Sending {
			record.State = store.Accepted
			records[key] = record
		}
	}
	return records, err
}

// OpenIntents are none that an interrupted process has left.
func (Beside) OpenIntents() ([]store.Entry, error) { return nil, nil }
