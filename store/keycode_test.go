package store

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"
)

func TestEncodeKey(t *testing.T) {
	const hexID = "6921a0b1c2d3e4f5a6b7c8d9"
	for name, c := range map[string]struct {
		key  Key
		want string // hex
	}{
		"id":                   {Key{Conversation: hexID}, hexID},
		"id in upper case":     {Key{Conversation: strings.ToUpper(hexID)}, hexID},
		"id with resolution":   {Key{Conversation: hexID, Resolution: 0x123}, hexID + "0000000000000123"},
		"negative resolution":  {Key{Conversation: hexID, Resolution: -1}, hexID + "ffffffffffffffff"},
		"text":                 {Key{Conversation: "abc"}, "01616263"},
		"text with resolution": {Key{Conversation: "abcd", Resolution: 1}, "03616263640000000000000001"},
		"text and resolution as long as a raw id": {Key{Conversation: "abc", Resolution: 1}, "07616263000000000000000100"},
		"text as long as a raw":                   {Key{Conversation: "abcdefghijk"}, "05" + hex.EncodeToString([]byte("abcdefghijk")) + "00"},
		"24 bytes, but not hex":                   {Key{Conversation: "6921a0b1c2d3e4f5a6b7c8dz"}, "01" + hex.EncodeToString([]byte("6921a0b1c2d3e4f5a6b7c8dz"))},
		"recovery":                                {Key{Conversation: hexID, Recovery: true}, "09" + hex.EncodeToString([]byte(hexID))},
		"recovery in upper case":                  {Key{Conversation: strings.ToUpper(hexID), Recovery: true}, "09" + hex.EncodeToString([]byte(hexID))},
		"recovery, by resolution":                 {Key{Conversation: hexID, Resolution: 1, Recovery: true}, "0b" + hex.EncodeToString([]byte(hexID)) + "0000000000000001"},
		"recovery of text":                        {Key{Conversation: "abc", Recovery: true}, "09616263"},
		"recovery as long as a raw":               {Key{Conversation: "abcdefghijk", Recovery: true}, "0d" + hex.EncodeToString([]byte("abcdefghijk")) + "00"},
		"hex, but of other size":                  {Key{Conversation: "6921"}, "0136393231"},
	} {
		t.Run(name, func(t *testing.T) {
			code, err := EncodeKey(c.key)
			if err != nil {
				t.Fatal(err)
			}
			if got := hex.EncodeToString(code); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestEncodeKeyRefuses(t *testing.T) {
	for name, k := range map[string]Key{
		"empty":    {},
		"too long": {Conversation: strings.Repeat("x", MaxID+1)},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := EncodeKey(k); err == nil {
				t.Error("it was taken")
			}
		})
	}
}

// FuzzKey holds that every key survives encoding, up to the case of hex, and that keys of different
// conversations, resolutions or kinds never share their bytes: that would lose one, or ask a customer twice.
func FuzzKey(f *testing.F) {
	for _, recovery := range []bool{false, true} {
		f.Add("6921a0b1c2d3e4f5a6b7c8d9", int64(0), recovery)
		f.Add("6921A0B1C2D3E4F5A6B7C8D9", int64(1_795_000_000_000), recovery)
		f.Add("abc", int64(1), recovery)
		f.Add("abcdefghijk", int64(0), recovery)
		f.Add("abcdefghijkl", int64(-1), recovery)
		f.Add("abcdefghijklmnopqrs\x00", int64(0), recovery)
	}
	f.Fuzz(func(t *testing.T, id string, resolution int64, recovery bool) {
		k := Key{Conversation: id, Resolution: resolution, Recovery: recovery}
		code, err := EncodeKey(k)
		if err != nil {
			t.Skip()
		}
		back, err := DecodeKey(code)
		if err != nil {
			t.Fatal(err)
		}
		if back.Resolution != resolution || back.Recovery != recovery || (back.Conversation != id && !sameHex(back.Conversation, id)) {
			t.Errorf("%v came back as %v", k, back)
		}
	})
}

func sameHex(lower, given string) bool {
	_, err := hex.DecodeString(given)
	return err == nil && len(given) == 2*rawID && lower == strings.ToLower(given)
}

// FuzzDecodeKey holds that any bytes are either refused or exactly the encoding of the key that they give.
func FuzzDecodeKey(f *testing.F) {
	for _, s := range []string{"", "\x01", "\x01a", "\x03\x00\x00\x00\x00\x00\x00\x00\x01", "\x05abcdefghijk\x00", "\x05a\x00", "\x09a", "\x096921A0B1C2D3E4F5A6B7C8D9", "\x11a"} {
		f.Add([]byte(s))
	}
	f.Add(make([]byte, rawPair))
	f.Fuzz(func(t *testing.T, code []byte) {
		k, err := DecodeKey(code)
		if err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Errorf("got error %v, want ErrDamaged", err)
			}
			return
		}
		again, err := EncodeKey(k)
		if err != nil || string(again) != string(code) {
			t.Errorf("%x gives %v, which is encoded as %x (%v)", code, k, again, err)
		}
	})
}
