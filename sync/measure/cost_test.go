package measure

import (
	"bytes"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"
)

const childVariable = "ACSYNC_MEASURE_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		// Work that takes processor time, and a while in which its peak can be read.
		for from := time.Now(); time.Since(from) < 100*time.Millisecond; {
			bytes.Count(make([]byte, 1<<16), []byte{1})
		}
		return
	}
	os.Exit(m.Run())
}

// TestCostIsTheChilds holds that neither the memory nor the time of the measuring process counts, in which
// the stand-ins are: what the system tells of a child afterwards holds the peak of its parent.
func TestCostIsTheChilds(t *testing.T) {
	const held = 256 << 20
	ballast := bytes.Repeat([]byte{1}, held)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), childVariable+"=1")
	cost, err := Run(cmd)
	runtime.KeepAlive(ballast)
	if err != nil {
		t.Fatal(err)
	}
	if cost.CPU <= 0 || cost.Processes != 1 || cost.Wall <= 0 {
		t.Errorf("%+v is not what a child takes that works for 100 ms", cost)
	}
	if cost.Peak >= held {
		t.Errorf("%d bytes are the parent's", cost.Peak)
	}
	if runtime.GOOS == "linux" && cost.Peak == 0 {
		t.Error("the peak was not read")
	}
	if sum := cost.Plus(Cost{Wall: 1, CPU: 1, Peak: held, Processes: 1}); sum.Peak != held || sum.Processes != 2 {
		t.Errorf("both together: %+v", sum)
	}
}
