package store

import "time"

// Batch is what a pass has found out since its last commit.
type Batch struct {
	Entries    []Entry         // decisions; see Commit
	Checkpoint time.Time       // the new checkpoint; zero leaves it as it is
	Backfill   *Backfill       // how far a back-fill has come; nil leaves all as they are
	Late       []time.Duration // how late conversations were seen first; see Lateness
	Run        *Run            // the summary of the pass; nil while it goes on
	Witnessed  time.Time       // the new Info.Witnessed; zero leaves it as it is
	Identity   Identity        // what the ledger remembers as one from now on; empty leaves it as it is
}

// Empty reports whether the batch changes nothing.
func (b Batch) Empty() bool {
	return len(b.Entries) == 0 && len(b.Late) == 0 && b.Checkpoint.IsZero() && b.Backfill == nil &&
		b.Run == nil && b.Identity == "" && b.Witnessed.IsZero()
}
