package sandbox

import (
	"errors"
	"fmt"
	"net"
	"time"
)

// Options say what a sandbox holds and how it behaves. The zero value works.
type Options struct {
	Seed uint64
	Now  func() time.Time // the clock of data and Date headers; nil is time.Now

	Addr             string // host to listen on, which must be loopback; empty is 127.0.0.1
	KustomerPort     int    // 0 is any
	AgentConnectPort int

	// Requests answered in a minute, in fixed windows that begin with the minute; above it the answer is 429. 0 is the
	// default. The real limits are lower: 100 searches and 100 calls for data, and 300 to 2,000 for Kustomer as a
	// whole (documented); none is known for requests.
	KustomerPerMinute int // 12,000; of all keys and users of the organisation
	SearchesPerMinute int // 6,000
	RequestsPerMinute int // 6,000; also for recoveries
	DataPerMinute     int // 1,000
	KustomerOthers    int // requests that others take from KustomerPerMinute in every minute

	PerHour    int           // generated conversations marked done in an hour; 0 is 130
	Busy       time.Duration // how long before its start a sandbox has so many; 0 is 3 h. Before it, a trickle
	Empty      bool          // no generated conversations and customers at all, only those added; agents and tags remain
	Bursts     []Burst       // conversations that a bulk job marked done at one instant
	MaxIDs     int           // ids in one GET of several records; 0 is 50. The real number is unknown
	Unreadable []string      // what the Kustomer key has no role for: "search", "conversation", "customer", "user", "tag"

	Channels        []string // enabled in Agent Connect; nil is email, chat, phone and sms
	ManualChannels  []string // enabled, but in manual mode: requests are refused
	Brands          []string // of a multi-brand company: each request must name one. nil: brands are not looked at
	Languages       []string // active ones; with more than one, each request must name one. nil: only the form is checked
	SuppressionDays int      // a customer is mailed once in so many days; 0 is 1, below 0 is none
	LateValidation  bool     // an unknown, deactivated or incomplete employee is answered with 200, and no survey follows
	DataLag         time.Duration
	Restamp         bool // a row of data gets a new sequence id when its mail is delivered, as documented of quality data

	Faults Faults // none by default
}

// Burst is a number of conversations that were marked done in the very same millisecond.
type Burst struct {
	At           time.Time
	Count        int
	SameCreation bool // they were created in one millisecond, too
}

const (
	defaultPerHour = 130
	defaultBusy    = 3 * time.Hour
	busyGrid       = 15 * time.Minute // the begin of the busy time lies on this grid
)

// complete gives every field that has one its default.
func (o Options) complete() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	for field, value := range map[*int]int{
		&o.KustomerPerMinute: 12000, &o.SearchesPerMinute: 6000, &o.RequestsPerMinute: 6000, &o.DataPerMinute: 1000,
		&o.PerHour: defaultPerHour, &o.MaxIDs: 50, &o.SuppressionDays: 1,
	} {
		if *field == 0 {
			*field = value
		}
	}
	if o.Busy == 0 {
		o.Busy = defaultBusy
	}
	if o.Addr == "" || o.Addr == "localhost" {
		o.Addr = "127.0.0.1"
	}
	if o.Channels == nil {
		o.Channels = []string{"email", "chat", "phone", "sms"}
	}
	return o
}

// validate names everything that is wrong with completed options.
func (o Options) validate() error {
	var problems []error
	if ip := net.ParseIP(o.Addr); ip == nil || !ip.IsLoopback() {
		problems = append(problems, fmt.Errorf("address %q is not loopback; a sandbox listens on 127.0.0.1 or ::1 only", o.Addr))
	}
	for name, n := range map[string]int{
		"KustomerPerMinute": o.KustomerPerMinute, "SearchesPerMinute": o.SearchesPerMinute, "RequestsPerMinute": o.RequestsPerMinute,
		"DataPerMinute": o.DataPerMinute, "PerHour": o.PerHour, "MaxIDs": o.MaxIDs,
	} {
		if n < 0 {
			problems = append(problems, fmt.Errorf("%s is %d; give a positive number, or 0 for the default", name, n))
		}
	}
	if o.PerHour > maxIndex {
		problems = append(problems, fmt.Errorf("PerHour is %d; at most %d conversations an hour have an id", o.PerHour, maxIndex))
	}
	if o.Busy < 0 {
		problems = append(problems, fmt.Errorf("time Busy is %s; give a positive one, or 0 for the default", o.Busy))
	}
	return errors.Join(problems...)
}
