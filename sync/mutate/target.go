package main

import (
	"errors"
	"fmt"
	gobuild "go/build"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// module is the folder of the module, which is the working directory. What is in it is named relative to it.
type module struct{ root string }

func findModule() (module, error) {
	root, err := filepath.Abs(".")
	if err == nil {
		root, err = filepath.EvalSymlinks(root)
	}
	if err != nil {
		return module{}, err
	}
	if _, err := os.Stat("go.mod"); err != nil {
		return module{}, fmt.Errorf("%s: there is no go.mod: run this at the root of the module", root)
	}
	return module{root}, nil
}

// targets are the files to change, each once, by the folder of their package.
func (m module) targets(args []string) (map[string][]string, error) {
	if len(args) == 0 {
		return nil, errors.New("nothing is named: name packages or files, such as sync/decide (-h tells all)")
	}
	targets := map[string][]string{}
	for _, arg := range args {
		files, err := m.files(arg)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", arg, err)
		}
		for _, file := range files {
			dir := filepath.Dir(file)
			if !slices.Contains(targets[dir], file) {
				targets[dir] = append(targets[dir], file)
			}
		}
	}
	return targets, nil
}

// files are the files that an argument names. In some of them there is something to change.
func (m module) files(arg string) (files []string, err error) {
	switch {
	case arg == "":
		return nil, errors.New("this is no package and no file")
	case strings.HasPrefix(arg, "-"):
		return nil, errors.New("flags go before the packages and files")
	case strings.HasSuffix(arg, "..."):
		return nil, errors.New("name each folder: patterns of packages are not known here")
	}
	path, info, err := m.find(arg)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		files, err = inFolder(path)
	} else {
		files, err = []string{path}, fits(path)
	}
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		_, mutants, _, err := mutate(file, src, 0, nil)
		if err != nil {
			return nil, err
		}
		if len(mutants) > 0 {
			return files, nil
		}
	}
	return nil, errors.New("nothing in it can be changed: name what has conditions, statements or results")
}

// find is the path of a file or folder from the root of the module.
func (m module) find(arg string) (string, fs.FileInfo, error) {
	path, err := filepath.Abs(arg)
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil, fmt.Errorf("there is no such file or folder in %s", m.root)
	}
	if err != nil {
		return "", nil, err
	}
	if path, err = filepath.Rel(m.root, path); err != nil || !filepath.IsLocal(path) {
		return "", nil, fmt.Errorf("this is outside of the module in %s: run this in its own", m.root)
	}
	info, err := os.Stat(path)
	return path, info, err
}

// inFolder are the files of the package in a folder.
func inFolder(dir string) (files []string, err error) {
	entries, err := os.ReadDir(dir)
	for _, entry := range entries {
		if path := filepath.Join(dir, entry.Name()); !entry.IsDir() && fits(path) == nil {
			files = append(files, path)
		}
	}
	if err == nil && len(files) == 0 {
		return nil, errors.New("there are no Go files to change: name the folder of a package")
	}
	return files, err
}

// fits tells why a file is not for mutants.
func fits(file string) error {
	dir, name := filepath.Split(file)
	switch {
	case !strings.HasSuffix(name, ".go"):
		return errors.New("this is no Go file: name the folder of a package, or a file of one")
	case strings.HasSuffix(name, "_test.go"):
		return errors.New("this is a test: name the file that it tests")
	}
	built, err := gobuild.Default.MatchFile(dir, name)
	if err == nil && !built {
		err = fmt.Errorf("this is not compiled for %s/%s: try it where it is", runtime.GOOS, runtime.GOARCH)
	}
	return err
}
