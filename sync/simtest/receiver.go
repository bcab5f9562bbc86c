package simtest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// arrival is a survey request that Agent Connect has carried out: its customer is mailed.
type arrival struct {
	id      string // of the conversation
	stamp   string
	number  uint64 // of the intent, as the stamp has it
	process string
	at      time.Time
	shown   time.Time // when its data have it
	gone    time.Time // when they lose it again; zero: never
	seq     int64
	status  string
	padded  bool // the data write the id with blanks
}

// receiver is a model of Agent Connect.
type receiver struct {
	dice    dice
	journal *journal
	ahead   time.Duration // of its clock
	lag     time.Duration // until its data show a request, at most
	rows    int           // of a page of its data, at most
	loses   bool          // its data lose rows that were shown long enough
	mended  func(agent string) bool
	// is told of each request that arrives, before it is answered
	arrives func(process, id string, number uint64)

	mu       sync.Mutex
	arrivals []arrival
	left     map[string][]time.Time // when requests left the machine, by process
	refusals map[string]int         // requests that were refused, by conversation
}

func (a *receiver) now() time.Time { return time.Now().Add(a.ahead) }

func (a *receiver) about(c call) string {
	path, query, _ := strings.Cut(c.url, "?")
	if path == "/v1/requests" {
		return "POST of " + bodyOf(c).ID
	}
	values, _ := url.ParseQuery(query)
	return path + " since " + values.Get(
		"created_at_gte",
	) + " after " + values.Get(
		"after",
	) + " limit " + values.Get(
		"limit",
	)
}

// posted is what is read of a survey request.
type posted struct {
	ID       string `json:"ext_interaction_id"`
	Channel  string `json:"channel"`
	Customer struct{ Email string }
	Employee struct{ Email string }
	Custom   struct {
		Intent string `json:"acsync_intent"`
	} `json:"custom_properties"`
}

func bodyOf(c call) (p posted) {
	_ = json.Unmarshal(c.body, &p)
	return p
}

func (a *receiver) answer(c call) reply {
	out := a.route(c)
	return out.with("Date", a.now().UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT"))
}

func (a *receiver) route(c call) reply {
	path, query, _ := strings.Cut(c.url, "?")
	if c.header.Get("X-Api-Key") != receiverKey {
		return jsonReply(403, `{"message":"Forbidden"}`)
	}
	switch path {
	case "/v1/requests":
		return a.request(c)
	case "/v2/data":
		values, _ := url.ParseQuery(query)
		if c.header.Get("Authorization") == "" {
			return jsonReply(401, `{"message":"Unauthorized"}`)
		}
		return a.data(values)
	}
	return jsonReply(404, `{"message":"no such resource"}`)
}

// number is that of the intent in a stamp; 0 for none.
func number(stamp string) uint64 {
	_, hex, _ := strings.Cut(stamp, "-")
	n, _ := strconv.ParseUint(hex, 16, 64)
	return n
}

func (a *receiver) request(c call) reply {
	p := bodyOf(c)
	intent := number(p.Custom.Intent)
	a.arrives(c.process, p.ID, intent)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.left[c.process] = append(a.left[c.process], c.left)
	refuse := func(status int, words string) reply {
		a.refusals[p.ID]++
		kind, _, _ := strings.Cut(words, ":")
		a.journal.meets("receiver: refuses: " + kind)
		return jsonReply(status, `{"message":`+quoted(words)+`}`)
	}
	switch agent, _, _ := strings.Cut(p.Employee.Email, "@"); {
	case p.Channel == "" || p.Employee.Email == "":
		return refuse(400, "Validation Error: check the required request parameters")
	case agent == "agent-refused" && !a.mended(agent):
		return refuse(
			pick(a.dice.throw("refusal", p.ID, 0), 400, 404, 422),
			"Employee not found: "+p.Employee.Email,
		)
	case !strings.Contains(p.Customer.Email, "@"):
		return refuse(400, "Invalid customer")
	}
	r := a.dice.throw("arrival", p.ID, len(a.of(p.ID)))
	now := time.Now()
	arrived := arrival{
		id: p.ID, stamp: p.Custom.Intent, number: intent, process: c.process, at: now,
		shown: now.Add(between(r, 0, a.lag)), seq: int64(len(a.arrivals) + 1), padded: r.IntN(8) == 0,
		status: pick(r, "Sent", "Sent", "Sent", "Suppressed", "Bounced", "Invalid"),
	}
	if a.loses && r.IntN(6) == 0 {
		arrived.gone = now.Add(a.lag + between(r, 6*time.Hour, 30*time.Hour))
	}
	a.arrivals = append(a.arrivals, arrived)
	return jsonReply(200, string(c.body))
}

// of are the arrivals for a conversation. The caller holds mu.
func (a *receiver) of(id string) (list []arrival) {
	for _, each := range a.arrivals {
		if each.id == id {
			list = append(list, each)
		}
	}
	return list
}

// all are the arrivals so far.
func (a *receiver) all() []arrival {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.arrivals)
}

// knows reports whether a request with a number was carried out.
func (a *receiver) knows(number uint64) bool {
	return slices.ContainsFunc(a.all(), func(each arrival) bool { return each.number == number })
}

// data are the rows that Agent Connect's data show, in the order of their sequence.
func (a *receiver) data(values url.Values) reply {
	now := time.Now()
	since, _ := time.Parse("2006-01-02T15:04:05-07:00", values.Get("created_at_gte"))
	after, _ := strconv.ParseInt(values.Get("after"), 10, 64)
	limit, _ := strconv.Atoi(values.Get("limit"))
	rows := []string{}
	all := a.all()
	slices.SortFunc(all, func(x, y arrival) int { return cmp.Compare(x.seq, y.seq) })
	for _, each := range all {
		lost := !each.gone.IsZero() && !now.Before(each.gone)
		if lost {
			a.journal.meets("receiver: row that has vanished")
		}
		created := each.at.Add(a.ahead)
		if now.Before(each.shown) || lost || created.Truncate(time.Second).Before(since) || each.seq <= after {
			continue
		}
		if len(rows) < min(max(limit, 1), a.rows) {
			rows = append(rows, dataRow(each, created))
		}
	}
	return jsonReply(200, "["+strings.Join(rows, ",")+"]")
}

func dataRow(each arrival, created time.Time) string {
	id, stamp := each.id, each.stamp
	if each.padded {
		id, stamp = " "+id+" ", strings.ToUpper(stamp)
	}
	return fmt.Sprintf(
		`{"uuid":"6f1c1f0e-3b0a-4a55-9a0e-%012x","sequence_id":%d,"parent_uuid":null,"is_recovery":false,`+
			`"branding":"b","channel":"email","ext_interaction_id":%q,"request_created_at":%q,"requested_via":"API",`+
			`"request_delivery_status":%q,"customer":{"email":%q,"full_name":%q},`+
			`"custom_properties":{"acsync_intent":%q},"answers":{}}`,
		each.seq,
		each.seq,
		id,
		created.UTC().Format("2006-01-02T15:04:05.000Z"),
		each.status,
		"somebody@"+privateHost,
		privateName,
		stamp,
	)
}
