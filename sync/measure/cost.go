package measure

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"time"
)

// Cost is what one process took, or several one after the other.
type Cost struct {
	Wall      time.Duration
	CPU       time.Duration // user and system
	Peak      int64         // bytes resident at most; 0 where the system does not tell
	Processes int
}

// Plus is the cost of both, one after the other.
func (c Cost) Plus(o Cost) Cost {
	return Cost{c.Wall + o.Wall, c.CPU + o.CPU, max(c.Peak, o.Peak), c.Processes + o.Processes}
}

// How often the peak of a process is read: it only grows, so that the last reading is the one that counts.
const (
	peekFirst = 5 * time.Millisecond
	peekLater = 100 * time.Millisecond
)

// Run starts a command, waits for it, and tells what it took, also when it failed or was killed.
func Run(cmd *exec.Cmd) (Cost, error) {
	from := time.Now()
	if err := cmd.Start(); err != nil {
		return Cost{}, err
	}
	ended, peaks := make(chan struct{}), make(chan int64)
	go func() { peaks <- watch(cmd.Process.Pid, ended) }()
	err := cmd.Wait()
	close(ended)
	state := cmd.ProcessState
	return Cost{time.Since(from), state.UserTime() + state.SystemTime(), <-peaks, 1}, err
}

// watch reads the peak of a process until it has ended. The one that the system tells afterwards (ru_maxrss)
// is no use: until the program is loaded, a child shares its parent's memory, whose peak counts for it as
// well.
func watch(pid int, ended <-chan struct{}) (peak int64) {
	for wait, from := peekFirst, time.Now(); ; {
		peak = max(peak, residentPeak(pid))
		select {
		case <-ended:
			return peak
		case <-time.After(wait):
		}
		if time.Since(from) > time.Second {
			wait = peekLater
		}
	}
}

// residentPeak is what Linux tells in /proc/PID/status as VmHWM, in bytes; 0 elsewhere, and once the process
// has ended.
func residentPeak(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(status) {
		fields := bytes.Fields(line)
		if len(fields) == 3 && string(fields[0]) == "VmHWM:" {
			kib, _ := strconv.ParseInt(string(fields[1]), 10, 64)
			return kib << 10
		}
	}
	return 0
}
