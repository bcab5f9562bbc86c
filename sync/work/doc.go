// Package work makes the passes of many tenants, as a process that stays, beside any number of others:
// whoever has the time takes the next one.
//
// Each worker asks the database every few seconds whose pass is due, and makes a job of each, unique by
// tenant and by when it was due. The jobs are River's. Whether a pass may be made is not for it to say:
// the lease of the ledger keeps two passes of one tenant apart, whatever becomes of jobs. All that River
// keeps may be lost, or done twice: then passes are late, or find nothing to do.
//
// A pass is cut into slices, so that a job never lasts long: the job of a worker that was killed counts as
// running until it is old, and nobody waits for it.
package work
