package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"strings"

	"acsync/sync/app"
)

// printed are the files that the program prints itself.
func printed(example []byte) (made []file, err error) {
	for _, f := range []struct {
		name string
		args []string
	}{
		{"completions/acsync.bash", []string{"completion", "bash"}},
		{"completions/_acsync", []string{"completion", "zsh"}},
		{"completions/acsync.fish", []string{"completion", "fish"}},
		{"completions/acsync.ps1", []string{"completion", "powershell"}},
		{"man/acsync.1", []string{"help", "--man"}},
	} {
		var stdout, stderr bytes.Buffer
		code := app.App{Example: example}.Run(context.Background(), append([]string{"acsync"}, f.args...), nil,
			strings.NewReader(""), &stdout, &stderr)
		if code != 0 {
			return nil, fmt.Errorf("acsync %s: exit code %d: %s", strings.Join(f.args, " "), code, stderr.String())
		}
		made = append(made, file{f.name, stdout.String()})
	}
	// Distributions keep the pages compressed; without a name and a time in it, it is the same each time.
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	page := made[len(made)-1]
	if _, err := w.Write([]byte(page.text)); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return append(made, file{page.name + ".gz", packed.String()}), nil
}
