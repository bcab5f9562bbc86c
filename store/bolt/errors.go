package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"acsync/store"
	"acsync/sync/exit"
)

// errFewer answers a repair that has not found all. It is ErrRolledBack.
var errFewer = fmt.Errorf("%w", store.ErrRolledBack)

// errOnlyRehearsed answers a credential other than the test key, with which the ledger was kept. It is
// ErrOtherCredential.
var errOnlyRehearsed = fmt.Errorf("%w", store.ErrOtherCredential)

// errLeft answers whoever would make a ledger where another one has left its traces. It is ErrRolledBack.
var errLeft = fmt.Errorf("%w", store.ErrRolledBack)

// errUnfenced answers a ledger whose fence is gone. It is ErrRolledBack.
var errUnfenced = fmt.Errorf("%w", store.ErrRolledBack)

// errNever answers where there is no ledger, and nothing shows that there ever was one. It is ErrMissing.
var errNever = fmt.Errorf("%w", store.ErrMissing)

// errUnwitnessed answers where the witness that a ledger must have is gone. It is ErrMoved.
var errUnwitnessed = fmt.Errorf("%w", store.ErrMoved)

// errOtherMachine answers where the machine is another one, or is called otherwise. It is ErrMoved.
var errOtherMachine = fmt.Errorf("%w", store.ErrMoved)

const notFromHere = "nothing is sent from here: two copies that go on beside each other ask everybody twice. "

const ifMoved = "If it was moved, and the old one will never be used again: acsync ledger check " +
	"--accept-move. If it is a copy, use the one that it was made from. Never both"

const restoreCopy = "run acsync ledger restore FILE with the newest copy of it, which learns who was asked " +
	"since, and leave its fence where it is"

const anew = "move the ledger, its fence and its witness away, and run acsync init --adopt --start TIME, which " +
	"names what is still in its place, and learns from Agent Connect who was asked"

// advice says what an operator can do about the sentinels that need an operator.
var advice = []struct {
	about error
	topic string // of the manual, which tells more
	todo  string
}{
	{
		errNever, "start",
		"run acsync init, which makes it, if there never was one. If there was one, here or on " +
			"another machine, a new one knows nobody, and asks everybody again: run acsync ledger restore FILE " +
			"with the newest copy of it",
	},
	{
		store.ErrMissing, "restore",
		restoreCopy + ". Only if all copies are lost: " + anew,
	},
	{
		store.ErrExists, "ledger",
		"use it, or choose another path; a ledger is never overwritten",
	},
	{
		store.ErrLocked, "troubleshooting",
		"wait for that pass to end, or stop it",
	},
	{
		store.ErrDamaged, "restore",
		"nothing more is sent; " + restoreCopy + ". Only if all copies are lost: " + anew,
	},
	{
		store.ErrNewerFormat, "ledger",
		"use the version of acsync that wrote it, or a newer one",
	},
	{
		store.ErrReadOnly, "",
		"open it for writing",
	},
	{
		errFewer, "restore",
		"nothing is trusted yet: what was sent lately Agent Connect's data may not show so soon. " +
			"Run acsync ledger rebuild again after a while. If it stays so for a day, the rest was expunged " +
			"there, or accepted by hand: acsync ledger rebuild --accept-missing",
	},
	{
		errLeft, "restore",
		"no ledger was made, because a new one knows nobody and asks everybody again. Run acsync " +
			"ledger restore FILE with the newest copy of it, and leave its fence where it is. Only if all copies " +
			"are lost, or if it is to begin anew on purpose, such as with another account: " + anew,
	},
	{
		errUnfenced, "restore",
		"nothing was sent, because nothing tells now whether it is an older copy. Put the fence " +
			"back beside it, as where the ledger was moved and the fence stayed behind. Only if the fence is lost: " +
			"acsync ledger rebuild, or acsync ledger restore FILE where there is a newer copy: both learn from " +
			"Agent Connect who was asked since",
	},
	{
		store.ErrRolledBack, "restore",
		"nothing was sent, because whoever it does not know of any more would be asked " +
			"again. Leave the fence where it is. Where there is a newer copy, run acsync ledger restore FILE, " +
			"and otherwise acsync ledger rebuild: both learn from Agent Connect who was asked since",
	},
	{
		errUnwitnessed, "move",
		"nothing is sent without it. Is the disk mounted on which it lies? Mount it. Only " +
			"if it is gone for good, and no other copy of the ledger is in use: acsync ledger check --accept-move",
	},
	{errOtherMachine, "move", notFromHere + "If this is the same machine, and only ledger.machine (or " +
		"ACSYNC_LEDGER_MACHINE) has changed: set it back. " + ifMoved},
	{store.ErrMoved, "move", notFromHere + ifMoved},
	{
		store.ErrMovedAway, "high-availability",
		"nothing was sent; name that place in ledger.url or ledger.url_file, and leave ledger.path out. This file " +
			"is to look at alone: it does not know whom the other one has asked since",
	},
	{
		store.ErrOtherTenant, "move",
		"nothing was sent; use the configuration that belongs to this ledger, or the " +
			"ledger that belongs to this configuration (ledger.path). If both name the same accounts and only " +
			"an address has changed: acsync ledger check --accept-tenant",
	},
	{
		store.ErrRehearsal, "switchover",
		"nothing was sent. Name the other ledger in ledger.path, usually acsync.db; where " +
			"there never was one, acsync init makes it. acsync rehearse finds its own beside that",
	},
	{
		store.ErrNoRehearsal, "switchover",
		"nothing was sent. acsync rehearse keeps its ledger there, beside that of " +
			"ledger.path: give one of the two another name",
	},
	{
		errOnlyRehearsed, "switchover",
		"nothing was sent. Whoever it knows as asked was not: their surveys went to the " +
			"test address. Move it and its fence away, and its witness, which acsync init names, and make another; " +
			"to rehearse there is acsync rehearse, with a ledger of its own",
	},
	{
		store.ErrOtherCredential, "move",
		"nothing was sent. If the same account has got a new key: acsync ledger " +
			"check --accept-key. If it was kept with the test key, set that as agent_connect.test_api_key, and " +
			"acsync says how to go on. Else put the key back that it was kept with",
	},
	{
		store.ErrNetwork, "ledger",
		"move it to a local disk; a lock that two machines may hold at once does not keep " +
			"anybody from being asked twice",
	},
	{
		fs.ErrPermission, "ledger",
		"let this user read and write it and its directory; a dry run and status only read",
	},
	{
		store.ErrNoRoom, "ledger",
		"free some space before anything is sent",
	},
	{
		syscall.ENOMEM, "troubleshooting",
		"there is not enough address space or memory to map the file: raise the limit of this " +
			"process (ulimit -v, or LimitAS= of systemd), or lift it",
	},
}

// explain adds the path and the advice to an error that leaves the package, once; nil stays nil.
func explain(path string, err error) error {
	if err == nil || strings.HasPrefix(err.Error(), path+": ") {
		return err
	}
	todo, topic := advise(err)
	return exit.Advise(fmt.Errorf("%s: %w", path, err), todo, topic)
}

// advise says what can be done about an error, and what topic tells more; empty for nothing that is known
// here.
func advise(err error) (todo, topic string) {
	for _, a := range advice {
		if errors.Is(err, a.about) {
			return a.todo, a.topic
		}
	}
	return "", ""
}

// bare is an error without what explain has added.
func bare(path string, err error) error {
	for strings.HasPrefix(err.Error(), path+": ") {
		inner := errors.Unwrap(err)
		if inner == nil {
			break
		}
		err = inner
	}
	return err
}

func rolledBack(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{store.ErrRolledBack}, args...)...)
}

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{store.ErrDamaged}, args...)...)
}
