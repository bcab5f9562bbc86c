package app

import "testing"

// TestDecimal reads numbers as people write them: zeros in front do not make eight of ten, and nothing but digits is taken.
func TestDecimal(t *testing.T) {
	for text, want := range map[string]string{
		"010": "10", "0": "0", "-5": "-5", "5000": "5000", "08": "8", "9223372036854775807": "9223372036854775807",
		"0x10": "", "0b1": "", "0o7": "", "1_000": "", "1e3": "", "1.0": "", "": "", " 5": "", "٥": "", "9223372036854775808": "",
	} {
		var d decimal[int64]
		if err := d.Set(text); (err == nil) != (want != "") || err == nil && d.String() != want {
			t.Errorf("%q is %s, %v; want %q", text, &d, err, want)
		}
	}
	var seed decimal[uint64]
	if err := seed.Set("18446744073709551615"); err != nil || seed.String() != "18446744073709551615" {
		t.Errorf("the largest seed is %s, %v", &seed, err)
	}
}
