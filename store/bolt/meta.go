package bolt

import (
	"encoding/binary"
	"encoding/hex"
	"time"

	"go.etcd.io/bbolt"

	"acsync/store"
)

// The keys of the bucket meta.
var (
	metaFormat      = []byte("format")
	metaID          = []byte("id")
	metaTransaction = []byte("transaction")
	metaAccepted    = []byte("accepted")
	metaCounts      = []byte("counts")
	metaCreated     = []byte("created")
	metaStart       = []byte("start")
	metaFloor       = []byte("floor")
	metaCheckpoint  = []byte("checkpoint")
	metaIdentity    = []byte("identity") // absent, it is PerConversation
	metaLateness    = []byte("lateness") // absent until a conversation came late
	metaTenant      = []byte("tenant")   // absent in ledgers that are not bound yet, all older ones included: the format stays the same

	// Since format 3; absent where there is nothing to say.
	metaCredential = []byte("credential")       // a hash of what requests are sent with; see Options.Credential
	metaBoundAt    = []byte("credential_since") // intents given before the ledger was bound to it
	metaOpening    = []byte("opening")          // random; each opening for writing puts another one
	metaOpenedOver = []byte("opened_over")      // the opening that the fence bore before this one
	metaDistrusted = []byte("distrusted")       // a repair has begun, and not come to its end
	metaForeign    = []byte("foreign")          // of the accepted: imported, and not asked for by this ledger
	metaWitnessed  = []byte("witnessed")        // see Info
	metaExcused    = []byte("excused")          // see Info
	metaLife       = []byte("life")             // see Info
)

// idBytes is the length of the random id of a ledger.
const idBytes = 8

// firstTransaction is the number of the change that creates a ledger.
const firstTransaction = 1

// Info tells what the ledger says of itself. It takes the same short time whatever the size of the ledger.
func (l *Ledger) Info() (store.Info, error) {
	info := store.Info{Path: l.path, ID: l.id}
	err := l.view(func(t *txn) error {
		stat, err := l.file.Stat()
		if err != nil {
			return err
		}
		info.Size, info.Transaction = stat.Size(), t.id
		return t.describe(&info)
	})
	if err != nil {
		return store.Info{}, err
	}
	return info, nil
}

func (t *txn) describe(info *store.Info) error {
	var err error
	if info.Format, err = readFormat(t.meta); err != nil {
		return err
	}
	c, err := decodeCounts(t.meta.Get(metaCounts))
	if err != nil {
		return err
	}
	info.Counts, info.Intents = c.byState(), t.intents.Sequence()
	if info.Tenant, err = readTenant(t.meta); err != nil {
		return err
	}
	if info.Identity, err = t.identity(); err != nil {
		return err
	}
	if info.Lateness, err = store.DecodeLateness(t.meta.Get(metaLateness)); err != nil {
		return err
	}
	if info.BoundAt, err = optionalNumber(t.meta, metaBoundAt); err != nil {
		return err
	}
	if info.Life, err = optionalNumber(t.meta, metaLife); err != nil {
		return err
	}
	if info.Excused, err = optionalNumber(t.meta, metaExcused); err != nil {
		return err
	}
	if info.Excused > 0 {
		info.ExcusedAt = leaptAt(info.Excused)
	}
	for _, e := range []struct {
		name []byte
		at   *time.Time
	}{
		{metaCreated, &info.Created},
		{metaStart, &info.Start},
		{metaFloor, &info.Floor},
		{metaCheckpoint, &info.Checkpoint},
		{metaWitnessed, &info.Witnessed},
	} {
		if *e.at, err = readTime(t.meta, e.name); err != nil {
			return err
		}
	}
	if info.Witnessed.IsZero() { // of an older format, which is open for reading
		info.Witnessed = lastBegun(t.runs, info.Created)
	}
	return nil
}

// readTime reads a time of the bucket meta; one that was never written is zero.
func readTime(meta *bbolt.Bucket, name []byte) (time.Time, error) {
	b := meta.Get(name)
	switch len(b) {
	case 0:
		return time.Time{}, nil
	case 8:
		if t := unsortable(b); validTime(t) {
			return t, nil
		}
		return time.Time{}, damaged("its time %q lies beyond any calendar", name)
	}
	return time.Time{}, damaged("its time %q has %d bytes", name, len(b))
}

// validTime tells whether a time lies in a calendar.
func validTime(t time.Time) bool { return t.Year() >= 1 && t.Year() <= 9999 }

// readFormat reads the version of the layout.
func readFormat(meta *bbolt.Bucket) (int, error) {
	n, err := readNumber(meta, metaFormat)
	if err != nil {
		return 0, err
	}
	if n == 0 || n > 1<<16 {
		return 0, damaged("its format is %d", n)
	}
	return int(n), nil
}

// readNumber reads a number of the bucket meta.
func readNumber(meta *bbolt.Bucket, name []byte) (uint64, error) {
	b := meta.Get(name)
	if len(b) != 8 {
		return 0, damaged("its number %q has %d bytes", name, len(b))
	}
	return binary.BigEndian.Uint64(b), nil
}

// optionalNumber reads a number of the bucket meta; one that was never written is zero.
func optionalNumber(meta *bbolt.Bucket, name []byte) (uint64, error) {
	if meta.Get(name) == nil {
		return 0, nil
	}
	return readNumber(meta, name)
}

func numberValue(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// readID reads the id of the ledger.
func readID(meta *bbolt.Bucket) (string, error) {
	b := meta.Get(metaID)
	if len(b) != idBytes {
		return "", damaged("its id has %d bytes", len(b))
	}
	return hex.EncodeToString(b), nil
}

// addLate counts how late conversations came.
func (t *txn) addLate(late []time.Duration) error {
	if len(late) == 0 {
		return nil
	}
	l, err := store.DecodeLateness(t.meta.Get(metaLateness))
	if err != nil {
		return err
	}
	for _, each := range late {
		l.Add(each)
	}
	return t.meta.Put(metaLateness, l.Encode())
}

// identity reads what the ledger remembers as one.
func (t *txn) identity() (store.Identity, error) {
	b := t.meta.Get(metaIdentity)
	if b == nil {
		return store.PerConversation, nil
	}
	if i := store.Identity(b); i.Known() {
		return i, nil
	}
	return "", damaged("it remembers by %.20q, which is no identity", b)
}

// identify changes what the ledger remembers as one, unless the identity is empty.
func (t *txn) identify(i store.Identity) error {
	switch {
	case i == "":
		return nil
	case !i.Known():
		return store.Refused("the ledger cannot remember by %.20q", i)
	}
	return t.meta.Put(metaIdentity, []byte(i))
}
