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
	b := make([]byte, 2, 24)
	b[0] = recordVersion<<4 | byte(r.State)
	if reason != 0 {
		b[1] |= hasReason
		b = binary.AppendUvarint(b, reason)
	}
	base := keyTime(k, code)
	if r.Resolution.IsZero() {
		b[1] |= lacksResolution
	} else {
		b = binary.AppendVarint(b, r.Resolution.UnixMilli()-base.UnixMilli())
		base = r.Resolution
	}
	b = binary.AppendVarint(b, r.At.Unix()-base.Unix())
	if !r.Due.IsZero() {
		b[1] |= hasDue
		b = binary.AppendVarint(b, r.Due.UnixMilli()-r.At.UnixMilli())
	}
	b = appendAttempts(b, r)
	b = appendStatus(b, r.Status)
	if r.Doubt != 0 {
		b[0] = doubtedVersion<<4 | byte(r.State)
		b = binary.AppendUvarint(b, r.Doubt)
	}
	return append(b, checkByte(code, b))
}

func appendAttempts(b []byte, r store.Record) []byte {
	if !r.First.IsZero() {
		b[1] |= hasFirst
		b = binary.AppendVarint(b, r.At.Unix()-r.First.Unix())
	}
	if r.Intent != 0 {
		b[1] |= hasIntent
		b = binary.AppendUvarint(b, r.Intent)
	}
	if r.Attempts != usualAttempts(r.Intent) {
		b[1] |= hasAttempts
		b = binary.AppendUvarint(b, uint64(r.Attempts))
	}
	return b
}

func appendStatus(b []byte, status int) []byte {
	switch status {
	case 0:
	case 200:
		b[1] |= isOK
	default:
		b[1] |= hasStatus
		b = binary.AppendUvarint(b, uint64(status))
	}
	return b
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
	f := fields{rest: value[2:end]}
	reason := f.record(&r, value[1], keyTime(k, code))
	if version == doubtedVersion {
		r.Doubt = f.number(math.MaxUint64)
		f.bad = f.bad || r.Doubt == 0 || r.State != store.InDoubt
	}
	if f.bad || len(f.rest) > 0 {
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

// fields reads variable-length integers one after the other and remembers whether one was bad.
type fields struct {
	rest []byte
	bad  bool
}

func (f *fields) record(r *store.Record, flags byte, base time.Time) (reason uint64) {
	if flags&hasReason != 0 {
		reason = f.number(math.MaxUint64)
	}
	if flags&lacksResolution == 0 {
		r.Resolution = f.milli(base, 1)
		base = r.Resolution
	}
	r.At = f.second(base, 1)
	if flags&hasDue != 0 {
		r.Due = f.milli(r.At, 1)
	}
	if flags&hasFirst != 0 {
		r.First = f.second(r.At, -1)
	}
	if flags&hasIntent != 0 {
		r.Intent = f.number(math.MaxUint64)
	}
	r.Attempts = usualAttempts(r.Intent)
	if flags&hasAttempts != 0 {
		r.Attempts = int(f.number(math.MaxInt32))
	}
	if flags&hasStatus != 0 {
		r.Status = int(f.number(math.MaxInt32))
	}
	if flags&isOK != 0 {
		f.bad = f.bad || r.Status != 0
		r.Status = 200
	}
	return reason
}

func (f *fields) number(most uint64) uint64 {
	v, n := binary.Uvarint(f.rest)
	if n <= 0 || v > most {
		f.bad = true
		return 0
	}
	f.rest = f.rest[n:]
	return v
}

func (f *fields) difference(sign int64) int64 {
	v, n := binary.Varint(f.rest)
	if n <= 0 || v <= -2*farthest || v >= 2*farthest {
		f.bad = true
		return 0
	}
	f.rest = f.rest[n:]
	return sign * v
}

func (f *fields) milli(from time.Time, sign int64) time.Time {
	ms := from.UnixMilli() + f.difference(sign)
	t := time.UnixMilli(ms).UTC()
	f.bad = f.bad || !validMilli(ms) || t.IsZero()
	return t
}

func (f *fields) second(from time.Time, sign int64) time.Time {
	s := from.Unix() + f.difference(sign)
	t := time.Unix(s, 0).UTC()
	f.bad = f.bad || s <= -farthest/1000 || s >= farthest/1000 || t.IsZero()
	return t
}
