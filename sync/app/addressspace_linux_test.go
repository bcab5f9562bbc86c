package app_test

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

// TestAddressSpace limits the address space, as ulimit -v does. What is enough for the program is enough for its ledger, which
// would like to have more; with less, a pass is refused in words and not ended by the runtime.
func TestAddressSpace(t *testing.T) {
	t.Parallel()
	for kib, want := range map[int]struct {
		code int
		said string
	}{
		1_900_000: {3, ""},
		1_800_000: {12, "acsync: this process may have 1757 MiB of address space, and acsync needs 1792: raise the limit (ulimit -v,"},
	} {
		c := exec.Command("sh", "-c", fmt.Sprintf("ulimit -v %d && exec %s run --sandbox --quiet", kib, build(t)))
		c.Env = []string{"HOME=" + t.TempDir()}
		var said strings.Builder
		c.Stderr = &said
		if err := c.Run(); c.ProcessState == nil {
			t.Fatal(err)
		}
		if code := c.ProcessState.ExitCode(); code != want.code || !strings.HasPrefix(said.String(), want.said) || want.said == "" && said.Len() > 0 {
			t.Errorf("with %d KiB: exit code %d, want %d: %s", kib, code, want.code, said.String())
		}
	}
}
