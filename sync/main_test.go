package sync

import (
	"os"
	"testing"

	"acsync/store/storetest/memory"
)

func TestMain(m *testing.M) {
	memory.Use()
	os.Exit(m.Run())
}
