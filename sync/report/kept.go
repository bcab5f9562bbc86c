package report

import (
	"encoding/binary"
	"encoding/hex"
	"time"

	"acsync/store"
)

// kept is a row in some 60 bytes: its key in the ledger, then the times in Unix milliseconds, the places of
// its holder and its ending, the customer and the address.
type kept string

// keep packs a row.
func keep(key store.Key, resolved, handled time.Time, by, end int, customer, address string) kept {
	recovery := uint64(0)
	if key.Recovery {
		recovery = 1
	}
	var b []byte
	b = appendText(b, key.Conversation)
	b = binary.AppendVarint(b, key.Resolution)
	b = binary.AppendUvarint(b, recovery)
	b = binary.AppendVarint(b, resolved.UnixMilli())
	since := int64(0) // handled; 0 for never
	if !handled.IsZero() {
		if since = handled.UnixMilli() - resolved.UnixMilli(); since >= 0 {
			since++
		}
	}
	b = binary.AppendVarint(b, since)
	b = binary.AppendUvarint(b, uint64(by))
	b = binary.AppendUvarint(b, uint64(end))
	return kept(appendText(appendText(b, customer), address))
}

// key is the packed key of the ledger.
func (k kept) key() string {
	rest := k.times()
	return string(k[:len(k)-len(rest)])
}

// times are what stands behind the key.
func (k kept) times() packed {
	rest := packed(k)
	rest.bytes()
	rest.varint()
	rest.uvarint()
	return rest
}

func (k kept) id() string {
	rest := packed(k)
	return rest.text()
}

func (k kept) resolved() int64 {
	rest := k.times()
	return rest.varint()
}

// unpack gives what keep was given, without the key.
func (k kept) unpack() (resolved, handled time.Time, by, end int, customer, address string) {
	rest := k.times()
	at := rest.varint()
	switch since := rest.varint(); {
	case since > 0:
		handled = time.UnixMilli(at + since - 1)
	case since < 0:
		handled = time.UnixMilli(at + since)
	}
	by, end = int(rest.uvarint()), int(rest.uvarint())
	customer = rest.text()
	return time.UnixMilli(at), handled, by, end, customer, rest.text()
}

// packed is what is left of a row that is unpacked from its beginning.
type packed string

func (p *packed) uvarint() uint64 {
	n, size := binary.Uvarint([]byte(*p))
	*p = (*p)[size:]
	return n
}

func (p *packed) varint() int64 {
	n, size := binary.Varint([]byte(*p))
	*p = (*p)[size:]
	return n
}

// bytes are those of a text, and whether they are an id's.
func (p *packed) bytes() (text packed, id bool) {
	head := p.uvarint()
	text, *p = (*p)[:head>>1], (*p)[head>>1:]
	return text, head&1 == 1
}

func (p *packed) text() string {
	text, id := p.bytes()
	if id {
		return hex.EncodeToString([]byte(text))
	}
	return string(text)
}

// appendText packs a text, ids in half of their room.
func appendText(b []byte, text string) []byte {
	if packed, err := hex.DecodeString(text); err == nil && hex.EncodeToString(packed) == text {
		return append(binary.AppendUvarint(b, uint64(len(packed))<<1|1), packed...)
	}
	return append(binary.AppendUvarint(b, uint64(len(text))<<1), text...)
}
