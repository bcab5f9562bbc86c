// Package postgres keeps ledgers in a PostgreSQL database, one a tenant. A method that changes a ledger
// returns when the change is durable, by the word of the server; what may be changed is for the rules of
// package store.
//
// # Who may write
//
// A ledger has a lease: a row with a token that is another one for each opening, and a time until which it is
// held, by the database's clock alone. The first statement of every transaction that writes proves the token,
// renews the lease and locks the row; whoever has lost the token writes nothing more (store.ErrFenced). A
// session's lock would do less: it dies with a connection that its holder outlives, lives on while its holder
// is stopped, and behind a pooler two clients can have it at once (observed).
//
// A token stops writes, and no request to the receiver: an intent says until when its request may leave, well
// before the lease can be over, and after a holder that has not let go nothing is taken for lost before
// Options.Quarantine is over; see store.Info.Unsure.
//
// # Whether the database is the one that was written last
//
// A failover to a standby that lagged behind, a recovery to a point in time and a dump that was restored
// elsewhere forget what was acknowledged. The identifier of the database system and the timeline of its
// write-ahead log tell (observed); both are compared in every transaction that writes. Where one has changed
// no intent is written until the receiver's data were found to agree, or a repair has come to its end; see
// store.Info.Restored. Then the numbers of intents go on beyond all that may have been given. A snapshot of
// the volume that is started as it is, and a dump that is restored into another database of the same system,
// have the same history, and nothing in here can tell: the receiver's data do, which each pass holds against
// the ledger.
//
// # What is asked of the server
//
// PostgreSQL 15 or newer. It must have fsync and full_page_writes on, must not be a standby for whoever
// writes, and, unless Options say otherwise, must not have standbys that no commit waits for. A commit that
// was not waited for although it should have been, because somebody cancelled the wait, counts as failed. All
// that a connection needs is set in each transaction, so that a pooler that shares connections between
// transactions does no harm.
//
// The role that works with ledgers needs to read and write rows alone; another one may own the tables, and
// brings them up to date with [Database.Migrate].
package postgres
