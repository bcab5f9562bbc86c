package sandbox

import (
	"errors"
	"fmt"
	"time"
)

// Options say what a sandbox holds and how it behaves. The zero value works.
type Options struct {
	Seed uint64
	Now  func() time.Time // the clock of data and Date headers; nil is time.Now

	KustomerPort     int // on loopback; 0 is any
	AgentConnectPort int

	// Requests answered in a minute, in fixed windows that begin with the minute; above it the answer is 429.
	// 0 is the default. The real limits are lower: 100 searches and 100 calls for data, and 300 to 2,000 for
	// Kustomer as a whole (documented); none is known for requests.
	KustomerPerMinute int // 12,000; of all keys and users of the organisation
	SearchesPerMinute int // 6,000
	RequestsPerMinute int // 6,000; also for recoveries
	DataPerMinute     int // 1,000

	RolesLacking []string // such as "org.permission.tag.read": calls that need one of them are answered 401

	PerHour int           // generated conversations marked done in an hour; 0 is 130
	Busy    time.Duration // how long before its start a sandbox has so many; 0 is 3 h. Before it, a trickle
	Empty   bool          // no generated conversations, only those that are put; agents and tags remain

	// The settings of Agent Connect.
	Channels  []string      // enabled; nil is email, chat, phone and sms
	Brands    []string      // each request must name one of them; nil: brands are not looked at
	Languages []string      // active; each request must name one of several. nil: only the form is checked
	DataLag   time.Duration // after which the data show a request
	Restamp   bool          // a delivered row gets a new sequence id, as documented of quality data

	Faults Faults // none by default
}

const (
	defaultPerHour = 130
	defaultBusy    = 3 * time.Hour
)

// complete gives every field that has one its default.
func (o Options) complete() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	for field, value := range map[*int]int{
		&o.KustomerPerMinute: 12000, &o.SearchesPerMinute: 6000, &o.RequestsPerMinute: 6000,
		&o.DataPerMinute: 1000,
		&o.PerHour:       defaultPerHour,
	} {
		if *field == 0 {
			*field = value
		}
	}
	if o.Busy == 0 {
		o.Busy = defaultBusy
	}
	if o.Channels == nil {
		o.Channels = []string{"email", "chat", "phone", "sms"}
	}
	return o
}

// validate names everything that is wrong with completed options.
func (o Options) validate() error {
	var problems []error
	for name, n := range map[string]int{
		"KustomerPerMinute": o.KustomerPerMinute, "SearchesPerMinute": o.SearchesPerMinute,
		"RequestsPerMinute": o.RequestsPerMinute, "DataPerMinute": o.DataPerMinute, "PerHour": o.PerHour,
	} {
		if n < 0 {
			problems = append(
				problems, fmt.Errorf("%s is %d; give a positive number, or 0 for the default", name, n))
		}
	}
	if o.PerHour > maxIndex {
		problems = append(problems, fmt.Errorf("PerHour is %d; give at most %d", o.PerHour, maxIndex))
	}
	if o.Busy < 0 {
		problems = append(problems, fmt.Errorf("time Busy is %s; give a positive one, or 0 for 3 h", o.Busy))
	}
	return errors.Join(problems...)
}
