package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// maxSecret is the size in bytes beyond which a file holds no key.
const maxSecret = 64 << 10

// ReadSecretFile returns what stands in a file that is to hold a secret, without the blanks around it, and
// does not judge it. It keeps nobody waiting, and its errors show neither path nor content.
func ReadSecretFile(path string) (string, error) {
	raw, _, err := readRegular(path, maxSecret, "key")
	return string(bytes.TrimSpace(raw)), err
}

// readRegular returns the text of a file, without a UTF-8 byte order mark, which some editors put in front,
// and what is known of the very file it read. It opens nothing that would keep the program waiting for a
// writer, such as a named pipe. Its errors show neither path nor content: people do paste a key where its
// file should be named. A file longer than limit, in bytes, is not what it is said to be.
func readRegular(path string, limit int64, what string) (text []byte, info fs.FileInfo, err error) {
	info, err = os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return nil, nil, errors.New("is a directory; name the file in it")
	case err == nil && !info.Mode().IsRegular():
		return nil, nil, errors.New("is no regular file; name one (a pipe or a device cannot be read)")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot be opened: %w", cause(err))
	}
	defer f.Close()
	if info, err = f.Stat(); err == nil {
		text, err = io.ReadAll(io.LimitReader(f, limit+1))
	}
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("cannot be read: %w", cause(err))
	case int64(len(text)) > limit:
		return nil, nil, fmt.Errorf(
			"is larger than %d KiB, which no %s is; is it the right file?", limit>>10, what)
	}
	return bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), info, nil
}

func cause(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	return err
}

// directories are those of a file, under the name that it was given, and where that leads.
func directories(of string) (here, there string) {
	here = filepath.Dir(of)
	if full, err := filepath.Abs(here); err == nil {
		here = full
	}
	there = here
	if real, err := filepath.EvalSymlinks(filepath.Join(here, filepath.Base(of))); err == nil {
		there = filepath.Dir(real)
	}
	return here, there
}
