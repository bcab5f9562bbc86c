package store

import (
	"testing"
	"time"
)

func FuzzDecodeLateness(f *testing.F) {
	var l Lateness
	f.Add(l.Encode())
	l.Add(time.Hour)
	f.Add(l.Encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := DecodeLateness(b)
		if err != nil || len(b) == 0 {
			return
		}
		again, err := DecodeLateness(l.Encode())
		if err != nil || again != l {
			t.Errorf("%+v became %+v, %v", l, again, err)
		}
	})
}
