package app

import (
	"os"

	"github.com/urfave/cli/v2"

	"acsync/store"
)

// spares refuses to write a file, named by a flag, in the place of one that acsync itself needs.
func (t *tenant) spares(c *cli.Context, flag, path string) error {
	kept := append(store.Files(t.config.Ledger.Path), c.String(flagConfig),
		t.config.Kustomer.APIKeyFile, t.config.AgentConnect.APIKeyFile, t.config.AgentConnect.APISecretFile,
		c.Args().First()) // the plan that is carried out
	for _, each := range kept {
		if sameFile(path, each) {
			return usagef("--%s %q would replace %s; nothing was done", flag, path, each)
		}
	}
	return nil
}

func sameFile(a, b string) bool {
	first, err := os.Stat(a)
	if err != nil {
		return false
	}
	second, err := os.Stat(b)
	return err == nil && os.SameFile(first, second)
}
