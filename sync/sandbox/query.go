package sandbox

import (
	"errors"
	"fmt"
	"reflect"
	"time"
)

// query is a search, understood. Of Kustomer's search language the stand-in speaks what acsync says in it:
// conversations that are done, or their customers, by the time of the resolution and of the creation.
// Everything else is refused.
type query struct {
	context string // of the rows: "conversation" or "customer"
	done    interval
	created interval
	updated interval // in place of done
}

// byUpdate reports whether the query is about when conversations were changed.
func (q *query) byUpdate() bool { return !q.updated.from.IsZero() }

// resolutions is the interval in which conversations must have been resolved to match, as far as that is
// generated.
func (q *query) resolutions() (from, to time.Time) {
	if !q.byUpdate() {
		return q.done.from, q.done.to
	}
	// Background writes follow within a second.
	if to = q.updated.to; to.IsZero() {
		to = farFuture
	}
	return q.updated.from.Add(-time.Second), to
}

var farFuture = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// interval is a half-open stretch of time. A zero end is open.
type interval struct{ from, to time.Time }

func (i interval) holds(t time.Time) bool {
	return !t.Before(i.from) && (i.to.IsZero() || t.Before(i.to))
}

// sortKeys are the one order that each context is asked for in, always ascending.
var sortKeys = map[string]string{
	"conversation": "conversation_last_done_created_at",
	"customer":     "customer_updated_at",
}

// updatedKey is the other order of conversations, of a search by when they were changed.
const updatedKey = "conversation_updated_at"

// parseQuery reads the body of a search.
func parseQuery(body []byte) (query, error) {
	raw, err := strictObject(body)
	if err != nil {
		return query{}, err
	}
	problems := []string{}
	fields{raw, &problems}.only("a search", "queryContext", "and", "or", "sort")
	q := query{}
	q.context, _ = raw["queryContext"].(string)
	sort, _ := raw["sort"].([]any)
	either, _ := raw["or"].([]any)
	key, known := sortKeys[q.context]
	switch {
	case len(problems) > 0:
		return q, errors.New(problems[0])
	case !known:
		return q, errors.New(`queryContext must be "conversation" or "customer"`)
	case raw["or"] != nil && (either == nil || len(either) > 0):
		return q, errors.New("or must be an empty array: alternatives are not spoken here")
	case len(sort) == 1 && q.context == "conversation" && reflect.DeepEqual(sort[0], object{updatedKey: "asc"}):
	case len(sort) != 1 || !reflect.DeepEqual(sort[0], object{key: "asc"}):
		return q, fmt.Errorf(`sort must be [{%q: "asc"}]`, key)
	}
	and, _ := raw["and"].([]any)
	return q, q.restrict(and)
}

// restrict takes in the criteria. Each is one attribute with one operator and one value, and all must hold.
func (q *query) restrict(criteria []any) error {
	bounds := map[string]*time.Time{
		"conversation_last_done_created_at gte": &q.done.from,
		"conversation_last_done_created_at lt":  &q.done.to,
		"conversation_updated_at gte":           &q.updated.from, "conversation_updated_at lt": &q.updated.to,
		"conversation_created_at gte": &q.created.from, "conversation_created_at lt": &q.created.to,
	}
	finished := false
	for _, each := range criteria {
		attribute, operation := single(each)
		operator, value := single(operation)
		name := attribute + " " + operator
		text, _ := value.(string)
		switch bound := bounds[name]; {
		case name == "conversation_status equals" && text == "done" && !finished:
			finished = true
		case bound == nil || !bound.IsZero():
			// The same criterion twice is refused (documented).
			return fmt.Errorf("and: %s %v is not spoken here, or given twice", name, value)
		default:
			// A date alone is documented, too, but means another day by the time zone: it is refused.
			var err error
			if *bound, err = time.Parse(time.RFC3339, text); err != nil {
				return fmt.Errorf(
					"%s: the value must be a full timestamp such as 2020-11-20T16:34:00.000Z", attribute)
			}
		}
	}
	whole := !q.done.from.IsZero() && !q.done.to.IsZero()
	if !finished || whole == q.byUpdate() {
		return errors.New(
			"and: conversation_status and both ends of conversation_last_done_created_at are needed, " +
				"or the beginning of conversation_updated_at")
	}
	return nil
}

// single is the only entry of an object; without a key for everything else.
func single(value any) (key string, entry any) {
	if o, ok := value.(object); ok && len(o) == 1 {
		for key, entry = range o {
			break
		}
	}
	return key, entry
}

// matches reports whether the index finds a conversation at the given time.
func (q *query) matches(c *Conversation, now time.Time) bool {
	if q.byUpdate() && !q.updated.holds(c.updated()) || !q.byUpdate() && !q.done.holds(c.Resolved) {
		return false
	}
	return c.indexStatus(now) == "done" && q.created.holds(c.Created) && !c.updated().Before(now.Add(-horizon))
}
