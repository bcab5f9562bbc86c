// Package audit compares what Kustomer shows, what the ledger remembers and what Agent Connect has taken, and
// says of each conversation whether that agrees: who was never asked, asked twice, or asked by somebody else.
// What can be mended of that it mends, in the ledger alone: nothing is sent.
package audit
