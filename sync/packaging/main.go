// Command packaging writes what the packages of a release carry besides the program, each from where the
// program itself has it: the units of systemd, the configuration, the completions and the man page.
// .goreleaser.yaml runs it before anything is built, in the root of the repository:
//
//	go run ./sync/packaging .release
//
// What needs no making lies beside this file: the scripts of the packages, and the user that passes run as.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run ./sync/packaging DIR")
		os.Exit(12)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "packaging:", err)
		os.Exit(1)
	}
}

// write replaces a directory by one with all the files.
func write(dir string) error {
	example, err := os.ReadFile("config.example.toml")
	if err != nil {
		return fmt.Errorf("read the example configuration: %w", err)
	}
	configured, err := configuration(string(example))
	if err != nil {
		return err
	}
	units, err := units(configured)
	if err != nil {
		return err
	}
	printed, err := printed(example)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	for _, f := range slices.Concat(units, printed, []file{{"config.toml", configured}}) {
		path := filepath.Join(dir, f.name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(f.text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// file is one that is made. Its name is that in the packages.
type file struct{ name, text string }
