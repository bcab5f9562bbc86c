package journey

import (
	"fmt"
	"os"
	"slices"
	"testing"
)

// TestPartitions keeps more than it may in memory: the values of a key come together, in their order, each
// once, and no file is left behind.
func TestPartitions(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	for _, room := range []int{0, 256} {
		kept := Partitions[string]{room: room}
		const keys, each = 500, 3
		for n := range each {
			for key := range keys {
				if err := kept.Put(fmt.Sprint(key), fmt.Sprintf("%d/%d", key, n)); err != nil {
					t.Fatal(err)
				}
			}
		}
		files, err := os.ReadDir(dir)
		if err != nil || (len(files) > 0) != (room > 0) {
			t.Errorf("with room for %d there are %d files, %v", room, len(files), err)
		}
		seen := map[string]int{}
		err = kept.Each(func(values []string) error {
			for _, value := range values {
				seen[value]++
			}
			for key := range keys {
				own := slices.DeleteFunc(slices.Clone(values), func(v string) bool {
					return v[:len(v)-2] != fmt.Sprint(key)
				})
				want := []string{fmt.Sprintf("%d/0", key), fmt.Sprintf("%d/1", key), fmt.Sprintf("%d/2", key)}
				if len(own) > 0 && !slices.Equal(own, want) {
					t.Errorf("with room for %d key %d has %v", room, key, own)
				}
			}
			return nil
		})
		if err != nil || len(seen) != keys*each {
			t.Errorf("with room for %d there are %d values, want %d; %v", room, len(seen), keys*each, err)
		}
		if err := kept.Close(); err != nil {
			t.Error(err)
		}
		if files, _ := os.ReadDir(dir); len(files) > 0 {
			t.Errorf("%d files are left", len(files))
		}
	}
}
