package simtest

import (
	"flag"
	"io"
	"log"
	"os"
	"runtime/debug"
	"testing"
)

func TestMain(m *testing.M) {
	flag.Parse()
	// net/http tells of answers that nobody has asked for.
	log.SetOutput(io.Discard)
	// Worlds are small, and the first of them are gone before the last are made.
	debug.SetGCPercent(400)
	os.Exit(here.run(m))
}

// amount is how much of something a test does: a few, or with LONG_TESTS=1 many. With -short, as the race
// detector has it, it is a quarter of a few.
func amount(few, many int) int {
	switch {
	case os.Getenv("LONG_TESTS") != "":
		return many
	case testing.Short():
		return (few + 3) / 4
	}
	return few
}
