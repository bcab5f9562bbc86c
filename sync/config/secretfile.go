package config

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"strings"

	"acsync/sync/httpx"
)

// maxSecret is the size in bytes beyond which a file holds no key.
const maxSecret = 64 << 10

// fileSecrets returns the secrets that stand in the configuration file itself, before the environment covers
// them.
func fileSecrets(d *draft) map[string]origin {
	inFile := map[string]origin{}
	for _, s := range secrets {
		if !secret(d, s).IsSet() {
			continue
		}
		inFile[s.key] = d.origins[s.key]
		if field(&d.cfg, s.fileKey()).String() != "" {
			d.fault(s.key, "%s is given as well: keep one of the two", s.fileKey())
		}
	}
	return inFile
}

// checkExposed refuses secrets in a configuration file that others can read. What the stand-ins on this
// machine accept is no secret, and Windows has no such mode bits.
func checkExposed(d *draft, inFile map[string]origin, mode fs.FileMode) {
	for _, s := range secrets {
		at, inline := inFile[s.key]
		exposed := mode.Perm()&0o077 != 0 && runtime.GOOS != "windows"
		if inline && exposed && !httpx.Loopback(field(&d.cfg, s.baseURL()).String()) {
			d.faultAt(at, s.key,
				fmt.Sprintf("stands in a file that others can read; run chmod 600 on the file, or set %s or %s",
					s.variable, s.fileKey()))
		}
	}
}

// readSecrets finds each secret where it is kept.
func readSecrets(d *draft) {
	for _, s := range secrets {
		path := field(&d.cfg, s.fileKey()).String()
		fromEnv := d.origins[s.key].source == s.variable
		fileFromEnv := d.origins[s.fileKey()].source == variableName(s.fileKey())
		if fromEnv && fileFromEnv {
			d.fault(s.key, "%s is given as well: keep one of the two", variableName(s.fileKey()))
		}
		if path == "" || fromEnv {
			continue
		}
		text, err := readSecret(path)
		if err != nil {
			d.fault(s.fileKey(), "the file that it names %v", err)
			continue
		}
		*secret(d, s) = NewSecret(text)
		d.origins[s.key] = d.origins[s.fileKey()]
	}
}

func secret(d *draft, s secretKeys) *Secret { return field(&d.cfg, s.key).Addr().Interface().(*Secret) }

// readSecret returns what is in a secret's file, without the space around it.
func readSecret(path string) (string, error) {
	raw, _, err := readRegular(path, maxSecret, "key")
	if errors.Is(err, fs.ErrNotExist) {
		return "", errors.New("does not exist (relative paths begin at the configuration file)")
	}
	text := strings.TrimSpace(string(raw))
	if err == nil && strings.ContainsAny(text, "\r\n") {
		return "", errors.New("has several lines; it must hold the key alone")
	}
	return text, cmp.Or(err, httpx.CheckKey(text))
}
