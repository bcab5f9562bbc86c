// Command careful asks for feedback as a careful engineer writes it in a day: a poller for cron with a
// cursor, pages of 500, users and tags listed once a pass, customers read once a pass, retries with growing
// pauses that heed Retry-After, a list on disk of whom it has asked, and an overlap for what the search shows
// late. It does what nearly everybody does about a request without an answer: it sends it again.
//
// It is one of the programs that acsync is compared with, and no part of it.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

const (
	settle   = 3 * time.Minute  // what was done later is for the next pass: the search lags behind
	overlap  = 10 * time.Minute // what the last pass saw is looked through again, for what came late
	window   = time.Hour        // searched at once, so that a query stays below 10,000 rows
	atOnce   = 8
	timeout  = 30 * time.Second
	tries    = 5
	pageSize = 500
)

func main() {
	var (
		state     = flag.String("state", ".", "`directory` of the cursor and of the list of those asked")
		start     = flag.String("start", "", "`time` from which the first pass reads, in RFC 3339")
		perMinute = flag.Int("per-minute", 100, "calls a minute, of each service")
		pause     = flag.Duration("pause", time.Second, "before the second try of a request; it doubles with each")
	)
	flag.Parse()
	if err := run(*state, *start, *perMinute, *pause); err != nil {
		fmt.Fprintln(os.Stderr, "careful:", err)
		os.Exit(1)
	}
}

func run(state, start string, perMinute int, pause time.Duration) error {
	from, err := loadCursor(filepath.Join(state, "cursor.json"), start)
	if err != nil {
		return err
	}
	asked, err := openAsked(filepath.Join(state, "asked.log"))
	if err != nil {
		return err
	}
	defer asked.close()
	kustomer := newKustomer(os.Getenv("KUSTOMER_URL"), os.Getenv("KUSTOMER_API_KEY"), perMinute, pause)
	p := pass{
		kustomer: kustomer, asked: asked, org: os.Getenv("KUSTOMER_ORG"),
		connect: &service{
			base:   os.Getenv("AGENT_CONNECT_URL"),
			header: "X-Api-Key", key: os.Getenv("AGENT_CONNECT_API_KEY"),
			pace: newPace(perMinute), pause: pause,
		},
	}
	if err := kustomer.list(); err != nil {
		return err
	}
	to := time.Now().Add(-settle)
	for at := from.Add(-overlap); at.Before(to); at = at.Add(window) {
		end := at.Add(window)
		if end.After(to) {
			end = to
		}
		if err := p.window(at, end); err != nil {
			return err
		}
	}
	if p.failed > 0 {
		return fmt.Errorf("%d could not be asked about, and are tried again by the next pass", p.failed)
	}
	return saveCursor(filepath.Join(state, "cursor.json"), to)
}

// pass is what one pass works with.
type pass struct {
	kustomer *kustomer
	connect  *service
	asked    *asked
	org      string

	mu     sync.Mutex
	failed int
}

// window asks about the conversations that were marked done in [from, to). The error is one of reading; what
// could not be sent is counted, so that the cursor stays.
func (p *pass) window(from, to time.Time) error {
	found, err := p.kustomer.search(from, to)
	if err != nil {
		return err
	}
	work := make(chan conversation)
	var workers sync.WaitGroup
	for range atOnce {
		workers.Go(func() {
			for c := range work {
				if err := p.ask(c); err != nil {
					fmt.Fprintln(os.Stderr, "careful:", err)
					p.mu.Lock()
					p.failed++
					p.mu.Unlock()
				}
			}
		})
	}
	for _, c := range found {
		if !p.asked.has(c.ID) {
			work <- c
		}
	}
	close(work)
	workers.Wait()
	return nil
}

// ask asks about one conversation, unless something speaks against it, and remembers that.
func (p *pass) ask(c conversation) error {
	body, ok, err := p.request(c)
	if err != nil || !ok {
		return err
	}
	status, err := p.connect.post("/v1/requests", body)
	if err != nil {
		return fmt.Errorf("conversation %s: %w", c.ID, err)
	}
	if status >= 400 {
		fmt.Fprintf(os.Stderr, "careful: conversation %s was refused with %d\n", c.ID, status)
	}
	return p.asked.add(c.ID)
}
