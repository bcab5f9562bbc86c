package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"
)

type cursor struct {
	Cursor time.Time `json:"cursor"`
}

// loadCursor gives where the last pass ended, and for the first one where it is to begin.
func loadCursor(path, start string) (time.Time, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return time.Parse(time.RFC3339, start)
	}
	if err != nil {
		return time.Time{}, err
	}
	var c cursor
	if err := json.Unmarshal(text, &c); err != nil {
		return time.Time{}, fmt.Errorf("%s: %w", path, err)
	}
	return c.Cursor, nil
}

// saveCursor replaces the file at once, so that there is an old one or a new one and nothing between.
func saveCursor(path string, at time.Time) error {
	text, err := json.Marshal(cursor{at})
	if err != nil {
		return err
	}
	f, err := os.Create(path + ".new")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// asked is the list of those who were asked, one id a line.
type asked struct {
	mu   sync.Mutex
	file *os.File
	ids  map[string]bool
}

func openAsked(path string) (*asked, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	a := &asked{file: f, ids: map[string]bool{}}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		a.ids[lines.Text()] = true
	}
	return a, lines.Err()
}

func (a *asked) close() { _ = a.file.Close() }

func (a *asked) has(id string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.ids[id]
}

// add is on disk when it returns.
func (a *asked) add(id string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ids[id] = true
	if _, err := a.file.WriteString(id + "\n"); err != nil {
		return err
	}
	return a.file.Sync()
}
