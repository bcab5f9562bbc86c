package bolt

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"strings"
	"time"

	"acsync/store"
)

const (
	rawID   = 12              // the bytes of an id of 24 hex digits
	rawTime = 8               // the bytes of a resolution
	rawPair = rawID + rawTime // both
)

// A key of any other length than rawID and rawPair begins with a tag made of these bits and holds the id as
// text. So does the key of a recovery, whatever its id: next to the key of its conversation nothing may stand
// that is not asked about there.
const (
	tagText       = 0x01 // always set
	tagResolution = 0x02 // the resolution follows the text
	tagPadded     = 0x04 // a zero byte ends the key, which would have rawID or rawPair bytes without it
	tagRecovery   = 0x08 // of a recovery; a hex id is in lower case
)

// encodeKey gives the bytes under which a key is kept: the 12 raw bytes of a 24-digit hex id, which sort by
// creation, or a tag and the text of any other id, and of a recovery; then 8 bytes of resolution unless that
// is 0. The lower and the upper case of a hex id are one key.
func encodeKey(k store.Key) ([]byte, error) {
	switch n := len(k.Conversation); {
	case n == 0:
		return nil, fmt.Errorf("the id of a conversation is empty")
	case n > store.MaxID:
		return nil, fmt.Errorf("the id of a conversation has %d bytes; at most %d can be kept", n,
			store.MaxID)
	case n == 2*rawID:
		raw, err := hex.DecodeString(k.Conversation)
		if err == nil && !k.Recovery {
			return appendResolution(raw, k.Resolution), nil
		}
		if err == nil {
			k.Conversation = strings.ToLower(k.Conversation)
		}
	}
	code := append([]byte{tagText}, k.Conversation...)
	if k.Recovery {
		code[0] |= tagRecovery
	}
	if k.Resolution != 0 {
		code[0] |= tagResolution
		code = appendResolution(code, k.Resolution)
	}
	if len(code) == rawID || len(code) == rawPair {
		code[0] |= tagPadded
		code = append(code, 0)
	}
	return code, nil
}

func resolutionPrefix(id string) ([]byte, error) {
	code, err := encodeKey(store.Key{Conversation: id, Resolution: 1})
	if err != nil {
		return nil, err
	}
	if len(code) == rawPair { // of a text it never has that length: see tagPadded
		return code[:rawID], nil
	}
	return code[:1+len(id)], nil
}

func appendResolution(code []byte, ms int64) []byte {
	if ms == 0 {
		return code
	}
	return binary.BigEndian.AppendUint64(code, uint64(ms))
}

// decodeKey is the inverse of encodeKey, up to the case of hex digits: it gives lower case.
func decodeKey(code []byte) (k store.Key, err error) {
	rest, tag := code, byte(0)
	switch {
	case len(code) == rawID:
		return store.Key{Conversation: hex.EncodeToString(code)}, nil
	case len(code) == rawPair:
		tag = tagResolution
	case len(code) == 0 || code[0]&tagText == 0 || len(code) > 2+store.MaxID+rawTime:
		return k, damaged("a key of %d bytes is not one of the ledger's", len(code))
	default:
		rest, tag = code[1:], code[0]
	}
	if tag&tagPadded != 0 && len(rest) > 0 {
		rest = rest[:len(rest)-1]
	}
	if end := len(rest) - rawTime; tag&tagResolution != 0 && end > 0 {
		k.Resolution = int64(binary.BigEndian.Uint64(rest[end:]))
		rest = rest[:end]
	}
	k.Conversation, k.Recovery = string(rest), tag&tagRecovery != 0
	if tag&tagText == 0 {
		k.Conversation = hex.EncodeToString(rest)
	}
	if again, err := encodeKey(k); err != nil || !bytes.Equal(again, code) {
		return store.Key{}, damaged("key %.40x is not written as the ledger writes keys", code)
	}
	return k, nil
}

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
