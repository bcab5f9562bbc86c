// Package sync is the engine of acsync: it reconciles the Kustomer conversations that were marked done with
// the survey requests of Medallia Agent Connect.
//
// # The promise
//
// Every conversation marked done gets exactly one visible disposition, no customer is ever mailed twice for
// it, and the operator can see why.
//
// # The rooms
//
//	sync           the pass: its stages (pass.go), the tally of what they do, the cursor that says where
//	sync/decide    what is to happen with a conversation, and under which key; pure
//	sync/fetch     Kustomer's conversations, window by window, joined with what a decision needs
//	sync/deliver   the one road to a POST, and what its answer means; the fuses
//	sync/verify    what Agent Connect's own data say of doubts and of the ledger
//	sync/plan      the file between acsync plan and acsync apply
//	sync/explain   the life of one conversation, and what would happen to it now
//	sync/dryrun    a sender that sends nothing, and a ledger that writes nothing
//
// They look one way: sync and explain at all the others, deliver, fetch and verify at decide, decide at none.
//
// # The way of the data
//
//	      sync/fetch                     sync/decide              store              sync/deliver
//	window -> search -> join customer, -> Decide -> Triage -> skip ---------> disposition
//	          agent and tag names                      +--> send -> intent -> POST -> outcome -> disposition
//	                                                        (the checkpoint moves when the window is recorded)
//
// A window is read whole, decided, delivered and recorded; then the checkpoint moves, in the same ledger
// transaction as the window's last dispositions. The next window is read while this one is delivered.
//
// # The life of a conversation
//
//	              +-------------- not its time yet, or the pass stopped sending
//	              v
//	decided -> scheduled -> sending -> accepted            Agent Connect took it
//	   |                       | +--> rejected            Agent Connect refused it for good
//	   |                       | +--> retry -> sending …  certainly not sent
//	   |                       +-+--> in_doubt            may have arrived: never sent again blindly
//	   +-> skipped                                        decided anew whenever it is seen again
//
// An intent that is still open when a pass starts was left by a crash: it is in doubt.
//
// A doubt is ended by Agent Connect's own data, which a pass asks first, or by the operator: it becomes
// accepted, retry or dropped. What could not be sent within three days of the first attempt, or in five
// attempts while others were taken, is rejected. What was rejected the operator can take up again.
//
// # Words
//
//   - Resolution: one transition of a conversation to done. A ledger asks once for each conversation, or once
//     for each resolution (survey_per).
//   - Agent: the Kustomer user that the survey is about; Agent Connect calls it employee.
//   - Window: a half-open interval of resolution times.
//   - Checkpoint: the time up to which every window has been read to its end and recorded. A back-fill has a
//     position of its own.
//   - Pass: one run of the loop over some windows; a plan that is carried out is one too.
//   - Candidate: all that a decision looks at. Case: a candidate with its key and its decision.
//   - Decision: send, or skip with a reason. Triage: what happens with a case now (send, wait, keep, skip,
//     reject).
//   - Intent: the durable note that a survey request is about to be posted. Outcome: what is known of that
//     POST. Stamp: the intent's id in the request, by which Agent Connect's data tell which attempt arrived.
//   - Disposition: the state in which a conversation stands in the ledger. Settled: nothing is sent for it any
//     more.
//   - In doubt: it may have arrived. It is never sent again blindly.
//   - Canary: a request that this ledger began later, and that Agent Connect's data show: so they have caught up
//     with a doubt, and what they do not show has not arrived.
//   - Pending: what waits in the ledger: scheduled, to be retried, in doubt.
//   - Recovery: asks about the follow-up, when a conversation that was asked about is marked done again. It
//     lives the same life as a survey request, under a key of its own.
//
// The package knows no TOML, no command line and no terminal. Importers write the alias surveysync.
package sync
