package app

import (
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"acsync/store/bolt"
)

// spares refuses to write a file, named by a flag, in the place of one that acsync itself needs.
func (t *tenant) spares(c *cli.Context, flag, path string) error {
	kept := append(bolt.Files(t.config.Ledger.Path), c.String(flagConfig),
		t.config.Kustomer.APIKeyFile, t.config.AgentConnect.APIKeyFile, t.config.AgentConnect.APISecretFile,
		c.Args().First()) // the plan that is carried out
	for _, each := range kept {
		if each != "" && sameFile(path, each) {
			return usagef("--%s %q would replace %s; nothing was done", flag, path, each)
		}
	}
	return nil
}

// sameFile tells whether two paths lead to the same place, whether or not there is a file yet.
func sameFile(a, b string) bool {
	first, err := os.Stat(a)
	second, other := os.Stat(b)
	if err == nil && other == nil {
		return os.SameFile(first, second)
	}
	if filepath.Base(a) != filepath.Base(b) {
		return false
	}
	first, err = os.Stat(filepath.Dir(a))
	second, other = os.Stat(filepath.Dir(b))
	return err == nil && other == nil && os.SameFile(first, second)
}
