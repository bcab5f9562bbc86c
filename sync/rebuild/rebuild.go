// Package rebuild fills a ledger that was lost, or put back from a copy, with what Agent Connect has.
package rebuild

import (
	"context"
	"fmt"
	"time"

	"acsync/store"
	"acsync/store/bolt"
	"acsync/sync/exit"
	"acsync/sync/verify"
)

// days is how far back a rebuild reads that is not told.
const days = 90

// Options say how a ledger is rebuilt.
type Options struct {
	Since   time.Time // read what was received from here on; zero: long enough ago for the ledger
	Stamped bool      // survey requests bear the number of their intent
	Missing bool      // trust the ledger although Agent Connect shows fewer requests than were counted once
}

// Result is what a rebuild has done, also where it came to no end.
type Result struct {
	Written int       // conversations that were marked as accepted
	Since   time.Time // where the reading began
}

// Run marks as accepted what Agent Connect received, and trusts the ledger again when all of that is known.
func Run(ctx context.Context, ledger *bolt.Ledger, receiver verify.Receiver, o Options) (Result, error) {
	info, err := ledger.Info()
	if err != nil {
		return Result{Since: o.Since}, err
	}
	done := Result{Since: o.Since}
	switch {
	case o.Since.IsZero():
		done.Since = time.Now().AddDate(0, 0, -days)
		if known := info.Witnessed.Add(-verify.Skew); known.Before(done.Since) {
			done.Since = known
		}
	case o.Since.After(info.Witnessed):
		return done, exit.New(exit.Usage, fmt.Sprintf("--since is %s, but what this ledger knows of for "+
			"certain ends at %s: whoever was asked between would be asked again; leave --since out",
			o.Since.UTC().Format(time.RFC3339), info.Witnessed.UTC().Format(time.RFC3339)))
	}
	// A new ledger, perhaps filled from an export: a rebuild that fails must not let it ask everybody.
	if info.Intents == 0 {
		if err := ledger.Distrust(); err != nil {
			return done, err
		}
	}
	found, err := gather(ledger, info, receiver.Since(ctx, done.Since))
	if err != nil {
		return done, err
	}
	if done.Written, err = found.enter(); err != nil {
		return done, err
	}
	if found.nameless > 0 && !o.Missing {
		return done, fmt.Errorf("%w: Agent Connect shows %d requests of it that do not tell whom they were "+
			"about, and nothing is trusted: these would be asked again. Run acsync ledger rebuild again "+
			"after a while; --accept-missing does without them", store.ErrRolledBack, found.nameless)
	}
	return done, ledger.Adopt(bolt.Adoption{Seen: found.seen, Unstamped: !o.Stamped, Missing: o.Missing})
}
