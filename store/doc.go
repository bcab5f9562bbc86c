// Package store says what a ledger remembers of every conversation, and by which rules, so that none is ever
// asked about twice. It holds words and pure rules, and no file: package bolt keeps a ledger in one.
//
// Whatever happens to a key happens in one transaction that is durable before it is reported as done. The way
// of a key:
//
//	            Commit                Begin              Finish
//	(unknown) ---------> scheduled ----------> sending ----------> accepted, rejected   final
//	    |                skipped                  |                retry, scheduled     may begin again when due
//	    +----------------------Begin------------->|                in_doubt             only Settle leads out of it
//	                                              +--Recover-----> in_doubt             after a crash
//
// Sending, in_doubt and the final states (accepted, rejected, dropped) cannot be overwritten by Commit:
// whatever the caller gets wrong, the ledger does not forget that a survey request was, or may have been,
// sent. The one exception, and the rule for all of it, is [Record.Held].
package store
