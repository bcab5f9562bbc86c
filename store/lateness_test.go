package store

import (
	"encoding/binary"
	"errors"
	"slices"
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

// TestLateness has each class once that is not empty, with its upper end, and keeps the greatest.
func TestLateness(t *testing.T) {
	var l Lateness
	for _, late := range []time.Duration{-time.Second, 0, time.Second, 90 * time.Minute, 300 * 24 * time.Hour, 89 * time.Minute} {
		l.Add(late)
	}
	if l.Count != 6 || l.Greatest != 300*24*time.Hour {
		t.Errorf("%d came late, by %s at most", l.Count, l.Greatest)
	}
	want := []LatenessClass{{Below: time.Second, Count: 2}, {Below: 5 * time.Second, Count: 1}, {Below: 3 * time.Hour, Count: 2}, {Count: 1}}
	if got := l.Classes(); !slices.Equal(got, want) {
		t.Errorf("the classes are %+v", got)
	}
	for name, b := range map[string][]byte{
		"cut off":   l.Encode()[:9],
		"too long":  append(l.Encode(), 0),
		"too great": binary.AppendUvarint(make([]byte, 5), 1<<54),
	} {
		if got, err := DecodeLateness(b); !errors.Is(err, ErrDamaged) || got != (Lateness{}) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}
