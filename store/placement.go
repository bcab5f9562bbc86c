package store

// Placement is whether a ledger is where it was last used, and what tells there that it was put back.
type Placement struct {
	Shared  bool   // it is in a database, which any machine may use that has its address
	Bound   bool   // it is to know its place, which the ledger of stand-ins is not
	Refused string // why nothing is sent from here; empty: nothing speaks against it
	Todo    string // what to do about that; empty where Refused says it
	Witness string // path of the second witness; empty: none is kept
	// Elsewhere is that there is none in the directory of whoever asks, and there are those of other users.
	Elsewhere bool
	Lacking   string // why there is no second witness, or it tells little; empty: all is well
	Begins    bool   // what is lacking is the first pass alone, which begins it
}
