package postgres

import "acsync/store"

// Repairer mends a ledger that must not send before it knows what was sent since.
type Repairer struct{ *core }

// Distrust notes that a repair begins, or is due: until Adopt nobody else opens the ledger.
func (r Repairer) Distrust() error {
	return r.update(nil, func(t *txn) error {
		r.doubted = true
		return nil
	})
}

// Adopt ends the repair of a ledger that was opened with AcceptFence, or distrusted. The next intents get
// numbers that were never given before. What was lost with the database itself nothing in here counts, so
// that nothing but the receiver's data can tell whether all of it was found.
func (r Repairer) Adopt(a store.Adoption) error {
	err := r.update(nil, func(t *txn) error {
		r.doubted = false
		t.distrusted = false
		if from := milli(a.KnownFrom); !a.KnownFrom.IsZero() && (t.knownFrom.IsZero() || from.Before(t.knownFrom)) {
			t.knownFrom = from
		}
		known := max(uint64(t.intents), a.Seen)
		// Where nothing was ever sent there is nothing to pass over.
		if known == 0 && t.accepted == 0 && t.restored == nil {
			t.history = t.of.now
			return nil
		}
		trust(t, known)
		if a.Excused {
			t.excused = t.intents
		}
		return nil
	})
	if err != nil {
		r.mu.Lock()
		r.doubted = true
		r.mu.Unlock()
	}
	return err
}
