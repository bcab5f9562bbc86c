package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// readRegular returns the text of a file, without a UTF-8 byte order mark, which some editors put in front,
// and the mode of the very file it read. It opens nothing that would keep the program waiting for a writer,
// such as a named pipe. Its errors show neither path nor content: people do paste a key where its file should
// be named. A file longer than limit, in bytes, is not what it is said to be.
func readRegular(path string, limit int64, what string) (text []byte, mode fs.FileMode, err error) {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return nil, 0, errors.New("is a directory; name the file in it")
	case err == nil && !info.Mode().IsRegular():
		return nil, 0, errors.New("is no regular file; name one (a pipe or a device cannot be read)")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, fmt.Errorf("cannot be opened: %w", cause(err))
	}
	defer f.Close()
	if info, err = f.Stat(); err == nil {
		text, err = io.ReadAll(io.LimitReader(f, limit+1))
	}
	switch {
	case err != nil:
		return nil, 0, fmt.Errorf("cannot be read: %w", cause(err))
	case int64(len(text)) > limit:
		return nil, 0, fmt.Errorf(
			"is larger than %d KiB, which no %s is; is it the right file?", limit>>10, what)
	}
	return bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), info.Mode(), nil
}

// cause takes the path out of an error of package os.
func cause(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	return err
}
