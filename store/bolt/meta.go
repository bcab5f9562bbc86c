package bolt

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"
	"unicode"
	"unicode/utf8"

	"go.etcd.io/bbolt"

	"acsync/store"
)

// The buckets, in the order in which formats have brought them.
var (
	bucketMeta      = []byte("meta")
	bucketKeys      = []byte("keys")
	bucketIntents   = []byte("intents")
	bucketDue       = []byte("due")
	bucketRuns      = []byte("runs")
	bucketReasons   = []byte("reasons")
	bucketBackfills = []byte("backfills") // since format 2

	buckets = [][]byte{
		bucketMeta, bucketKeys, bucketIntents, bucketDue, bucketRuns, bucketReasons, bucketBackfills,
	}
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
	metaTenant      = []byte("tenant")   // absent in a ledger that is not bound yet

	// Since format 3; absent where there is nothing to say.
	// a hash of what requests are sent with; see Options.Credential
	metaCredential = []byte("credential")
	metaBoundAt    = []byte("credential_since") // intents given before the ledger was bound to it
	metaOpening    = []byte("opening")          // random; each opening for writing puts another one
	metaOpenedOver = []byte("opened_over")      // the opening that the fence bore before this one
	metaDistrusted = []byte("distrusted")       // a repair is due or has begun, and not come to its end
	metaForeign    = []byte("foreign")          // of the accepted: not known to be asked for by this ledger
	metaWitnessed  = []byte("witnessed")        // see Info
	metaExcused    = []byte("excused")          // see Info
	metaLife       = []byte("life")             // see Info
	metaKnownFrom  = []byte("known_from")       // see Info
	metaSeen       = []byte("acknowledged")     // see Info
	metaRehearsal  = []byte("rehearsal")        // it is one of rehearsals; see Options
	metaCopied     = []byte("copied")           // when it was made; in a copy that was not restored yet
	metaRestored   = []byte("restored")         // a hash of the copy that it was made of; see Restoration
	metaMovedTo    = []byte("moved_to")         // where it is kept instead; see Mover
	// hashes of where the ledger was opened for writing, and what its witnesses bear; see placed and seal
	metaMachine   = []byte("machine")
	metaPath      = []byte("path")
	metaWitnesses = []byte("witnesses")
)

const (
	idBytes          = 8    // of the random id of a ledger
	firstTransaction = 1    // the number of the change that creates a ledger
	mostTenant       = 1024 // bytes of the longest tenant
)

// meta is the bucket of what a ledger says of itself. It keeps the first error of what is read and written:
// whoever is done with it looks at that, and nothing is committed with one.
type meta struct {
	bucket *bbolt.Bucket
	err    error
}

func bucketOf(tx *bbolt.Tx, name []byte) (*bbolt.Bucket, error) {
	if b := tx.Bucket(name); b != nil {
		return b, nil
	}
	return nil, damaged("the bucket %q is not there; it may not be a ledger", name)
}

func openMeta(tx *bbolt.Tx) (*meta, error) {
	b, err := bucketOf(tx, bucketMeta)
	return &meta{bucket: b}, err
}

func (m *meta) fail(err error) { m.err = cmp.Or(m.err, err) }

func (m *meta) get(name []byte) []byte { return m.bucket.Get(name) }

func (m *meta) put(name, value []byte) { m.fail(m.bucket.Put(name, value)) }

func (m *meta) delete(name []byte) { m.fail(m.bucket.Delete(name)) }

func (m *meta) number(name []byte) uint64 {
	b := m.get(name)
	if len(b) != 8 {
		m.fail(damaged("its number %q has %d bytes", name, len(b)))
		return 0
	}
	return binary.BigEndian.Uint64(b)
}

// optional reads a number; one that was never written is zero.
func (m *meta) optional(name []byte) uint64 {
	if m.get(name) == nil {
		return 0
	}
	return m.number(name)
}

func (m *meta) putNumber(name []byte, n uint64) { m.put(name, numberValue(n)) }

// time reads a time; one that was never written is zero.
func (m *meta) time(name []byte) (t time.Time) {
	b := m.get(name)
	switch len(b) {
	case 0:
		return t
	case 8:
		if t = unsortable(b); !validTime(t) {
			m.fail(damaged("its time %q lies beyond any calendar", name))
		}
		return t
	}
	m.fail(damaged("its time %q has %d bytes", name, len(b)))
	return t
}

func (m *meta) putTime(name []byte, t time.Time) { m.put(name, sortable(t)) }

func (m *meta) format() int {
	n := m.number(metaFormat)
	if n == 0 || n > 1<<16 {
		m.fail(damaged("its format is %d", n))
		return 1
	}
	return int(n)
}

func (m *meta) id() string {
	b := m.get(metaID)
	if len(b) != idBytes {
		m.fail(damaged("its id has %d bytes", len(b)))
	}
	return hex.EncodeToString(b)
}

// tenant reads whom the ledger serves; empty as long as that was never told.
func (m *meta) tenant() string {
	tenant := string(m.get(metaTenant))
	if validTenant(tenant) != nil {
		m.fail(damaged("its tenant is not text"))
	}
	return tenant
}

// setTenant changes whom the ledger serves, unless the tenant is empty.
func (m *meta) setTenant(tenant string) {
	if tenant != "" {
		m.fail(validTenant(tenant))
		m.put(metaTenant, []byte(tenant))
	}
}

func (m *meta) identity() store.Identity {
	i := store.Identity(m.get(metaIdentity))
	switch {
	case i == "":
		return store.PerConversation
	case !i.Known():
		m.fail(damaged("it remembers by %.20q, which is no identity", string(i)))
	}
	return i
}

// setIdentity changes what the ledger remembers as one, unless the identity is empty.
func (m *meta) setIdentity(i store.Identity) {
	switch {
	case i == "":
	case !i.Known():
		m.fail(store.Refused("the ledger cannot remember by %.20q", i))
	default:
		m.put(metaIdentity, []byte(i))
	}
}

// advance moves the checkpoint, unless the time is zero.
func (m *meta) advance(to time.Time) {
	if !to.IsZero() {
		m.fail(store.MayAdvance(m.time(metaCheckpoint), to))
		m.putTime(metaCheckpoint, to)
	}
}

// witness moves the time up to which the receiver's data were compared with the ledger; it never goes back.
func (m *meta) witness(at time.Time) {
	switch {
	case !at.After(m.time(metaWitnessed)):
	case !validTime(at):
		m.fail(fmt.Errorf("nothing can have been read in the year %d", at.Year()))
	default:
		m.putTime(metaWitnessed, at)
	}
}

// acknowledge moves the time up to which what was rejected has been seen; it never goes back.
func (m *meta) acknowledge(at time.Time) {
	switch {
	case !at.After(m.time(metaSeen)):
	case !validTime(at):
		m.fail(store.Refused("nothing can have been seen in the year %d", at.Year()))
	default:
		m.putTime(metaSeen, at)
	}
}

// know moves the time from which on the receiver's data were taken over, unless it is zero; it never goes on.
func (m *meta) know(from time.Time) {
	known := m.time(metaKnownFrom)
	switch {
	case from.IsZero(), !known.IsZero() && !from.Before(known):
	case !validTime(from):
		m.fail(fmt.Errorf("nothing can have been received in the year %d", from.Year()))
	default:
		m.putTime(metaKnownFrom, from)
	}
}

func (m *meta) counts() counts {
	b, c := m.get(metaCounts), counts{}
	if len(b) != 8*int(store.Dropped+1) {
		m.fail(damaged("the counts of keys have %d bytes", len(b)))
		return c
	}
	for state := range store.Dropped + 1 {
		if n := int(binary.BigEndian.Uint64(b[8*state:])); n != 0 {
			c[state] = n
		}
	}
	return c
}

func (m *meta) lateness() store.Lateness {
	l, err := store.DecodeLateness(m.get(metaLateness))
	m.fail(err)
	return l
}

func (m *meta) addLate(late []time.Duration) {
	if len(late) == 0 {
		return
	}
	l := m.lateness()
	for _, each := range late {
		l.Add(each)
	}
	m.put(metaLateness, l.Encode())
}

func (m *meta) describe(info *store.Info) {
	info.Format, info.Tenant, info.Identity = m.format(), m.tenant(), m.identity()
	info.Lateness, info.BoundAt, info.Life = m.lateness(), m.optional(metaBoundAt), m.optional(metaLife)
	if info.Excused = m.optional(metaExcused); info.Excused > 0 {
		info.ExcusedAt = store.LeapedAt(info.Excused)
	}
	info.Created, info.Start, info.Floor = m.time(metaCreated), m.time(metaStart), m.time(metaFloor)
	info.KnownFrom, info.Acknowledged = m.time(metaKnownFrom), m.time(metaSeen)
	info.Checkpoint, info.Witnessed = m.time(metaCheckpoint), m.time(metaWitnessed)
}

func numberValue(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

func validTime(t time.Time) bool { return t.Year() >= 1 && t.Year() <= 9999 }

// validTenant holds what is kept, and shown in messages, to text of one line.
func validTenant(tenant string) error {
	if len(tenant) > mostTenant || !utf8.ValidString(tenant) {
		return fmt.Errorf("the name of a tenant is text of at most %d bytes", mostTenant)
	}
	for _, r := range tenant {
		if !unicode.IsPrint(r) {
			return fmt.Errorf("the name of a tenant has no character %U", r)
		}
	}
	return nil
}

// counts holds the number of keys in each state; states without keys are left out.
type counts map[store.State]int

func (c counts) encode() (b []byte) {
	for state := range store.Dropped + 1 {
		b = binary.BigEndian.AppendUint64(b, uint64(c[state]))
	}
	return b
}

func (c counts) among(states ...store.State) (n int) {
	for _, s := range states {
		n += c[s]
	}
	return n
}

// move moves a key from one state to another; unknown stands for a key that is not there yet, or no longer.
func (c counts) move(from, to store.State) error {
	if from != store.Unknown {
		if c[from] <= 0 {
			return damaged("a key is %s, but the counts know of none", from)
		}
		if c[from]--; c[from] == 0 {
			delete(c, from)
		}
	}
	if to != store.Unknown {
		c[to]++
	}
	return nil
}
