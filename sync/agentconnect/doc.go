// Package agentconnect posts survey requests, and the recoveries that follow them up, to Medallia Agent
// Connect.
//
// Agent Connect has no idempotency key (documented by its absence): a request that is posted twice mails the
// customer twice. The client therefore makes one attempt and no more, on a connection of its own, follows no
// redirect, lets nothing be replayed below it, and returns facts. What they mean, and whether to try again,
// is for the caller to say.
//
// What Agent Connect has taken can be read back from its data. That is a read like any other: paced, and
// tried again.
package agentconnect
