package store

// Snapshot is all of a ledger but its entries, for whoever keeps it in another way from now on.
type Snapshot struct {
	Info
	Accepted   uint64     // keys that ever became accepted
	Foreign    uint64     // of these: not known to be asked for by this ledger
	Credential []byte     // the hash that it is bound to; see [HashCredential]; nil for none
	Rehearsal  bool       // it is one of rehearsals
	Runs       []Run      // the oldest first
	Backfills  []Backfill // by the beginning of their ranges
}
