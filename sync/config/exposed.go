package config

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// exposed reports whether others can get at the key in a file. A file of root's may be for a group: so a key
// is handed to a service, as PostgreSQL takes it. What an orchestrator mounts into a container is for
// everybody there, which is this program alone. Windows has no such mode bits.
func exposed(path string, info fs.FileInfo) bool {
	others := info.Mode().Perm() & 0o077
	if ofRoot(info) {
		others &= 0o007
	}
	return others != 0 && runtime.GOOS != "windows" && !mounted(path)
}

// mounted reports whether a file is a secret of Kubernetes, which is a link to what "..data" leads to, or of
// Docker or Podman, which have one place for them.
func mounted(path string) bool {
	if target, err := os.Readlink(path); err == nil && strings.HasPrefix(target, "..data"+string(filepath.Separator)) {
		return true
	}
	within := func(dir string) bool { return strings.HasPrefix(filepath.Clean(path), dir) }
	return slices.ContainsFunc([]string{"/run/secrets/", "/var/run/secrets/"}, within)
}
