// Package bolt keeps a ledger in one bbolt file. A method that changes it returns when the change is on the
// disk; a crash loses nothing that was reported as done. What may be changed is for the rules of package
// store.
//
// # Layout
//
//	meta     "format", "transaction", "accepted" → number           "id" → 8 random bytes
//	         "counts" → keys by state, 8 bytes each                 "lateness" → see [store.Lateness]
//	         "identity" → see [store.Identity]                "tenant" → text
//	         "created", "start", "floor", "checkpoint" → time
//	         since format 3: "witnessed" → time                     "credential" → a hash of it
//	         "credential_since", "life", "excused" → number of an intent
//	         "foreign" → number                       "distrusted" → there while a repair is not done
//	         "opening", "opened_over" → 8 random bytes: of this opening, and of the one in the fence before
//	         "copied" → time, in a copy until it is restored      "restored" → hash of the copy it was made of
//	         "machine", "path" → hashes of where it was opened    "witnesses" → see seal
//	         "moved_to" → text, where it is kept instead: its format is that of none then
//	keys     key → record                every key there is; since format 5 also the hashes of
//	                                     conversations that were forgotten, see [store.ErasedKey]
//	intents  key → number                the open intents only, numbered by the bucket's sequence
//	due      time, key → nothing         what waits, by the time it is due
//	runs     number → JSON, checksum     one summary a pass
//	reasons  text → number, checksum     so that a record holds a small number in place of a text
//	backfills  from, to → JSON, checksum  how far each back-fill has come; an open end is zeros; since format 2
//
// Times are Unix milliseconds, numbers in keys are big-endian, both in 8 bytes; a time in a key has its sign
// bit flipped, so that bytes sort as times do. The encodings of keys and records are described at
// store.EncodeKey and encodeRecord. The record ends with a check byte over key and value, because bbolt keeps
// no checksums of its data pages. So do summaries, reasons and back-fills since format 4, with the four bytes
// of a CRC-32C.
//
// # Beside the file
//
//	<path>.fence    JSON: id of the ledger, numbers of its last transaction, intent and opening, keys ever accepted
//	<path>.holder   JSON: the process that has the ledger open for writing, and how far its pass is
//
// Both have the owner and the mode of the ledger, whoever writes them: whoever may use the ledger needs them.
//
// The fence is replaced after the ledger's own commits: when it has been opened for writing, when the
// checkpoint or a back-fill moves, a pass is recorded, and the ledger is closed. So after a crash the ledger
// is ahead of it, and never behind: one that is behind was rolled back, by a restored copy or by a damaged
// meta page after which bbolt takes the transaction before for the last one, and is store.ErrRolledBack. Each
// opening for writing has a random number, which is committed and sealed before anything else, so that a copy
// from before it, or one that was used elsewhere since, is told even if the process was killed right after.
// A ledger that was rolled back is opened with Options.AcceptFence alone, and refused to everybody else until
// Adopt: the guard is given up when the repair has succeeded, and not before. A copy that Backup has made is
// refused so wherever it is put: a pass goes on after it, and may be killed before the fence has seen that.
//
// # Where the ledger lives
//
//	<Place.Witness>/<id>.witness   JSON: what the fence says, a random name, and the path of the ledger
//
// The witness lies outside of the ledger's folder, and is replaced whenever the fence is: it tells when the
// folder was put back whole. Each user who opens the ledger may have one, so that one may be behind by many
// openings; for each of them the ledger remembers which opening it bears, so that one which knows of an
// opening that the ledger does not is told from one which is merely behind.
//
// A ledger remembers hashes of the machine and the path where it was opened for writing last. Elsewhere it is
// store.ErrMoved to whoever would write, until AcceptMove, or until Adopt where a repair was made there: it
// may be a copy. With a witness in common the copy that is not accepted is ErrRolledBack from then on.
//
// Put back together with fence and witness, as by a snapshot of the machine, an old ledger cannot be told
// here: the receiver's own data tell, held against Intents and Witnessed of [store.Info] and the keys.
//
// Of a pass that was killed the holder's file is all that is left: the next opening for writing makes the
// summary of it, and a repair must find as many accepted as it tells. One whose summary the ledger could not
// take leaves it there as it is.
//
// # A full disk
//
// Behind its pages the file of a ledger that is sent by holds a reserve, so that answers find a place whoever
// fills the disk; see reserve. A change that finds none fails alone, one whose sync fails is the last.
//
// # Commits
//
// A commit is two syncs. Intents, outcomes and windows that are to be written while another commit is under
// way share the next one, and each is told what came of it when that is on the disk. What is refused is left
// out of it; a commit that fails fails all that share it, and is the last. bbolt's own Batch would have a
// request that is alone wait for others, and tells who is refused before that is certain.
//
// # What bbolt leaves to its caller
//
// bbolt creates a missing or an empty file, waits for a lock for ever, panics or faults on damaged pages,
// hands out memory that is valid inside a transaction only, and does not sync the directory (observed with
// version 1.5). Here a missing file is [store.ErrMissing], the lock has a time-out, every page of the file is
// read and checked at every opening before bbolt follows any, a panic or a fault becomes [store.ErrDamaged]
// and closes the ledger to further use, and nothing leaves a transaction uncopied. Transactions begin one at
// a time, so that a fault in that moment leaves no other reader stuck inside bbolt.
package bolt
