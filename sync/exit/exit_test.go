package exit

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"acsync/sync/manual"
)

type locked struct{}

func (locked) Error() string   { return "locked" }
func (locked) ExitClass() Code { return Locked }

// TestOf finds the code of an error however it is wrapped, and the outer one before the inner.
func TestOf(t *testing.T) {
	tests := []struct {
		name string
		err  error
		code Code
		ok   bool
	}{
		{"nil", nil, Done, true},
		{"itself", locked{}, Locked, true},
		{"wrapped", fmt.Errorf("opening: %w", locked{}), Locked, true},
		{"joined", errors.Join(errors.New("x"), locked{}), Locked, true},
		{"foreign", errors.New("x"), Failed, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if code, ok := Of(tt.err); code != tt.code || ok != tt.ok {
				t.Errorf("got %d, %t; want %d, %t", code, ok, tt.code, tt.ok)
			}
		})
	}
}

// TestManual holds the manual to the codes and their meanings: scripts are written by it.
func TestManual(t *testing.T) {
	topic, _ := manual.Lookup("exit-codes")
	var rows []string
	for _, code := range All() {
		row := fmt.Sprintf("| %d | %s |", code, code)
		if rows = append(rows, row); !strings.Contains(topic.Text, row+"\n") {
			t.Errorf("the manual has no row %s", row)
		}
	}
	if !slices.IsSorted(All()) || !strings.Contains(topic.Text, strings.Join(rows, "\n")) || Code(2).String() != "" {
		t.Errorf("the manual lists other codes, or in another order, than %v", All())
	}
}
