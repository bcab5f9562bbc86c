package bolt

import (
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"slices"

	"go.etcd.io/bbolt"

	"acsync/store"
)

const (
	summedFormat = 4 // since this format reasons, summaries and back-fills end with a checksum
	sumBytes     = 4
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum is a CRC-32C over key and value: a value of another key fails it too.
func checksum(key, value []byte) uint32 {
	return crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, value)
}

// summed adds the checksum to a value.
func summed(key, value []byte) []byte {
	return binary.BigEndian.AppendUint32(slices.Clip(value), checksum(key, value))
}

// unsummed gives a value without its checksum; false where that does not fit. In an older format it has none.
func (t *txn) unsummed(key, value []byte) ([]byte, bool) {
	if t.format < summedFormat {
		return value, true
	}
	end := len(value) - sumBytes
	if end < 0 || binary.BigEndian.Uint32(value[end:]) != checksum(key, value[:end]) {
		return nil, false
	}
	return value[:end], true
}

// unmarshal reads a value that is JSON and reports whether that was so.
func (t *txn) unmarshal(key, value []byte, into any) bool {
	text, ok := t.unsummed(key, value)
	return ok && json.Unmarshal(text, into) == nil
}

// addChecksums leads from format 3 to 4. What cannot be read gets no checksum that would say it can.
func addChecksums(tx *bbolt.Tx) error {
	for _, each := range []struct {
		name  []byte
		valid func(value []byte) bool
	}{
		{bucketReasons, func(v []byte) bool { return len(v) == reasonBytes }},
		{bucketRuns, func(v []byte) bool { return json.Unmarshal(v, new(store.Run)) == nil }},
		{bucketBackfills, func(v []byte) bool { return json.Unmarshal(v, new(backfillValue)) == nil }},
	} {
		b := tx.Bucket(each.name)
		if b == nil {
			return damaged("the bucket %q is not there; it may not be a ledger", each.name)
		}
		var list []element
		err := b.ForEach(func(k, v []byte) error {
			if !each.valid(v) {
				return damaged("the entry %x of %s cannot be read", k, each.name)
			}
			list = append(list, element{key: slices.Clone(k), value: summed(k, slices.Clone(v))})
			return nil
		})
		if err != nil {
			return err
		}
		for _, e := range list {
			if err := b.Put(e.key, e.value); err != nil {
				return err
			}
		}
	}
	return nil
}
