package bolt

import (
	"iter"

	"acsync/store"
)

// importStride is how many entries Import writes in one transaction.
const importStride = 1000

// Importer takes over what is known from elsewhere.
type Importer struct{ *database }

// Import takes over entries that are known from elsewhere: the receiver's own data, or the export of another
// ledger. Allowed states are accepted, rejected, dropped, in doubt and skipped, and only for keys that are
// unknown, skipped, scheduled or retry; none may have a reason that contradicts it, see [store.MayImport]. An
// entry that the ledger has exactly so already is passed over, so that an import can be repeated; any other
// refuses the transaction that it is in, and ends the import, as does an error of the sequence. The number of
// entries that were written, in transactions of 1,000, is given in any case.
//
// An Intent is kept as given, and no later intent gets its number; one that another ledger gave means nothing
// here and is better left out. While the ledger is distrusted, accepted entries without one are those that
// others asked for.
func (i Importer) Import(entries iter.Seq2[store.Entry, error]) (written int, err error) {
	part := make([]store.Entry, 0, importStride)
	for e, err := range entries {
		if err != nil {
			return written, err
		}
		if part = append(part, e); len(part) < importStride {
			continue
		}
		n, err := i.importPart(part)
		written, part = written+n, part[:0]
		if err != nil {
			return written, err
		}
	}
	n, err := i.importPart(part)
	if written += n; err != nil || written == 0 {
		return written, err
	}
	return written, i.updateFence()
}

// importPart writes some entries in one transaction.
func (i Importer) importPart(part []store.Entry) (written int, err error) {
	if len(part) == 0 {
		return 0, nil
	}
	err = i.update(func(t *txn) error {
		for _, e := range part {
			fresh, err := importEntry(t, e)
			if err != nil {
				return err
			}
			if fresh {
				written++
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return written, nil
}

// importEntry writes one imported entry, unless it is there already.
func importEntry(t *txn, e store.Entry) (fresh bool, err error) {
	s, err := t.records.load(e.Key)
	if err != nil {
		return false, err
	}
	intents := t.records.intents
	r, err := e.Dated(s.old, intents.Sequence()).Normalize()
	if err != nil {
		return false, err
	}
	r = s.old.Decided(r)
	if err := store.MayImport(store.Entry{Key: e.Key, Record: r}, s.old); err != nil || s.old == r {
		return false, err
	}
	if r.Intent > intents.Sequence() {
		if err := intents.SetSequence(r.Intent); err != nil {
			return false, err
		}
	}
	// Nothing tells by whom a recovery was sent.
	if r.State == store.Accepted && e.Intent == 0 && !e.Key.Recovery {
		t.foreign++
	}
	return true, t.records.put(s, r)
}
