package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// reader is stderr with somebody behind it, who takes one piece at a time, when told to.
type reader struct {
	takes chan error // for each piece: how the write of it ends
	got   bytes.Buffer
}

func (r *reader) Write(text []byte) (int, error) {
	if err := <-r.takes; err != nil {
		return 0, err
	}
	return r.got.Write(text)
}

// say writes numbered lines of 100 bytes.
func say(w io.Writer, from, to int) {
	for i := from; i < to; i++ {
		fmt.Fprintf(w, "%099d\n", i)
	}
}

// TestSpoolKeepsOrder writes from several goroutines: no line is torn, none is lost, and each writer's stand
// in their order.
func TestSpoolKeepsOrder(t *testing.T) {
	var got bytes.Buffer
	s := newSpool(&got, &voice{}, nil)
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for i := range 200 {
				fmt.Fprintf(s, "writer %d line %03d\n", w, i)
			}
		})
	}
	writers.Wait()
	s.flush()
	next := map[int]int{}
	for line := range strings.Lines(got.String()) {
		var w, i int
		if _, err := fmt.Sscanf(line, "writer %d line %d\n", &w, &i); err != nil || i != next[w] {
			t.Fatalf("%q: %v, want line %d", line, err, next[w])
		}
		next[w]++
	}
	if len(next) != 4 || next[0]+next[1]+next[2]+next[3] != 800 {
		t.Errorf("%v lines came", next)
	}
}

// TestSpoolWithoutReader never waits while it is written to, keeps what came first, and says how much is
// lost.
func TestSpoolWithoutReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &reader{takes: make(chan error)}
		s := newSpool(r, &voice{}, nil)
		const all = 2 * spoolRoom / 100
		say(s, 0, all)
		began := time.Now()
		s.flush()
		s.flush() // a reader who takes nothing is waited for once
		if waited := time.Since(began); waited != spoolPatience {
			t.Errorf("the end came after %s, want %s", waited, spoolPatience)
		}
		close(r.takes) // now somebody reads
		synctest.Wait()
		s.flush()
		kept, note := strings.Count(r.got.String(), "\n")-1, ""
		for line := range strings.Lines(r.got.String()) {
			note = line
		}
		if want := fmt.Sprintf("acsync: %d of the log's lines ", all-kept); kept < spoolRoom/100-1 || !strings.HasPrefix(note, want) {
			t.Errorf("%d lines were kept, and the last one is %q, want %q", kept, note, want)
		}
		r.got.Reset()
		say(s, 0, 1)
		s.flush()
		if got := r.got.String(); len(got) != 100 {
			t.Errorf("it is told twice: %q", got)
		}
	})
}

// TestSpoolTellsWhereLinesAreMissing says it between what came before and what comes after.
func TestSpoolTellsWhereLinesAreMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &reader{takes: make(chan error)}
		s := newSpool(r, &voice{}, nil)
		say(s, 0, spoolRoom/100+10)
		for range 20 {
			r.takes <- nil
		}
		synctest.Wait()
		fmt.Fprintln(s, "afterwards")
		close(r.takes)
		s.flush()
		got := strings.Split(strings.TrimSpace(r.got.String()), "\n")
		last := got[len(got)-2:]
		if !strings.HasPrefix(last[0], "acsync: 10 of the log's lines ") || last[1] != "afterwards" {
			t.Errorf("it ends with %q", last)
		}
	})
}

// TestSpoolWithSlowReader gives all to one who is slow, however long that takes.
func TestSpoolWithSlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &reader{takes: make(chan error)}
		s := newSpool(r, &voice{}, nil)
		say(s, 0, 100)
		go func() {
			for range 100 {
				time.Sleep(spoolPatience - time.Second)
				r.takes <- nil
			}
		}()
		s.flush()
		if n := strings.Count(r.got.String(), "\n"); n != 100 {
			t.Errorf("%d lines of 100 came", n)
		}
	})
}

// TestSpoolWithoutRoom goes on where a write fails, as on a disk that is full for a while, and ends where
// each does.
func TestSpoolWithoutRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &reader{takes: make(chan error, 10)}
		s := newSpool(r, &voice{}, nil)
		full := errors.New("no space left")
		r.takes <- full // the line
		r.takes <- full // that it is lost
		say(s, 0, 1)
		s.flush()
		r.takes <- nil // that it is lost
		r.takes <- nil // the next line
		say(s, 1, 2)
		s.flush()
		want := fmt.Sprintf("acsync: 1 of the log's lines are lost here: they could not be written, or nobody read them\n%099d\n", 1)
		if got := r.got.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// TestSpoolTellsInJSON says what is lost in the form of the log.
func TestSpoolTellsInJSON(t *testing.T) {
	w := &torn{}
	s := newSpool(w, &voice{}, nil)
	s.says.json = true
	fmt.Fprintln(s, "abcdefg")
	s.flush()
	fmt.Fprintln(s, "{}")
	s.flush()
	got := strings.Split(w.String(), "\n")
	if len(got) != 4 || !json.Valid([]byte(got[1])) || !strings.Contains(got[1], `"msg":"1 of the log's lines are lost`) || got[2] != "{}" {
		t.Errorf("got %q", got)
	}
}

// torn takes a part of what it is given, once.
type torn struct {
	bytes.Buffer
	done bool
}

func (w *torn) Write(text []byte) (int, error) {
	if w.done {
		return w.Buffer.Write(text)
	}
	w.done = true
	n, _ := w.Buffer.Write(text[:len(text)/2])
	return n, io.ErrShortWrite
}

// TestSpoolTornLine begins a new line behind one of which only a part could be written.
func TestSpoolTornLine(t *testing.T) {
	w := &torn{}
	s := newSpool(w, &voice{}, nil)
	fmt.Fprintln(s, "abcdefg")
	s.flush()
	fmt.Fprintln(s, "next")
	s.flush()
	got := strings.Split(w.String(), "\n")
	if len(got) != 4 || got[0] != "abcd" || !strings.HasPrefix(got[1], "acsync: 1 of the log's lines") || got[2] != "next" {
		t.Errorf("got %q", got)
	}
}

// TestPrinterStandsBehind shows a report behind the log that came before it, where both are one file.
func TestPrinterStandsBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &reader{takes: make(chan error)}
		s := newSpool(r, &voice{}, nil)
		p := newPrinter(&r.got, s)
		go func() {
			time.Sleep(time.Second)
			r.takes <- nil
		}()
		fmt.Fprintln(s, "log")
		fmt.Fprintln(p, "report")
		if got := r.got.String(); got != "log\nreport\n" {
			t.Errorf("got %q", got)
		}
	})
}

// TestUnreadIsGivenUp waits for a reader who takes nothing until the time to print is over, and a moment; what is
// read goes on.
func TestUnreadIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		over := make(chan struct{})
		r := &reader{takes: make(chan error)}
		log := &bytes.Buffer{}
		s := newSpool(log, &voice{}, over)
		p := newPrinter(r, s)
		time.AfterFunc(time.Hour, func() { close(over) })
		began := time.Now()
		_, err := io.WriteString(p, "a report\n")
		if waited := time.Since(began); !errors.Is(err, errUnread) || waited != time.Hour+lastPatience {
			t.Errorf("got %v after %s", err, waited)
		}
		if _, err := io.WriteString(p, "and more\n"); !errors.Is(err, errUnread) {
			t.Errorf("got %v, want no second try", err)
		}
		if err := p.told(nil); !errors.Is(err, errUnread) {
			t.Errorf("got %v", err)
		}
		io.WriteString(s, "what went wrong\n")
		s.flush()
		if log.String() != "what went wrong\n" {
			t.Errorf("the log is %q", log)
		}
		close(r.takes)
	})
}

// TestSlowReaderIsGivenUp does not wait for one who takes a little now and then, once the time to print is over.
func TestSlowReaderIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		over := make(chan struct{})
		r := &reader{takes: make(chan error)}
		s := newSpool(r, &voice{}, over)
		io.WriteString(s, strings.Repeat("a line\n", spoolRoom/7))
		go func() {
			for range spoolRoom/7*7/spoolPiece + 1 {
				time.Sleep(spoolPatience - time.Second)
				r.takes <- nil
			}
		}()
		began := time.Now()
		time.AfterFunc(20*time.Second, func() { close(over) })
		s.flush()
		if waited := time.Since(began); waited != 20*time.Second+lastPatience {
			t.Errorf("the end came after %s", waited)
		}
		time.Sleep(time.Hour)
	})
}
