package bolt

import (
	"encoding/binary"
	"math"
	"time"

	"acsync/store"
)

const (
	rawID   = 12 // the bytes of an id of 24 hex digits
	rawTime = 8  // the bytes of a time
)

// keyTime is the instant that the resolution of a key lies near to: its own resolution, else the creation of
// the conversation, which the first 4 bytes of a hex id hold in Unix seconds (observed), else the Unix epoch.
func keyTime(k store.Key, code []byte) time.Time {
	switch {
	case k.Resolution != 0 && validMilli(k.Resolution):
		return time.UnixMilli(k.Resolution)
	case len(code) == rawID:
		return time.Unix(int64(binary.BigEndian.Uint32(code)), 0)
	}
	return time.UnixMilli(0)
}

// sortable gives the 8 bytes of a time that sort as the times do.
func sortable(t time.Time) []byte {
	return binary.BigEndian.AppendUint64(make([]byte, 0, 8), uint64(t.UnixMilli())^(1<<63))
}

func unsortable(b []byte) time.Time {
	return time.UnixMilli(int64(binary.BigEndian.Uint64(b) ^ (1 << 63))).UTC()
}

// farthest bounds the times that the ledger keeps, in milliseconds from the epoch: far beyond any calendar,
// and small enough that differences of two times never overflow.
const farthest = math.MaxInt64 / 1024

func validMilli(ms int64) bool { return -farthest < ms && ms < farthest }

// The version is the high half of a record's first byte.
const (
	recordVersion  = 1
	doubtedVersion = 2 // since format 3: the same, with Doubt behind it
)

// The bits of a record's second byte tell which fields follow, in this order.
const (
	hasReason       = 1 << iota // number of the reason
	lacksResolution             // the resolution is left out: zero
	hasDue                      // milliseconds from At
	hasFirst                    // seconds before At
	hasIntent                   // number
	hasAttempts                 // number; left out when it is 1 with an intent, 0 without
	isOK                        // the status is 200
	hasStatus                   // number
)

// encodeRecord gives the bytes of a record whose times have been rounded and checked by Normalize:
//
//	version and state, flags, [reason], [resolution], at, [due], [first], [intent], [attempts], [status],
//	[doubt], check
//
// Numbers and differences of times are variable-length integers: the resolution in milliseconds from keyTime,
// At in seconds from the resolution, the others from At. So 9 to 15 bytes hold nearly every record. The check
// byte is the lowest of a CRC-32C over key and value.
func encodeRecord(k store.Key, code []byte, r store.Record, reason uint64) []byte {
	c := recordCoder{b: append(make([]byte, 0, 24), recordVersion<<4|byte(r.State), 0)}
	c.record(&r, &reason, keyTime(k, code))
	c.b[1] = c.flags
	if r.Doubt != 0 {
		c.b[0] = doubtedVersion<<4 | byte(r.State)
		c.number(&r.Doubt, math.MaxUint64)
	}
	return append(c.b, checkByte(code, c.b))
}

func usualAttempts(intent uint64) int {
	if intent != 0 {
		return 1
	}
	return 0
}

func checkByte(code, value []byte) byte { return byte(checksum(code, value)) }

// decodeRecord is the inverse of encodeRecord, whatever the bytes: Normalize takes what it does not refuse.
func decodeRecord(k store.Key, code, value []byte) (store.Record, uint64, error) {
	var r store.Record
	if err := checked(code, value); err != nil {
		return r, 0, err
	}
	end := len(value) - 1
	version := value[0] >> 4
	if version != recordVersion && version != doubtedVersion {
		return r, 0, damaged("the record of %x has the unknown version %d", code, version)
	}
	r.State = store.State(value[0] & 15)
	if r.State == store.Unknown || r.State > store.Dropped {
		return r, 0, damaged("the record of %x has the unknown state %d", code, r.State)
	}
	var reason uint64
	c := recordCoder{b: value[2:end], flags: value[1], reading: true}
	c.record(&r, &reason, keyTime(k, code))
	if version == doubtedVersion {
		c.number(&r.Doubt, math.MaxUint64)
		c.bad = c.bad || r.Doubt == 0 || r.State != store.InDoubt
	}
	if c.bad || len(c.b) > 0 {
		return store.Record{}, 0, damaged("the record of %x cannot be read", code)
	}
	return r, reason, nil
}

func checked(code, value []byte) error {
	if len(value) < 4 {
		return damaged("the record of %x is too short", code)
	}
	if end := len(value) - 1; checkByte(code, value[:end]) != value[end] {
		return damaged("the record of %x fails its check byte", code)
	}
	return nil
}

// recordCoder writes the fields of a record behind b, or reads them from b and remembers whether one was bad.
type recordCoder struct {
	b       []byte
	flags   byte
	reading bool
	bad     bool
}

// has reports whether a field is there: of a record that is read its flag tells, of another it sets the flag.
func (c *recordCoder) has(flag byte, there bool) bool {
	if !c.reading && there {
		c.flags |= flag
	}
	return c.flags&flag != 0
}

func (c *recordCoder) record(r *store.Record, reason *uint64, base time.Time) {
	if c.has(hasReason, *reason != 0) {
		c.number(reason, math.MaxUint64)
	}
	if !c.has(lacksResolution, r.Resolution.IsZero()) {
		c.milli(&r.Resolution, base)
		base = r.Resolution
	}
	c.second(&r.At, base, 1)
	if c.has(hasDue, !r.Due.IsZero()) {
		c.milli(&r.Due, r.At)
	}
	if c.has(hasFirst, !r.First.IsZero()) {
		c.second(&r.First, r.At, -1)
	}
	if c.has(hasIntent, r.Intent != 0) {
		c.number(&r.Intent, math.MaxUint64)
	}
	if c.has(hasAttempts, r.Attempts != usualAttempts(r.Intent)) {
		c.int(&r.Attempts)
	} else {
		r.Attempts = usualAttempts(r.Intent)
	}
	if c.has(hasStatus, r.Status != 0 && r.Status != 200) {
		c.int(&r.Status)
	}
	if c.has(isOK, r.Status == 200) {
		c.bad = c.bad || c.reading && r.Status != 0
		r.Status = 200
	}
}

func (c *recordCoder) number(v *uint64, most uint64) {
	if !c.reading {
		c.b = binary.AppendUvarint(c.b, *v)
		return
	}
	n, size := binary.Uvarint(c.b)
	if size <= 0 || n > most {
		c.bad = true
		return
	}
	*v, c.b = n, c.b[size:]
}

func (c *recordCoder) int(v *int) {
	n := uint64(*v)
	c.number(&n, math.MaxInt32)
	*v = int(n)
}

func (c *recordCoder) difference(d int64) int64 {
	if !c.reading {
		c.b = binary.AppendVarint(c.b, d)
		return d
	}
	d, size := binary.Varint(c.b)
	if size <= 0 || d <= -2*farthest || d >= 2*farthest {
		c.bad = true
		return 0
	}
	c.b = c.b[size:]
	return d
}

func (c *recordCoder) milli(t *time.Time, from time.Time) {
	ms := from.UnixMilli() + c.difference(t.UnixMilli()-from.UnixMilli())
	*t = time.UnixMilli(ms).UTC()
	c.bad = c.bad || !validMilli(ms) || t.IsZero()
}

// second is milli in seconds; the sign says in which direction the difference counts.
func (c *recordCoder) second(t *time.Time, from time.Time, sign int64) {
	s := from.Unix() + sign*c.difference(sign*(t.Unix()-from.Unix()))
	*t = time.Unix(s, 0).UTC()
	c.bad = c.bad || s <= -farthest/1000 || s >= farthest/1000 || t.IsZero()
}
