package postgres

// Ledger is an open ledger. Its methods may be called at the same time; changes are made one after the other.
type Ledger struct {
	*core
	Lease
	Reader
	Writer
	Keeper
	Eraser
	Repairer
}

func newLedger(c *core) *Ledger {
	return &Ledger{c, Lease{c}, Reader{c}, Writer{c}, Keeper{c}, Eraser{c}, Repairer{c}}
}
