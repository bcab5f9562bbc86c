package app

import (
	"errors"
	"fmt"

	"acsync/store"
	"acsync/store/bolt"
	"acsync/sync/exit"
	"acsync/sync/rebuild"
	"acsync/sync/report"
	"acsync/sync/report/doc"
	"acsync/sync/tenant"
)

const restoreHelp = `The one command for a restore, and for a move to another machine. FILE is a backup
that a pass has made (ledger.backup_dir), or acsync ledger backup has. It is checked;
what is there is moved aside, and never deleted; and what Agent Connect has received
since is learnt from its data (agent_connect.api_secret_file), before anything is sent.
However it is stopped, the ledger is refused until it has succeeded: run it again.`

// topicRestore is the topic of the manual.
const topicRestore = "restore"

// restored is what a restore has done.
type restored struct {
	*bolt.Restoration
	aside string // where the ledger is now that was there; empty for none
	rebuild.Result
	asked bool // Agent Connect was; otherwise nothing was sent since, or the operator has said so
	place store.Placement
}

// ledgerRestore puts a copy in the place of the ledger. All that it needs is found out before anything is
// changed.
func ledgerRestore(s *session) (err error) {
	copied := s.c.Args().First()
	if s.tenant.Demo != nil {
		return usagef("the sandbox asks nobody real, so that there is nothing to restore: remove its " +
			"ledger and its fence, and acsync run makes another; nothing was changed")
	}
	if err := s.tenant.Config.Ready(); err != nil {
		return err
	}
	accepted := tenant.Access{
		AcceptRestored: true, AcceptTenant: s.c.Bool(flagAcceptTenant), AcceptKey: s.c.Bool(flagAcceptKey),
	}
	lock, err := readLockPolicy(s.c)
	if err != nil {
		return err
	}
	queue := s.tenant.Queue(commandName(s.c))
	defer queue.Leave()
	var r *bolt.Restoration
	err = lock.openInTurn(s, queue, func() (err error) {
		r, err = s.tenant.NewRestoration(copied, accepted)
		return err
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if r.Done && !s.c.Bool(flagReplace) {
		return sayRestoredBefore(s, r, copied)
	}
	if err := mayRestore(s, r); err != nil {
		return err
	}
	done := restored{Restoration: r}
	learn, err := newLearning(s)
	if err != nil {
		return err
	}
	// The turn goes on until the copy is open: a back-fill is not to find it before it is repaired.
	queue.Wait()
	// Else an earlier restore of it goes on, with what that has learnt.
	if !r.Begun {
		if done.aside, err = r.Place(); err != nil {
			return err
		}
	}
	if err := r.Close(); err != nil {
		return err
	}
	if done.asked = learn != nil; done.asked {
		learn.opened = accepted
		done.Result, err = learn.run()
		done.place = learn.place
	} else {
		err = withLedger(s, accepted, func(ledger tenant.Ledger) error {
			done.place = ledger.Placement()
			return ledger.Adopt(store.Adoption{Excused: !r.Newest})
		})
	}
	if err != nil {
		return unfinishedRestore(done, err)
	}
	return sayRestored(s, done, copied)
}

// newLearning finds out all that it takes to learn who was asked since a copy was made, the credentials
// included; nil without the API secret.
func newLearning(s *session) (*rebuilding, error) {
	if !s.tenant.Remembers() {
		return nil, nil
	}
	learn, err := newRebuilding(s)
	if err != nil {
		return nil, err
	}
	return learn, learn.tryOut()
}

// mayRestore refuses what the operator has to say a word about.
func mayRestore(s *session, r *bolt.Restoration) error {
	asks, word := s.tenant.Remembers(), s.c.Bool(flagAcceptRestored)
	switch {
	// An earlier restore of the copy, which goes on, has learnt more than the copy knows.
	case r.Newer() && !r.Begun && !s.c.Bool(flagReplace):
		return exit.Advise(usagef("the ledger that is there is %s; nothing was changed", newerWords(r)),
			"to put the copy in its place all the same: --"+flagReplace+", which moves that ledger aside", topicRestore)
	case asks && word:
		return exit.Advise(usagef("with the API secret Agent Connect is asked who was asked since the copy was "+
			"made; nothing was changed"), "leave --"+flagAcceptRestored+" out", topicRestore)
	case !asks && !word && !r.Newest:
		return exit.Advise(usagef("who was asked since this copy was made, %s, only Agent Connect's data tell, "+
			"which need the API secret; nothing was changed", utc(r.Made)),
			"set agent_connect.api_secret_file or AGENT_CONNECT_API_SECRET. Without it --"+flagAcceptRestored+
				" takes the copy as it is: whoever was asked since then may be asked again", topicRestore)
	}
	return nil
}

// unfinishedRestore adds to what went wrong where the ledger is by now that was there.
func unfinishedRestore(done restored, err error) error {
	if done.aside == "" {
		return err
	}
	return fmt.Errorf("%w. The copy is in place, and refused until then; what was there is %s", err,
		done.aside)
}

// newerWords compares the ledger that is there with the copy.
func newerWords(r *bolt.Restoration) string {
	state := func(info store.Info) string {
		return fmt.Sprintf("checkpoint %s, transaction %d", utc(info.Checkpoint), info.Transaction)
	}
	if r.There.Transaction == r.Copy.Transaction && r.There.Checkpoint.Equal(r.Copy.Checkpoint) {
		return "as new as the copy (" + state(*r.There) + ")"
	}
	return fmt.Sprintf("newer than the copy (%s; the copy of %s: %s)", state(*r.There), utc(r.Made),
		state(r.Copy))
}

func sayRestoredBefore(s *session, r *bolt.Restoration, copied string) error {
	return sayLedger(s, "restore", map[string]any{
		"ledger": s.path(), "copy": copied, "made": r.Made.UTC(), "checkpoint": r.Copy.Checkpoint.UTC(),
		"written": 0, "moved_aside": "", "restored": false,
	}, "%s was restored from this copy before, and is sound: nothing was changed", s.path())
}

// sayRestored says what was found, and what to do next.
func sayRestored(s *session, done restored, copied string) error {
	learnt := "nothing was sent since it was made"
	switch {
	case done.asked:
		learnt = doc.Several(done.Written, "conversation", "conversations") + " that it did not know of, " +
			"marked as accepted; Agent Connect's data were read since " + utc(done.Since)
	case !done.Newest:
		learnt = "not known, as you said: whoever was asked since " + utc(done.Made) + " may be asked again"
	}
	text := fmt.Sprintf("restored     %s from %s\ncopy         of %s, with the checkpoint at %s\n"+
		"asked since  %s\n", s.path(), copied, utc(done.Made), utc(done.Copy.Checkpoint), learnt)
	if done.aside != "" {
		text += fmt.Sprintf("moved aside  what was there is %s\n", done.aside)
	}
	// What it was told to forget went with it.
	if done.There == nil {
		text += "erased       what acsync ledger forget has erased since is in it again: erase it again\n"
	}
	for _, note := range []string{s.witness().Warning(done.place), report.PlaceWarning(done.place)} {
		if note != "" {
			text += "note         " + note + "\n"
		}
	}
	text += "\nPasses go on with it. Look first:  acsync run --dry-run\n" +
		"If it was on another machine before, never start acsync there again: both would ask."
	return sayLedger(s, "restore", map[string]any{
		"ledger": s.path(), "copy": copied, "made": done.Made.UTC(), "checkpoint": done.Copy.Checkpoint.UTC(),
		"written": done.Written, "since": done.Since, "moved_aside": done.aside, "restored": true,
	}, "%s", pointed(s.c, text))
}
