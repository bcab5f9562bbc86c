package bolt

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// traces are what a ledger that is gone has left of itself, its fence and its witness; empty where nothing
// shows that there was one which may have sent something.
func traces(path string, p *Place) (string, error) {
	var left []string
	f, err := readFence(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return "", err
	case f.used():
		left = append(left, "its fence "+beside(path, fenceSuffix))
	}
	if file := leftWitness(p, path); file != "" {
		left = append(left, "its witness "+file)
	}
	return strings.Join(left, ", and "), nil
}

// checkAbandoned refuses to make a ledger where there was one that is gone.
func checkAbandoned(path string, p *Place) error {
	left, err := traces(path, p)
	if err != nil || left == "" {
		return err
	}
	return fmt.Errorf("%w: %s is left of one that was here", errLeft, left)
}

// Abandoned reports whether there is no ledger at path, but was one: its fence or its witness is left, or a
// link that leads nowhere, as when the disk that it leads to is not mounted.
func Abandoned(path string, p *Place) bool {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return false
	}
	_, err := os.Lstat(path)
	return err == nil || checkAbandoned(path, p) != nil
}

// missed adds to ErrMissing whether there was a ledger at path.
func missed(path string, p *Place, err error) error {
	left, unread := traces(path, p)
	_, none := os.Lstat(path)
	switch {
	case left != "" || unread != nil:
		left = cmp.Or(left, "its fence "+beside(path, fenceSuffix))
		return fmt.Errorf("%w, but %s is left, so there was one", err, left)
	case none == nil:
		return fmt.Errorf("%w behind the link that is there: is its disk mounted?", err)
	}
	return errNever
}

// leftWitness finds a witness in a directory that tells of a ledger at this very path which has sent
// something.
func leftWitness(p *Place, path string) (file string) {
	path, err := realPath(path)
	if p == nil || p.Witness == "" || err != nil {
		return ""
	}
	list, _ := os.ReadDir(p.Witness) // there may be none yet
	for _, each := range list {
		file := filepath.Join(p.Witness, each.Name())
		if filepath.Ext(file) != witnessSuffix {
			continue
		}
		b, err := readSmall(file)
		if err != nil {
			continue
		}
		if t, ok := parseTestimony(b); ok && t.Path == path && t.used() {
			return file
		}
	}
	return ""
}
