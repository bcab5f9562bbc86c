package journey

import (
	"cmp"
	"errors"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

// TestSorted gives values in their order, equals as they came, in memory or out of it, and as often as it is
// asked; no file is left behind.
func TestSorted(t *testing.T) {
	type pair struct{ Key, Number int }
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	for _, length := range []int{0, 1, 7, 1000} {
		s := NewSorted(func(a, b pair) int { return cmp.Compare(a.Key, b.Key) })
		s.length = length
		var want []pair
		dice := rand.New(rand.NewPCG(1, 2))
		for n := range 500 {
			p := pair{dice.IntN(40), n}
			want = append(want, p)
			if err := s.Put(p); err != nil {
				t.Fatal(err)
			}
		}
		slices.SortStableFunc(want, s.compare)
		for range 2 {
			var got []pair
			err := s.Each(func(p pair) error {
				got = append(got, p)
				return nil
			})
			if err != nil || !slices.Equal(got, want) || s.Len() != len(want) {
				t.Errorf("with runs of %d: %d values, sorted: %v, %v", length, len(got),
					slices.IsSortedFunc(got, s.compare), err)
			}
		}
		enough := errors.New("enough")
		if err := s.Each(func(pair) error { return enough }); !errors.Is(err, enough) {
			t.Errorf("it went on: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if files, _ := os.ReadDir(dir); len(files) > 0 {
			t.Errorf("%d files are left", len(files))
		}
	}
}
