package measure

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
)

// Build compiles commands of this module into a directory, such as "acsync/sync/compare/careful", static and
// stripped as a release is, and gives their paths in the same order. It needs Go, and may be called in any
// directory of the module.
func Build(ctx context.Context, dir string, packages ...string) ([]string, error) {
	arguments := []string{
		"build", "-buildvcs=false", "-trimpath", "-tags=urfave_cli_no_docs", "-ldflags=-s -w",
		"-o", dir + string(filepath.Separator),
	}
	build := exec.CommandContext(ctx, "go", append(arguments, packages...)...)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build %v: %w\n%s", packages, err, out)
	}
	paths := make([]string, len(packages))
	for i, p := range packages {
		paths[i] = filepath.Join(dir, path.Base(p))
	}
	return paths, nil
}
