package store

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
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

// EncodeKey gives the bytes under which a key is kept: the 12 raw bytes of a 24-digit hex id, which sort by
// creation, or a tag and the text of any other id, and of a recovery; then 8 bytes of resolution unless that
// is 0. The lower and the upper case of a hex id are one key.
func EncodeKey(k Key) ([]byte, error) {
	switch n := len(k.Conversation); {
	case n == 0:
		return nil, fmt.Errorf("the id of a conversation is empty")
	case n > MaxID:
		return nil, fmt.Errorf("the id of a conversation has %d bytes; at most %d can be kept", n,
			MaxID)
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

// ResolutionPrefix is what the codes of all keys of a conversation with a resolution begin with, and perhaps
// those of others.
func ResolutionPrefix(id string) ([]byte, error) {
	code, err := EncodeKey(Key{Conversation: id, Resolution: 1})
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

// DecodeKey is the inverse of EncodeKey, up to the case of hex digits: it gives lower case. What EncodeKey
// never gives is [ErrDamaged].
func DecodeKey(code []byte) (k Key, err error) {
	rest, tag := code, byte(0)
	switch {
	case len(code) == rawID:
		return Key{Conversation: hex.EncodeToString(code)}, nil
	case len(code) == rawPair:
		tag = tagResolution
	case len(code) == 0 || code[0]&tagText == 0 || len(code) > 2+MaxID+rawTime:
		return k, fmt.Errorf("%w: a key of %d bytes is not one of the ledger's", ErrDamaged, len(code))
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
	if again, err := EncodeKey(k); err != nil || !bytes.Equal(again, code) {
		return Key{}, fmt.Errorf("%w: key %.40x is not written as the ledger writes keys", ErrDamaged, code)
	}
	return k, nil
}

// CreatedAfter reports whether the code of a key tells that its conversation was created after a time: hex
// ids begin with that (observed).
func CreatedAfter(code []byte, at time.Time) bool {
	return (len(code) == rawID || len(code) == rawPair) && int64(binary.BigEndian.Uint32(code)) > at.Unix()
}

// ErasedCodePrefix is what the codes of the keys begin with under which ledgers keep that conversations were
// erased.
func ErasedCodePrefix() []byte { return append([]byte{tagText}, ErasedPrefix...) }
