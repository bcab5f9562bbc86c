package bolt

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"
	"unicode"
	"unicode/utf8"

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
	metaTenant      = []byte("tenant")   // absent in a ledger that is not bound yet

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

const (
	idBytes          = 8    // of the random id of a ledger
	firstTransaction = 1    // the number of the change that creates a ledger
	mostTenant       = 1024 // bytes of the longest tenant
)

// meta is the bucket of what a ledger says of itself.
type meta struct{ *bbolt.Bucket }

func metaOf(tx *bbolt.Tx) (meta, error) {
	b, err := bucketOf(tx, bucketMeta)
	return meta{b}, err
}

// number reads a number.
func (m meta) number(name []byte) (uint64, error) {
	b := m.Get(name)
	if len(b) != 8 {
		return 0, damaged("its number %q has %d bytes", name, len(b))
	}
	return binary.BigEndian.Uint64(b), nil
}

// optional reads a number; one that was never written is zero.
func (m meta) optional(name []byte) (uint64, error) {
	if m.Get(name) == nil {
		return 0, nil
	}
	return m.number(name)
}

func (m meta) putNumber(name []byte, n uint64) error { return m.Put(name, numberValue(n)) }

// time reads a time; one that was never written is zero.
func (m meta) time(name []byte) (time.Time, error) {
	b := m.Get(name)
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

// format reads the version of the layout.
func (m meta) format() (int, error) {
	n, err := m.number(metaFormat)
	if err == nil && (n == 0 || n > 1<<16) {
		err = damaged("its format is %d", n)
	}
	return int(n), err
}

func (m meta) id() (string, error) {
	b := m.Get(metaID)
	if len(b) != idBytes {
		return "", damaged("its id has %d bytes", len(b))
	}
	return hex.EncodeToString(b), nil
}

// tenant reads whom the ledger serves; empty as long as that was never told.
func (m meta) tenant() (string, error) {
	tenant := string(m.Get(metaTenant))
	if validTenant(tenant) != nil {
		return "", damaged("its tenant is not text")
	}
	return tenant, nil
}

func (m meta) setTenant(tenant string) error {
	if tenant == "" {
		return nil
	}
	if err := validTenant(tenant); err != nil {
		return err
	}
	return m.Put(metaTenant, []byte(tenant))
}

// identity reads what the ledger remembers as one.
func (m meta) identity() (store.Identity, error) {
	b := m.Get(metaIdentity)
	if b == nil {
		return store.PerConversation, nil
	}
	if i := store.Identity(b); i.Known() {
		return i, nil
	}
	return "", damaged("it remembers by %.20q, which is no identity", b)
}

// setIdentity changes what the ledger remembers as one, unless the identity is empty.
func (m meta) setIdentity(i store.Identity) error {
	switch {
	case i == "":
		return nil
	case !i.Known():
		return store.Refused("the ledger cannot remember by %.20q", i)
	}
	return m.Put(metaIdentity, []byte(i))
}

// advance moves the checkpoint.
func (m meta) advance(to time.Time) error {
	if to.IsZero() {
		return nil
	}
	now, err := m.time(metaCheckpoint)
	if err != nil {
		return err
	}
	if err := store.MayAdvance(now, to); err != nil {
		return err
	}
	return m.Put(metaCheckpoint, sortable(to))
}

// witness moves the time up to which the receiver's data were compared with the ledger; it never goes back.
func (m meta) witness(at time.Time) error {
	now, err := m.time(metaWitnessed)
	if err != nil || !at.After(now) {
		return err
	}
	if !validTime(at) {
		return fmt.Errorf("nothing can have been read in the year %d", at.Year())
	}
	return m.Put(metaWitnessed, sortable(at))
}

// addLate counts how late conversations came.
func (m meta) addLate(late []time.Duration) error {
	if len(late) == 0 {
		return nil
	}
	l, err := store.DecodeLateness(m.Get(metaLateness))
	if err != nil {
		return err
	}
	for _, each := range late {
		l.Add(each)
	}
	return m.Put(metaLateness, l.Encode())
}

// describe reads all that the ledger says of itself in this bucket.
func (m meta) describe(info *store.Info) error {
	var err error
	if info.Format, err = m.format(); err != nil {
		return err
	}
	if info.Tenant, err = m.tenant(); err != nil {
		return err
	}
	if info.Identity, err = m.identity(); err != nil {
		return err
	}
	if info.Lateness, err = store.DecodeLateness(m.Get(metaLateness)); err != nil {
		return err
	}
	for _, e := range []struct {
		name []byte
		n    *uint64
	}{{metaBoundAt, &info.BoundAt}, {metaLife, &info.Life}, {metaExcused, &info.Excused}} {
		if *e.n, err = m.optional(e.name); err != nil {
			return err
		}
	}
	if info.Excused > 0 {
		info.ExcusedAt = leapedAt(info.Excused)
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
		if *e.at, err = m.time(e.name); err != nil {
			return err
		}
	}
	return nil
}

func numberValue(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// validTime reports whether a time lies in a calendar.
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

// leap is how many numbers of intents a repaired ledger passes over for each millisecond since 1970: it goes
// on with numbers that no life before it, whose end nobody knows, can have given.
const leap = 1 << 10

// leapedAt is when a ledger went on with the numbers after this one.
func leapedAt(number uint64) time.Time { return time.UnixMilli(int64(number / leap)).UTC() }
