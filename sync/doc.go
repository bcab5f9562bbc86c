// Package sync is the engine of acsync: it reconciles the Kustomer conversations that were marked done with the
// survey requests of Medallia Agent Connect.
//
// # The promise
//
// Every conversation marked done gets exactly one visible disposition, no customer is ever mailed twice for it, and
// the operator can see why.
//
// # The way of the data
//
//	         sync/kustomer              sync (pure)             store                sync/agentconnect
//	window ─▶ search ─▶ join customer, ─▶ Decide ─▶ skip ────────▶ disposition
//	          agent and tag names             └──▶ send ─▶ intent ─▶ POST ─▶ outcome ─▶ disposition
//	                                                                    (checkpoint moves when the window is recorded)
//
// A window is read whole, decided, delivered and recorded; then the checkpoint moves, in the same ledger transaction
// as the window's last dispositions. The next window is read while this one is delivered.
//
// # The life of a conversation
//
//	              ┌────────────── not its time yet, or the pass stopped sending
//	              ▼
//	decided ─▶ scheduled ─▶ sending ─▶ accepted            Agent Connect took it
//	   │                       │ ├──▶ rejected            Agent Connect refused it for good
//	   │                       │ ├──▶ retry ─▶ sending …  certainly not sent
//	   │                       └─┴──▶ in_doubt            may have arrived: never sent again blindly
//	   └─▶ skipped                                        decided anew whenever it is seen again
//
// An intent that is still open when a pass starts was left by a crash: it is in doubt.
//
// A doubt is ended by Agent Connect's own data, which a pass asks first, or by the operator: it becomes accepted, retry
// or dropped. What could not be sent within three days of the first attempt is rejected.
//
// # Words
//
// A resolution is one transition of a conversation to done. An agent is the Kustomer user that the survey is about;
// Agent Connect calls it employee. A window is a half-open interval of resolution times. The checkpoint is the time
// up to which every window has been read to its end and recorded. A pass is one run of the loop over some windows.
// A decision is send, or skip with a reason. An intent is the durable note that a survey request is about to be
// posted; its outcome is what is known of that POST; a disposition is the state in which a conversation stands in
// the ledger.
//
// A recovery asks about the follow-up, when a conversation that was asked about is marked done again. It lives the same life
// as a survey request, under a key of its own.
//
// The package knows no TOML, no command line and no terminal. Importers write the alias surveysync.
package sync
