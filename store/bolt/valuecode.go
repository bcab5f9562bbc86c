package bolt

import (
	"encoding/binary"
	"math"
	"time"

	"acsync/store"
)

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
	flags := flagsOf(r, reason)
	c := recordCoder{b: append(make([]byte, 0, 24), recordVersion<<4|byte(r.State), flags)}
	c.record(&r, &reason, flags, keyTime(k, code))
	if r.Doubt != 0 {
		c.b[0] = doubtedVersion<<4 | byte(r.State)
		c.number(&r.Doubt, math.MaxUint64)
	}
	return append(c.b, checkByte(code, c.b))
}

func flagsOf(r store.Record, reason uint64) (flags byte) {
	for _, each := range [...]struct {
		flag byte
		set  bool
	}{
		{hasReason, reason != 0},
		{lacksResolution, r.Resolution.IsZero()},
		{hasDue, !r.Due.IsZero()},
		{hasFirst, !r.First.IsZero()},
		{hasIntent, r.Intent != 0},
		{hasAttempts, r.Attempts != usualAttempts(r.Intent)},
		{isOK, r.Status == 200},
		{hasStatus, r.Status != 0 && r.Status != 200},
	} {
		if each.set {
			flags |= each.flag
		}
	}
	return flags
}

func usualAttempts(intent uint64) int {
	if intent != 0 {
		return 1
	}
	return 0
}

func checkByte(code, value []byte) byte { return byte(checksum(code, value)) }

// decodeRecord is the inverse of encodeRecord; the reason is given as its number. Whatever the bytes, it
// answers with a record that Normalize would accept or with ErrDamaged.
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
	c := recordCoder{b: value[2:end], reading: true}
	c.record(&r, &reason, value[1], keyTime(k, code))
	if version == doubtedVersion {
		c.number(&r.Doubt, math.MaxUint64)
		c.bad = c.bad || r.Doubt == 0 || r.State != store.InDoubt
	}
	if c.bad || len(c.b) > 0 {
		return store.Record{}, 0, damaged("the record of %x cannot be read", code)
	}
	return r, reason, nil
}

// checked makes sure that a key and its record belong together.
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
	reading bool
	bad     bool
}

// record writes or reads the fields that the flags name.
func (c *recordCoder) record(r *store.Record, reason *uint64, flags byte, base time.Time) {
	if flags&hasReason != 0 {
		c.number(reason, math.MaxUint64)
	}
	if flags&lacksResolution == 0 {
		c.milli(&r.Resolution, base)
		base = r.Resolution
	}
	c.second(&r.At, base, 1)
	if flags&hasDue != 0 {
		c.milli(&r.Due, r.At)
	}
	if flags&hasFirst != 0 {
		c.second(&r.First, r.At, -1)
	}
	if flags&hasIntent != 0 {
		c.number(&r.Intent, math.MaxUint64)
	}
	if flags&hasAttempts != 0 {
		c.int(&r.Attempts)
	} else {
		r.Attempts = usualAttempts(r.Intent)
	}
	if flags&hasStatus != 0 {
		c.int(&r.Status)
	}
	if flags&isOK != 0 {
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

// difference writes or reads how far a time is from another.
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
