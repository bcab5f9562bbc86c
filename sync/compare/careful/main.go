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
	"time"
)

const (
	settle  = 3 * time.Minute  // what was done later is for the next pass: the search lags behind
	overlap = 10 * time.Minute // what the last pass saw is looked through again, for what came late
	window  = 15 * time.Minute // searched at once, so that a query stays below 10,000 rows
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
	// Nothing before the beginning is to be asked about.
	begin, err := time.Parse(time.RFC3339, start)
	if err != nil {
		return err
	}
	if from = from.Add(-overlap); from.Before(begin) {
		from = begin
	}
	to := time.Now().Add(-settle)
	for at := from; at.Before(to); at = at.Add(window) {
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
