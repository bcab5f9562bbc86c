package simtest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// folder is what a machine keeps of a ledger, by the names of its files.
type folder map[string][]byte

// keep reads a directory as it stands on the disk.
func keep(dir string) (folder, error) {
	f := folder{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		f[name], err = os.ReadFile(path)
		return err
	})
	return f, err
}

// put makes a directory what it was.
func (f folder) put(dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	for _, name := range []string{"ledger", "state", "backups"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			return err
		}
	}
	for name, text := range f {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// sum tells one content from another.
func (f folder) sum() map[string]string {
	sums := map[string]string{}
	for name, text := range f {
		hash := sha256.Sum256(text)
		sums[name] = hex.EncodeToString(hash[:])
	}
	return sums
}

// secrets are what no file, log or error may hold.
var secrets = []string{kustomerKey, receiverKey, dataSecret, privateHost, privateName, agentsHost}

// leak names the first secret of a text; empty for none.
func leak(text []byte) string {
	for _, each := range secrets {
		if i := bytes.Index(text, []byte(each)); i >= 0 {
			around := text[max(0, i-60):min(len(text), i+60)]
			return fmt.Sprintf("%q in %q", each, strings.ToValidUTF8(string(around), "?"))
		}
	}
	return ""
}
