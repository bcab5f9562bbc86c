package schedule

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"acsync/sync/exit"
)

// cluster is a job as Kubernetes carries it out.
type cluster struct{ Job }

// The places in a container.
const (
	containerConfig = "/etc/acsync"
	containerData   = "/var/lib/acsync"
)

// ContainerArguments are those of the pass in a container.
func (c cluster) ContainerArguments() []string {
	args := c.arguments(containerConfig+"/config.toml", func(file string) string {
		return path.Join(containerData, filepath.Base(file))
	})
	return append(args, "--success-codes", successCodes)
}

// successCodes are no failure of a pod, and would be one by any other code than 0: the pass did its work and
// somebody has to look when there is time, or another one is at work.
var successCodes = fmt.Sprintf("%d,%d", exit.NeedsHand, exit.Locked)

// ContainerSettings are those that mean the same in a container.
func (c cluster) ContainerSettings() []Variable {
	return slices.DeleteFunc(slices.Clone(c.Settings), func(v Variable) bool { return v.Path })
}

// Deadline is how many seconds late a pass may begin.
func (c cluster) Deadline() int { return int(time.Duration(c.Every) / time.Second) }

// Fatal are the exit codes after which trying again at once is of no use: somebody has to look. Kubernetes
// wants them in ascending order.
func (c cluster) Fatal() []int {
	var codes []int
	for _, code := range []exit.Code{
		exit.Failed, exit.Credentials, exit.LedgerMissing, exit.Usage, exit.Fuse,
		exit.LedgerDamaged,
	} {
		codes = append(codes, int(code))
	}
	slices.Sort(codes)
	return codes
}

// InitArguments are those of the job that makes the ledger.
func (c cluster) InitArguments() []string {
	return []string{"init", "--config", containerConfig + "/config.toml", "--start", "now"}
}

// Pod is the specification of a pod that runs acsync with some arguments, so many columns in.
func (c cluster) Pod(indent int, args []string) (string, error) {
	text, err := render("pod", struct {
		cluster
		Args []string
	}{c, args})
	margin := strings.Repeat(" ", indent)
	return margin + strings.ReplaceAll(text, "\n", "\n"+margin), err
}
