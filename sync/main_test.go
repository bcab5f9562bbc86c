package sync

import (
	"os"
	"testing"

	"acsync/store/storetest"
)

func TestMain(m *testing.M) {
	storetest.InMemory()
	os.Exit(m.Run())
}
