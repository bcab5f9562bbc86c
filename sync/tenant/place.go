package tenant

import (
	"cmp"
	"path/filepath"
	"runtime"

	"acsync/store/bolt"
	"acsync/sync/config"
)

// newPlace is where a ledger is used by a command with an environment.
func newPlace(l config.Ledger, env []string) *bolt.Place {
	p := &bolt.Place{Machine: cmp.Or(l.Machine, machine(env))}
	switch l.Witness {
	case config.WitnessOff:
		p.Without = "ledger.witness is off"
	case config.WitnessAuto:
		p.Witness, p.Without = stateDir(runtime.GOOS, env)
	default:
		p.Witness, p.Required = l.Witness, true
	}
	return p
}

// stateDir is where a user keeps what programs remember, on a system; empty where that is not known, and why.
func stateDir(system string, env []string) (dir, why string) {
	variables, below := []string{"XDG_STATE_HOME", "HOME"}, []string{"acsync", ".local/state/acsync"}
	switch system {
	case "darwin":
		variables, below = []string{"HOME"}, []string{"Library/Application Support/acsync"}
	case "windows":
		variables, below = []string{"LocalAppData"}, []string{"acsync"}
	}
	for i, name := range variables {
		// One that is relative means another directory each time.
		if base, _ := config.Variable(env, name); filepath.IsAbs(base) {
			return filepath.Join(base, filepath.FromSlash(below[i])), ""
		}
	}
	return "", variables[len(variables)-1] + " is not set"
}

// machine is the identity of this machine; empty where it is not known. A container has that of its image, if
// any, which is another one after each build and the same one everywhere.
func machine(env []string) string {
	for _, name := range []string{"KUBERNETES_SERVICE_HOST", "container"} {
		if _, set := config.Variable(env, name); set {
			return ""
		}
	}
	return machineID()
}
