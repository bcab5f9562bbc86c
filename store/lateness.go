package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"time"
)

// latenessBounds are the upper ends of the classes; the last class has none. They are part of the format.
var latenessBounds = [...]time.Duration{
	time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 3 * time.Hour, 12 * time.Hour, 24 * time.Hour,
}

// Lateness tells how far below a checkpoint that was closed already conversations were seen for the first
// time: how late Kustomer's search was. The overlap of two passes must be greater than that.
type Lateness struct {
	Count    int           // conversations that came late
	Greatest time.Duration // milliseconds
	classes  [len(latenessBounds) + 1]uint64
}

// LatenessClass is one class of a Lateness.
type LatenessClass struct {
	Below time.Duration // upper end; 0 for the last class, which has none
	Count int
}

// Classes lists the classes that are not empty, from the least to the greatest lateness.
func (l Lateness) Classes() []LatenessClass {
	var list []LatenessClass
	for i, n := range l.classes {
		if n == 0 {
			continue
		}
		class := LatenessClass{Count: int(n)}
		if i < len(latenessBounds) {
			class.Below = latenessBounds[i]
		}
		list = append(list, class)
	}
	return list
}

// mostLate is the greatest lateness that is told apart: some 139 years.
const mostLate = time.Duration(1<<42) * time.Millisecond

// Add counts a conversation that came so late.
func (l *Lateness) Add(late time.Duration) {
	late = min(max(late, 0), mostLate)
	l.Count++
	l.Greatest = max(l.Greatest, late.Truncate(time.Millisecond))
	class := slices.IndexFunc(latenessBounds[:], func(bound time.Duration) bool { return late < bound })
	if class < 0 {
		class = len(latenessBounds)
	}
	l.classes[class]++
}

// Encode gives the greatest lateness in milliseconds, then the count of each class, as varints.
func (l Lateness) Encode() []byte {
	b := binary.AppendUvarint(nil, uint64(l.Greatest.Milliseconds()))
	for _, n := range l.classes {
		b = binary.AppendUvarint(b, n)
	}
	return b
}

var errLateness = fmt.Errorf("%w: its lateness cannot be read", ErrDamaged)

// DecodeLateness is the inverse of Encode; no bytes are no lateness. Whatever else is [ErrDamaged].
func DecodeLateness(b []byte) (l Lateness, err error) {
	if len(b) == 0 { // never written
		return l, nil
	}
	r := bytes.NewReader(b)
	next := func() (n uint64) {
		if err == nil {
			n, err = binary.ReadUvarint(r)
		}
		if n > 1<<53 {
			err = errLateness
		}
		return n
	}
	l.Greatest = time.Duration(min(next(), uint64(mostLate/time.Millisecond))) * time.Millisecond
	for i := range l.classes {
		l.classes[i] = next()
		l.Count += int(l.classes[i])
	}
	if err != nil || r.Len() > 0 {
		return Lateness{}, errLateness
	}
	return l, nil
}
