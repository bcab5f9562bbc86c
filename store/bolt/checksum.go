package bolt

import (
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"slices"
)

const (
	checksumFormat = 4 // since this format reasons, summaries and back-fills end with a checksum
	checksumBytes  = 4
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum is a CRC-32C over key and value: a value of another key fails it too.
func checksum(key, value []byte) uint32 {
	return crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, value)
}

// withChecksum adds the checksum to a value.
func withChecksum(key, value []byte) []byte {
	return binary.BigEndian.AppendUint32(slices.Clip(value), checksum(key, value))
}

// checksums reports whether the values of a ledger end with one, as they do since checksumFormat.
type checksums bool

// strip gives a value without its checksum; false where that does not fit.
func (c checksums) strip(key, value []byte) ([]byte, bool) {
	if !c {
		return value, true
	}
	end := len(value) - checksumBytes
	if end < 0 || binary.BigEndian.Uint32(value[end:]) != checksum(key, value[:end]) {
		return nil, false
	}
	return value[:end], true
}

// unmarshal reads a value that is JSON and reports whether that was so.
func (c checksums) unmarshal(key, value []byte, into any) bool {
	text, ok := c.strip(key, value)
	return ok && json.Unmarshal(text, into) == nil
}
