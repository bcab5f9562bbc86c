// Package sandbox holds stand-ins for both services that acsync talks to, Kustomer and Medallia Agent
// Connect, for demonstrations, tests and measurements. They listen on loopback only, or not at all: their
// handlers can be served on any listener, an in-memory one in a testing/synctest bubble included.
//
// The stand-ins are written from the vendors' documents and know nothing of acsync's clients, so that a
// shared misunderstanding shows. They are strict: what is not documented is refused, and of Kustomer what
// acsync does not say is refused as well, in the shape of the API's own errors. Where the documents are
// silent, a comment says what was chosen.
//
// # Data
//
// Conversations are a function of the seed and of absolute time: an hour holds Options.PerHour slots, a slot
// holds one conversation, and its identifier holds the slot. Nothing is stored, so a second process a minute
// later sees the same conversations and whatever got done meanwhile, and a search looks only at the slots of
// its window. Before the last Options.Busy of a sandbox's life only a trickle of the slots is found by
// searches; records by id are always there. Every name and address is made up, in domains that are reserved
// for examples.
//
// A table of kinds (kinds.go) says which oddities there are and how many an hour has of each.
//
// What becomes of a survey is a function of the seed, the customer and the conversation: a mail may bounce,
// be suppressed or come hours late, the customer may have unsubscribed, and some answer, within minutes or
// days.
//
// # Rooms
//
// The data flow one way: generator (what is made up) and history (what was put over it) → world (Kustomer's
// database and its index) → search and kustomer (the answers) → service (HTTP, limits, faults). Beside them
// company (what a survey request must be) and receiver (what Agent Connect knows) → agentConnect → service.
package sandbox
