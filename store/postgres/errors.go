package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"acsync/store"
	"acsync/sync/exit"
)

// Codes of the server's errors (documented).
const (
	undefinedTable  = "42P01"
	undefinedSchema = "3F000"
	noPrivilege     = "42501"
	badPassword     = "28P01"
	badLogin        = "28000"
	noDatabase      = "3D000"
	diskFull        = "53100"
	uniqueViolation = "23505"

	lockNotAvailable = "55P03"
)

// aboutDatabases is the topic of the manual.
const aboutDatabases = "high-availability"

// ErrUnsafe is a server that may forget what it has acknowledged.
var ErrUnsafe = exit.New(exit.Usage, "the database server is not one that a ledger can rely on")

// ErrUnreachable is a database that does not answer, or not in time.
var ErrUnreachable = exit.New(exit.Temporary, "the database of the ledger cannot be reached")

var (
	errNobody = fmt.Errorf("nobody holds the ledger: %w", fs.ErrNotExist)

	errStandby = fmt.Errorf("%w: it is a standby, to which nothing can be written", ErrUnsafe)

	errAsyncStandby = fmt.Errorf("%w: it has standbys that no commit waits for (synchronous_standby_names is "+
		"empty), so that a failover forgets who was asked", ErrUnsafe)

	// errRestored answers whoever would send by a ledger whose database has another history. It is
	// ErrRolledBack.
	errRestored = fmt.Errorf("%w: its database was restored from a backup, or has failed over to a copy",
		store.ErrRolledBack)

	errOnlyRehearsed = fmt.Errorf("%w: it has sent with the test key alone", store.ErrOtherCredential)

	errDistrusted = fmt.Errorf("%w: a repair of it is due, or was begun, and has not come to its end",
		store.ErrRolledBack)

	errServed = errors.New("these accounts have another one in this database")

	errUnmigrated = exit.New(exit.Usage, "the tables of the database are not those that this acsync needs")

	errClosed = errors.New("the ledger is closed; open it again")

	errUnsynced = errors.New("a change was made, but no standby has confirmed it: the wait for that was " +
		"cancelled")
)

func unsafe(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrUnsafe}, args...)...)
}

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{store.ErrDamaged}, args...)...)
}

// advice says what an operator can do about an error.
var advice = []struct {
	about error
	topic string
	todo  string
}{
	{
		errServed, aboutDatabases,
		"set ledger.name to that one: a second ledger would know nobody, and ask everybody again. If these are not " +
			"the accounts that you mean, see [kustomer] and [agentconnect]",
	},
	{
		store.ErrMissing, aboutDatabases,
		"run acsync init, which makes it, if there never was one; acsync ledger move brings that of a file. " +
			"If there was one, this is another database: a new ledger knows nobody, and asks everybody again",
	},
	{store.ErrExists, "ledger", "use it, or choose another name (ledger.name); a ledger is never overwritten"},
	{store.ErrLocked, "troubleshooting", "wait for that pass to end, or stop it"},
	{
		store.ErrFenced, aboutDatabases,
		"nothing more was sent, and nothing is lost: the pass that has it goes on. It was taken over because " +
			"this one had said nothing for ledger.lease, as when its machine was stopped",
	},
	{
		errDistrusted, "restore",
		"run acsync ledger rebuild, which learns from Agent Connect who was asked, and ends the repair; if it was " +
			"being moved here from a file, run that acsync ledger move again instead",
	},
	{
		store.ErrRolledBack, "restore",
		"nothing was sent, because whoever it does not know of any more would be asked again. A pass asks " +
			"Agent Connect's data, if the API secret is set, and goes on by itself when they agree; otherwise " +
			"run acsync ledger rebuild",
	},
	{
		store.ErrOtherTenant, "move",
		"nothing was sent; use the configuration that belongs to this ledger, or another name (ledger.name). If " +
			"both name the same accounts and only an address has changed: acsync ledger check --accept-tenant",
	},
	{
		store.ErrRehearsal, "switchover",
		"nothing was sent; choose another name for the ledger (ledger.name)",
	},
	{
		store.ErrNoRehearsal, "switchover",
		"nothing was sent; choose another name for the ledger (ledger.name)",
	},
	{
		errOnlyRehearsed, "switchover",
		"nothing was sent. Whoever it knows as asked was not: their surveys went to the test address. Choose " +
			"another name for the ledger (ledger.name), and run acsync init",
	},
	{
		store.ErrOtherCredential, "move",
		"nothing was sent. If the same account has got a new key: acsync ledger check --accept-key. Else put the " +
			"key back that it was kept with",
	},
	{
		errAsyncStandby, aboutDatabases,
		"set synchronous_standby_names on the server; or set ledger.allow_async_standby, and after a failover " +
			"nothing is sent until Agent Connect's data agree",
	},
	{
		errStandby, aboutDatabases,
		"name the primary in the address, or all servers and target_session_attrs=read-write",
	},
	{ErrUnsafe, aboutDatabases, "turn that on in the server's configuration; it is PostgreSQL's default"},
	{
		ErrUnreachable, aboutDatabases,
		"nothing was sent without it; see whether the server runs, and ledger.url leads to it",
	},
	{store.ErrNoRoom, aboutDatabases, "free some space on the server before anything is sent"},
	{store.ErrReadOnly, "", "open it for writing"},
}

// explain adds the name of the ledger and the advice to an error that leaves the package, once; nil stays
// nil.
func explain(name string, err error) error {
	switch {
	case err == nil, errors.As(err, new(explained)):
		return err
	}
	err = meant(err)
	if name != "" {
		err = fmt.Errorf("the ledger %s: %w", name, err)
	}
	for _, a := range advice {
		if errors.Is(err, a.about) {
			err = exit.Advise(err, a.todo, a.topic)
			break
		}
	}
	return explained{err}
}

// Explain says of an error of the server, or of the network, that a library has met what it means and what to
// do; no address and no parameter stays in it. Nil stays nil.
func Explain(err error) error { return explain("", err) }

// explained is an error that has its advice.
type explained struct{ error }

func (e explained) Unwrap() error { return e.error }

// meant says what an error of the server or of the network means to a ledger. What a server says it says of
// its statements: only its code and first line are kept, and no parameter stands in those.
func meant(err error) error {
	refused, fromServer := errors.AsType[*pgconn.PgError](err)
	at := whereTo(err)
	switch {
	case errors.As(err, new(plain)), errors.Is(err, store.ErrRefused), isOurs(err):
		return err
	case isCode(err, undefinedTable, undefinedSchema):
		return exit.Advise(fmt.Errorf("%w: there are none yet", errUnmigrated),
			"run acsync ledger migrate, as the role that owns them", aboutDatabases)
	case isCode(err, noPrivilege):
		return exit.Advise(exit.New(exit.Usage, "the role of the address may not do that: "+refused.Message),
			"run acsync ledger migrate --grant ROLE, as the role that owns the tables", aboutDatabases)
	case isCode(err, badPassword, badLogin):
		return exit.Advise(exit.New(exit.Credentials, "the database"+at+" refuses the login of the address"),
			"see ledger.url_file, and the role's password on the server", aboutDatabases)
	case isCode(err, noDatabase):
		return exit.Advise(exit.New(exit.Usage, "there is no database"+at),
			"make it (createdb), and run acsync ledger migrate", aboutDatabases)
	case isCode(err, diskFull):
		return fmt.Errorf("%w: the server has no space left", store.ErrNoRoom)
	// It is shut down, has crashed, or is starting; or the connection is lost.
	case fromServer && (strings.HasPrefix(refused.Code, "57P") || strings.HasPrefix(refused.Code, "08")):
		return fmt.Errorf("%w: %s", ErrUnreachable, refused.Message)
	case fromServer:
		return fmt.Errorf("the database answers %s (%s)", refused.Message, refused.Code)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%w: it has not answered in time", ErrUnreachable)
	case errors.Is(err, pgx.ErrNoRows):
		return store.ErrMissing
	}
	if failed, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return fmt.Errorf("%w: no connection to %s could be made: %s", ErrUnreachable, failed.Config.Host,
			innermost(failed))
	}
	return fmt.Errorf("%w: %w", ErrUnreachable, err)
}

// whereTo tells which database a connection was to be made to; empty where one was made.
func whereTo(err error) string {
	failed, ok := errors.AsType[*pgconn.ConnectError](err)
	if !ok {
		return ""
	}
	return fmt.Sprintf(" %s on %s:%d", failed.Config.Database, failed.Config.Host, failed.Config.Port)
}

// isOurs reports whether an error says already what it means.
func isOurs(err error) bool {
	_, ok := exit.Of(err)
	known := []error{errUnsynced, errClosed, store.ErrReadOnly, fs.ErrNotExist}
	return ok || slices.ContainsFunc(known, func(each error) bool { return errors.Is(err, each) })
}

// innermost is the first line of the cause of an error: what is around it repeats the address.
func innermost(err error) string {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// isCode reports whether an error is the server's, with one of some codes.
func isCode(err error, codes ...string) bool {
	failed, ok := errors.AsType[interface {
		error
		SQLState() string
	}](err)
	if !ok {
		return false
	}
	for _, code := range codes {
		if failed.SQLState() == code {
			return true
		}
	}
	return false
}

// errNothing ends a transaction that turns out to have nothing to write.
var errNothing = errors.New("nothing to write")

// broken is an error of the database, as opposed to one of the caller, after which the ledger works on.
type broken struct{ error }

func (b broken) Unwrap() error { return b.error }

// plain is an error that is about what was asked, and not about the database.
type plain struct{ error }

func (p plain) Unwrap() error { return p.error }
