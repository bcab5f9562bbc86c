package app

import (
	"os"
	"path/filepath"

	"acsync/store/bolt"
)

// refuseOverwrite refuses to write a file, named by a flag, in the place of one that acsync itself needs.
func refuseOverwrite(s *session, flag, path string) error {
	cfg := s.tenant.Config
	needed := append(bolt.Files(cfg.Ledger.Path), s.c.String(flagConfig),
		cfg.Kustomer.APIKeyFile, cfg.AgentConnect.APIKeyFile, cfg.AgentConnect.APISecretFile,
		// The plan that is carried out.
		s.c.Args().First())
	for _, each := range needed {
		if each != "" && sameFile(path, each) {
			return usagef("--%s %q would replace %s; nothing was done", flag, path, each)
		}
	}
	return nil
}

// sameFile reports whether two paths lead to the same place, whether or not there is a file yet.
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
