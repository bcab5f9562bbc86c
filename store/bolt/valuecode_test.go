package bolt

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
)

// mustKey gives the bytes of a key.
func mustKey(t testing.TB, k store.Key) []byte {
	t.Helper()
	code, err := store.EncodeKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func TestRecordRoundTrip(t *testing.T) {
	created := time.Unix(0x69210000, 0)
	done := created.Add(31 * time.Hour).Add(123 * time.Millisecond).UTC()
	at := done.Add(20 * time.Minute).Truncate(time.Second)
	for name, c := range map[string]struct {
		key    store.Key
		record store.Record
		reason uint64
		most   int // bytes
	}{
		"accepted": {id(1), store.Record{State: store.Accepted, Resolution: done, At: at, First: at, Attempts: 1, Status: 200, Intent: 4e6}, 0, 14},
		"accepted, by resolution": {
			store.Key{Conversation: id(1).Conversation, Resolution: done.UnixMilli()},
			store.Record{State: store.Accepted, Resolution: done, At: at, First: at, Attempts: 1, Status: 200, Intent: 4e6},
			0, 12,
		},
		"skipped":             {id(1), store.Record{State: store.Skipped, Resolution: done, At: at}, 7, 11},
		"scheduled":           {id(1), store.Record{State: store.Scheduled, Resolution: done, At: at, Due: at.Add(24 * time.Hour)}, 0, 14},
		"sending":             {id(1), store.Record{State: store.Sending, Resolution: done, At: at, First: at, Attempts: 1, Intent: 4e6}, 0, 14},
		"retry":               {id(1), store.Record{State: store.Retry, Resolution: done, At: at, Due: at.Add(time.Hour), First: at.Add(-time.Hour), Attempts: 3, Status: 429, Intent: 4e6}, 9, 24},
		"no resolution":       {id(1), store.Record{State: store.Dropped, At: at}, 0, 9},
		"text id":             {store.Key{Conversation: "conv-1"}, store.Record{State: store.Skipped, Resolution: done, At: at}, 7, 13},
		"done before it came": {id(1), store.Record{State: store.Skipped, Resolution: created.Add(-400 * 24 * time.Hour).UTC(), At: at}, 7, 14},
		"attempts of a rebuilt key": {
			id(1), store.Record{State: store.Accepted, Resolution: done, At: at, First: at, Attempts: 2, Status: 201}, 0, 14,
		},
		"the farthest": {id(1), store.Record{
			State: store.InDoubt, Resolution: time.Date(2, 1, 1, 0, 0, 0, 0, time.UTC), At: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC),
			Due: time.Date(2, 1, 1, 0, 0, 0, 0, time.UTC), First: time.Date(2, 1, 1, 0, 0, 0, 0, time.UTC),
			Attempts: 1<<31 - 1, Status: 1<<31 - 1, Intent: 1<<64 - 1,
		}, 1<<64 - 1, 80},
	} {
		t.Run(name, func(t *testing.T) {
			code := mustKey(t, c.key)
			value := encodeRecord(c.key, code, c.record, c.reason)
			got, reason, err := decodeRecord(c.key, code, value)
			if err != nil {
				t.Fatal(err)
			}
			wantSame(t, got, c.record)
			wantSame(t, reason, c.reason)
			if len(value) > c.most {
				t.Errorf("the record has %d bytes, want at most %d", len(value), c.most)
			}
		})
	}
}

func TestDecodeRecordRefuses(t *testing.T) {
	code := mustKey(t, id(1))
	good := encodeRecord(id(1), code, store.Record{State: store.Accepted, Resolution: noon, At: sec, Attempts: 1, Status: 200, Intent: 9}, 0)
	sealed := func(b ...byte) []byte { return append(b, checkByte(code, b)) }
	for name, value := range map[string][]byte{
		"empty":               {},
		"short":               good[:3],
		"cut off":             good[:len(good)-2],
		"another state":       append([]byte{good[0] ^ 1}, good[1:]...),
		"unknown version":     sealed(0x23, lacksResolution, 0),
		"unknown state":       sealed(0x1f, lacksResolution, 0),
		"state zero":          sealed(0x10, lacksResolution, 0),
		"number cut off":      sealed(0x13, lacksResolution, 0x80),
		"number too long":     sealed(append([]byte{0x13, lacksResolution}, bytes.Repeat([]byte{0xff}, 12)...)...),
		"something behind":    sealed(0x13, lacksResolution, 0, 0),
		"two statuses":        sealed(0x13, lacksResolution|isOK|hasStatus, 0, 1),
		"far outside of time": sealed(0x13, lacksResolution, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f),
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := decodeRecord(id(1), code, value)
			wantError(t, err, store.ErrDamaged)
		})
	}
	t.Run("the record of another key", func(t *testing.T) {
		other := store.Key{Conversation: "conv-1"}
		_, _, err := decodeRecord(other, mustKey(t, other), good)
		wantError(t, err, store.ErrDamaged)
	})
}

// FuzzDecodeRecord holds that any bytes are refused or give a record that the ledger could have written, and
// that writing it again changes nothing.
func FuzzDecodeRecord(f *testing.F) {
	code := mustKey(f, id(1))
	whole := encodeRecord(id(1), code, store.Record{
		State: store.Retry, Resolution: noon, At: sec, Due: noon, First: sec, Attempts: 3, Status: 429, Intent: 9,
	}, 2)
	f.Add(whole[:len(whole)-1])
	f.Add([]byte{0x13, lacksResolution, 0})
	f.Add([]byte{0x13, 0, 0, 0})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, body []byte) {
		value := append(bytes.Clone(body), checkByte(code, body))
		r, reason, err := decodeRecord(id(1), code, value)
		if err != nil {
			wantError(t, err, store.ErrDamaged)
			return
		}
		back, again, err := decodeRecord(id(1), code, encodeRecord(id(1), code, r, reason))
		if err != nil || again != reason || !cmp.Equal(back, r) {
			t.Errorf("%+v, reason %d, came back as %+v, reason %d (%v)", r, reason, back, again, err)
		}
	})
}
