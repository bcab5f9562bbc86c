package store

import (
	"fmt"
	"time"
)

// Intent is the durable note that a survey request is about to be sent.
type Intent struct {
	Key     Key
	Number  uint64 // grows with every intent of the ledger; never used twice
	Ledger  string // id of the ledger
	Attempt int    // how many intents the key has had, this one included
}

// String is the stamp of the survey request: the id of the ledger, a hyphen, the number in hex.
func (i Intent) String() string { return fmt.Sprintf("%s-%x", i.Ledger, i.Number) }

// Result is what became of an intent.
type Result struct {
	State  State
	Reason string    // a short stable code; may be empty
	Status int       // the HTTP status; 0 where there was none
	At     time.Time // when it was known
	Due    time.Time // when a waiting key is taken up again; zero is at once
}
