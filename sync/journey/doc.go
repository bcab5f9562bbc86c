// Package journey follows each conversation of a range of time through the three systems: what Kustomer shows
// of it, what the ledger remembers, and what Agent Connect has taken. It changes nothing, and needs memory
// for a part of the range alone: reports and audits of a million conversations are made of it.
package journey
