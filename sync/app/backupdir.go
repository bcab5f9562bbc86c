package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/urfave/cli/v2"

	"acsync/store/bolt"
)

// withBackups is the example configuration with the directory of --backup-dir, which is relative to where the
// command is given, as a shell completes it, and not to the configuration.
func withBackups(example []byte, c *cli.Context, path string, fresh bool) ([]byte, error) {
	dir := c.String(flagBackupDir)
	switch {
	case !c.IsSet(flagBackupDir):
		return example, nil
	case strings.TrimSpace(dir) == "":
		return nil, usagef("--%s is empty; name the directory (is a variable of your shell not set?)",
			flagBackupDir)
	case !fresh:
		return nil, usagef("%s exists already, and init never changes it: set ledger.backup_dir there, in "+
			"place of --%s; nothing was done", path, flagBackupDir)
	}
	if !filepath.IsAbs(dir) && filepath.Dir(path) != "." {
		var err error
		if dir, err = filepath.Abs(dir); err != nil {
			return nil, fmt.Errorf("find --%s: %w", flagBackupDir, err)
		}
	}
	const empty = "\nbackup_dir = \"\"\n"
	quoted, err := json.Marshal(dir) // as TOML writes a text, too
	if err != nil || !utf8.ValidString(dir) || !bytes.Contains(example, []byte(empty)) {
		return nil, usagef("--%s %q cannot be written into a configuration: set ledger.backup_dir there",
			flagBackupDir, dir)
	}
	return bytes.Replace(example, []byte(empty), []byte("\nbackup_dir = "+string(quoted)+"\n"), 1), nil
}

// makeBackupDir makes the directory that passes only write to, and makes sure that it can be written to.
func makeBackupDir(dir string) error {
	err := bolt.MakeDir(dir, 0o700)
	if err == nil {
		o := output{real: filepath.Join(dir, "backup.db")}
		err = o.explained(probePlace(o.real))
	}
	if err != nil {
		return usagef("backups cannot be kept in %s (ledger.backup_dir): %v; nothing was done", dir, err)
	}
	return nil
}
