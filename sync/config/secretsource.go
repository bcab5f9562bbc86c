package config

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"acsync/sync/httpx"
)

// How long a command may take that tells a secret, and how long what it has started may then keep its output.
const (
	commandLimit = 10 * time.Second
	commandGrace = time.Second
)

// credentialsVariable names the directory with the credentials of a service of systemd (documented).
const credentialsVariable = "CREDENTIALS_DIRECTORY"

// settleSecrets lets the sources that one layer gives for a secret replace those of the layers below. Two of
// one layer are a fault, since one of them is a leftover.
func settleSecrets(cfg *Config, k *checker, ofLayer func(origin) bool) {
	for _, secret := range secrets {
		var given []string
		for _, key := range sourcesOf(secret) {
			if v := field(cfg, key); ofLayer(k.origins[key]) && !v.IsZero() && !emptyList(v) {
				given = append(given, key)
			}
		}
		if len(given) > 1 {
			second := given[1]
			if k.origins[given[0]].file == "" {
				second = variableName(second)
			}
			k.faultAt(k.origins[given[0]], given[0], second+" is given as well: keep one of the two")
		}
		if len(given) == 0 {
			continue
		}
		for _, key := range sourcesOf(secret) {
			if !slices.Contains(given, key) {
				off := Default()
				field(cfg, key).Set(field(&off, key))
			}
		}
	}
}

func emptyList(v reflect.Value) bool { return v.Kind() == reflect.Slice && v.Len() == 0 }

// readSecret returns the key in a file, and whether others can get at it there.
func readSecret(path string) (text string, open bool, err error) {
	raw, info, err := readRegular(path, maxSecret, "key")
	if errors.Is(err, fs.ErrNotExist) {
		return "", false, errors.New("does not exist (relative paths begin at the configuration file)")
	}
	text = strings.TrimSpace(string(raw))
	if err = cmp.Or(err, httpx.CheckKey(text)); err != nil {
		return "", false, err
	}
	return text, exposed(path, info), nil
}

// fromVariable returns the key in an environment variable. Errors do not show its name: people do paste a key
// where its place should be named.
func fromVariable(env []string, name string) (string, error) {
	value, _ := Variable(env, name)
	value = strings.TrimSpace(value)
	if value == "" {
		return "", errors.New("is not set, or empty")
	}
	return value, httpx.CheckKey(value)
}

// fromCredential returns the key in a file that systemd has put there for this service.
func fromCredential(env []string, name string) (string, error) {
	dir, _ := Variable(env, credentialsVariable)
	switch {
	case name != filepath.Base(name) || name == "." || name == "..":
		return "", errors.New("must be the name of a credential, without a directory")
	case !filepath.IsAbs(dir):
		return "", errors.New("needs the directory $" + credentialsVariable + ", which is not set: systemd sets it " +
			"for a service with LoadCredential=")
	}
	raw, _, err := readRegular(filepath.Join(dir, name), maxSecret, "key")
	if errors.Is(err, fs.ErrNotExist) {
		return "", errors.New("names no credential of this service; see its LoadCredential=")
	}
	if err != nil {
		return "", fmt.Errorf("names a credential that %w", err)
	}
	text := strings.TrimSpace(string(raw))
	if err := httpx.CheckKey(text); err != nil {
		return "", fmt.Errorf("names a credential that %w", err)
	}
	return text, nil
}

// fromCommand returns the key that a program prints. It is started without a shell and without an input. No
// error shows any of its output, nor its arguments: each may hold the key.
func fromCommand(command, env []string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), commandLimit)
	defer cancel()
	run := exec.CommandContext(ctx, command[0], command[1:]...)
	// Nil would be the environment of this process, whatever the caller has.
	run.Env, run.WaitDelay = append([]string{}, env...), commandGrace
	out, complaints := &bounded{most: maxSecret}, &bounded{}
	run.Stdout, run.Stderr = out, complaints
	err := run.Run()
	told := ""
	if complaints.n > 0 {
		told = fmt.Sprintf(" and wrote %d bytes to stderr, which are not shown because they may hold the key; "+
			"run it by hand, as the user who runs acsync, to see them", complaints.n)
	}
	text := strings.TrimSpace(string(out.kept))
	exited, _ := errors.AsType[*exec.ExitError](err)
	switch {
	case ctx.Err() != nil:
		return "", fmt.Errorf("was not done after %s%s", commandLimit, told)
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		return "", errors.New("cannot be started: there is no such program; write its whole path")
	case errors.Is(err, fs.ErrPermission):
		return "", errors.New("cannot be started: this user may not execute the program")
	case exited != nil:
		return "", fmt.Errorf("ended with %s%s", exited.ProcessState, told)
	case err != nil:
		return "", fmt.Errorf("failed%s", told)
	case out.n > maxSecret:
		return "", fmt.Errorf("printed more than %d KiB, which no key is", maxSecret>>10)
	case text == "":
		return "", fmt.Errorf("printed nothing%s", told)
	}
	if err := httpx.CheckKey(text); err != nil {
		return "", fmt.Errorf("printed what %w", err)
	}
	return text, nil
}

// bounded keeps the beginning of what is written into it, and counts all of it. It must not be more than a
// writer, or whoever copies into it would go around the bound.
type bounded struct {
	kept    []byte
	most, n int
}

func (b *bounded) Write(p []byte) (int, error) {
	b.n += len(p)
	b.kept = append(b.kept, p[:min(len(p), b.most-len(b.kept))]...)
	return len(p), nil
}
