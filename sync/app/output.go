package app

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"acsync/store/bolt"
)

// output is a file that a command is going to write. That it can be is found out before anything is done: an
// answer that gets lost at the end of a pass cannot be had again.
type output struct {
	path string // as it was given
	real string // the whole of it, and where a link leads
}

// probeBytes are written to see whether the disk is full.
const probeBytes = 256 << 10

// newOutput refuses a file that cannot be written, named by a flag. It may take the place of what is there;
// where that cannot be, what is there is overwritten.
func newOutput(flag, path string) (output, error) {
	o, err := findOutput(path)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w; make that directory, or name another file", err)
	}
	if err != nil {
		return o, usagef("--%s %q cannot be written: %v; nothing was done", flag, path, err)
	}
	return o, nil
}

func findOutput(path string) (o output, err error) {
	o.path = path
	if o.real, err = filepath.Abs(path); err != nil {
		return o, err
	}
	for _, devices := range []string{"/dev/", "/proc/"} {
		// Shared memory is a place like any other.
		if strings.HasPrefix(o.real, devices) && !strings.HasPrefix(o.real, "/dev/shm/") {
			return o, fmt.Errorf("%s is no place for a file", devices)
		}
	}
	_, missing := os.Lstat(o.real)
	if missing == nil {
		switch info, err := os.Stat(o.real); {
		case err != nil:
			return o, errors.New("it is a link that leads nowhere")
		case !info.Mode().IsRegular():
			return o, errors.New("there is something that is no file")
		case bolt.Kept(o.real):
			return o, errors.New("it would replace a ledger, or what lies beside one, which tells who was asked")
		}
		if o.real, err = filepath.EvalSymlinks(o.real); err != nil {
			return o, err
		}
	}
	// A path through something that is no directory is not missing, but it is not there either.
	unplaced := o.unplaced()
	if unplaced == nil || missing != nil || !mayOverwrite(unplaced) {
		return o, unplaced
	}
	if err := probeInPlace(o.real); err != nil {
		return o, fmt.Errorf("it can be neither replaced (%w) nor overwritten (%w)", unplaced,
			o.explained(err))
	}
	return o, nil
}

// unplaced says why no other file can be put into the place of the output; nil where one can.
func (o output) unplaced() error {
	err := probePlace(o.real)
	if _, missing := os.Lstat(o.real); err == nil && missing == nil {
		err = pinned(o.real)
	}
	return o.explained(err)
}

// write is stream for a text.
func (o output) write(text []byte) error {
	return o.stream(func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

// stream puts what render writes in the place of what is there, whole or not at all, for its owner's eyes
// alone whoever could read what was there before. What cannot be replaced is overwritten, and stays whose it
// is; for that it is rendered once more.
func (o output) stream(render func(io.Writer) error) error {
	inPieces := func(w io.Writer) error {
		buffered := bufio.NewWriter(w)
		return cmp.Or(render(buffered), buffered.Flush())
	}
	err := replaceFile(o.real, inPieces)
	if err != nil && mayOverwrite(err) {
		if over := overwrite(o.real, inPieces); !errors.Is(over, fs.ErrNotExist) {
			err = over
		}
	}
	return o.explained(err)
}

// mayOverwrite reports whether something other than the disk keeps a file from being replaced.
func mayOverwrite(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EBUSY) || errors.Is(err, syscall.EROFS)
}

// explained leaves out names that nobody has chosen, those of files in between.
func (o output) explained(err error) error {
	if cause, ok := errors.AsType[*fs.PathError](err); ok && cause.Path != o.real {
		return fmt.Errorf("directory %s: %w", filepath.Dir(o.real), cause.Err)
	} else if ok {
		return cause.Err
	}
	if cause, ok := errors.AsType[*os.LinkError](err); ok {
		return cause.Err
	}
	return err
}

// probeInPlace sees whether a file can be written, and made longer. It is as long as it was afterwards.
func probeInPlace(path string) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err == nil {
		_, err = file.WriteAt(make([]byte, probeBytes), info.Size())
		err = errors.Join(err, file.Truncate(info.Size()))
	}
	return errors.Join(err, file.Close())
}

func overwrite(path string, render func(io.Writer) error) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if err = render(file); err == nil {
		var end int64
		end, err = file.Seek(0, io.SeekCurrent)
		err = errors.Join(err, file.Truncate(end), file.Sync())
	}
	return errors.Join(err, file.Close())
}

// pinned says why a file that is there cannot be replaced, although its directory can be written; nil where
// it can.
func pinned(path string) error {
	if mountPoint(path) {
		return fmt.Errorf("it is mounted by itself: %w", syscall.EBUSY)
	}
	dir, err := os.Stat(filepath.Dir(path))
	if err != nil || dir.Mode()&fs.ModeSticky == 0 {
		return err
	}
	return sticky(dir, path)
}

// mountPoint reports whether a file is one, as containers get single files. Linux alone knows of that.
func mountPoint(path string) bool {
	table, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return false
	}
	plain := strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)
	for line := range strings.Lines(string(table)) {
		// The fifth is the mount point (documented).
		if fields := strings.Fields(line); len(fields) > 4 && plain.Replace(fields[4]) == path {
			return true
		}
	}
	return false
}
