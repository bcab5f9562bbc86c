package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"runtime"
	"strings"

	"acsync/sync/httpx"
)

// maxSecret is the size in bytes beyond which a file holds no key.
const maxSecret = 64 << 10

// secrets are the keys that are never shown, with the keys of their files and their environment variables.
var secrets = []secretKeys{
	{key: "kustomer.api_key", variable: "KUSTOMER_API_KEY"},
	{key: "agent_connect.api_key", variable: "AGENT_CONNECT_API_KEY"},
	{key: "agent_connect.api_secret", variable: "AGENT_CONNECT_API_SECRET"},
}

type secretKeys struct{ key, variable string }

// fileKey names the setting that holds the path of a file with the secret.
func (s secretKeys) fileKey() string { return s.key + "_file" }

// baseURL names the setting with the root of the service that the secret is for.
func (s secretKeys) baseURL() string {
	section, _, _ := strings.Cut(s.key, ".")
	return section + ".base_url"
}

func (l *loader) secret(key string) *Secret { return field(&l.cfg, key).Addr().Interface().(*Secret) }

// noteFileSecrets remembers what the configuration file says about secrets, before the environment covers it.
func (l *loader) noteFileSecrets() {
	for _, s := range secrets {
		if !l.secret(s.key).IsSet() {
			continue
		}
		l.inFile[s.key] = l.origins[s.key]
		if field(&l.cfg, s.fileKey()).String() != "" {
			l.fault(s.key, "%s is given as well: keep one of the two", s.fileKey())
		}
	}
}

// readSecrets finds each secret where it is kept.
func (l *loader) readSecrets() {
	for _, s := range secrets {
		l.checkExposed(s)
		path := field(&l.cfg, s.fileKey()).String()
		fromEnv := l.origins[s.key].source == s.variable
		fileFromEnv := l.origins[s.fileKey()].source == variableName(s.fileKey())
		switch {
		case fromEnv && fileFromEnv:
			l.fault(s.key, "%s is given as well: keep one of the two", variableName(s.fileKey()))
		case path == "" || fromEnv:
		default:
			l.readSecretFile(s, path)
		}
	}
}

// checkExposed refuses a secret in a configuration file that others can read. What the stand-ins on this machine accept is
// no secret, and Windows has no such mode bits.
func (l *loader) checkExposed(s secretKeys) {
	at, inline := l.inFile[s.key]
	exposed := l.mode.Perm()&0o077 != 0 && runtime.GOOS != "windows"
	if inline && exposed && !httpx.Loopback(field(&l.cfg, s.baseURL()).String()) {
		l.faultAt(at, s.key, fmt.Sprintf(
			"stands in a file that others can read; run chmod 600 on the file, or set %s or %s", s.variable, s.fileKey()))
	}
}

func (l *loader) readSecretFile(s secretKeys, path string) {
	text, err := readSecret(path)
	if err != nil {
		l.fault(s.fileKey(), "the file that it names %v", err)
		return
	}
	*l.secret(s.key) = NewSecret(text)
	l.origins[s.key] = l.origins[s.fileKey()]
}

// readSecret returns what is in a secret's file, without the space around it. Its errors show neither path nor content:
// people do paste a key where its file should be named.
func readSecret(path string) (string, error) {
	f, err := openRegular(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", errors.New("does not exist (relative paths begin at the configuration file)")
	case err != nil:
		return "", err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return "", errors.New("is a directory")
	}
	raw, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil {
		return "", fmt.Errorf("cannot be read: %w", cause(err))
	}
	text := string(bytes.TrimSpace(withoutMark(raw)))
	switch {
	case len(raw) > maxSecret:
		return "", errors.New("is larger than 64 KiB, which no key is")
	case strings.ContainsAny(text, "\r\n"):
		return "", errors.New("has several lines; it must hold the key alone")
	}
	return text, httpx.CheckKey(text)
}

// withoutMark takes a UTF-8 byte order mark off, which some editors put in front.
func withoutMark(text []byte) []byte { return bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")) }
