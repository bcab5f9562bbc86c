package sync

import (
	"fmt"
	"os"
	"testing"

	"acsync/store/postgres/pgtest"
	"acsync/store/storetest/memory"
)

func TestMain(m *testing.M) {
	memory.Use()
	if err := startDatabase(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(pgtest.Main(m))
}
