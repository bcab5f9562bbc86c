package agentconnect

import (
	"context"
	"errors"
	"iter"
	"maps"
	"net/url"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"acsync/sync/httpx"
	"acsync/sync/httpx/lenient"
)

const (
	employeesPath = "/v2/employees"
	employeeRows  = 500   // of one answer; the documented greatest number
	employeeFew   = 100   // of one answer by default (documented): one with fewer cannot have been cut off
	employeePages = 1_000 // half a million profiles: a list that goes on is one without an end
)

// employeeReader reads the profiles of one account.
type employeeReader struct{ data dataReader }

// Employees yields the profiles that are active: signed in and approved, "ready to send feedback requests"
// (documented). Either field may be empty, but not both; names are not read.
//
// An error is the last thing it yields. When there is none, all of them have come. Errors of the service, or
// of the way to it, are *httpx.Error; without a secret the error is ErrNoSecret.
func (e employeeReader) Employees(ctx context.Context) iter.Seq2[Employee, error] {
	return e.inState(ctx, Active)
}

// Profile is an employee's profile: whom Agent Connect knows, and whether requests about them are taken.
// Either of Email and CustomID may be empty, but not both; names are not read.
type Profile struct {
	Email    string
	CustomID string
	State    ProfileState
}

// ProfileState is how far a profile is, in the words of the list's filter (documented).
type ProfileState string

// The states of a profile (documented). Requests are taken for Active ones; whether they are while an active
// profile waits for another review is unknown.
const (
	Active        ProfileState = "active"         // signed in and approved
	PendingReview ProfileState = "pending review" // to be approved before requests can be sent
	Confirmed     ProfileState = "confirmed"      // signed in, but the profile is incomplete
	Unapproved    ProfileState = "unapproved"     // the profile is invalid
	Deactivated   ProfileState = "deactivated"
	Created       ProfileState = "created" // never signed in
)

// ProfileStates are all states, in the order in which Profiles asks for them.
func ProfileStates() []ProfileState {
	return []ProfileState{Active, PendingReview, Confirmed, Unapproved, Created, Deactivated}
}

// Profiles yields all profiles, one state after the other: the list does not say a profile's state
// (documented), so that it is asked for once for each. One whose state changes meanwhile may come twice, or
// not at all. The errors are those of Employees.
func (e employeeReader) Profiles(ctx context.Context) iter.Seq2[Profile, error] {
	return func(yield func(Profile, error) bool) {
		for _, state := range ProfileStates() {
			for employee, err := range e.inState(ctx, state) {
				if err != nil {
					yield(Profile{}, err)
					return
				}
				if !yield(Profile{employee.Email, employee.CustomID, state}, nil) {
					return
				}
			}
		}
	}
}

// inState yields the profiles in a state, as Employees does.
func (e employeeReader) inState(ctx context.Context, state ProfileState) iter.Seq2[Employee, error] {
	return func(yield func(Employee, error) bool) {
		walk := employeeWalk{asked: map[string]bool{}, seen: map[Employee]bool{}}
		eachPage(e.data, "its list of employees has", employeePages, func() ([]Employee, bool, error) {
			query := url.Values{"number_of_employees": {strconv.Itoa(employeeRows)}}
			maps.Copy(query, walk.cursor)
			query.Set("status", string(state))
			private := slices.Concat(slices.Collect(maps.Values(walk.cursor))...)
			page, err := fetch(ctx, e.data, employeesPath, query, private, decodeEmployees)
			if err != nil {
				return nil, false, err
			}
			more, err := walk.turn(page)
			return page.employees, more, err
		}, yield)
	}
}

// employeeWalk goes from page to page. The two ways that are documented disagree. Where the answer tells of a
// next page, the query of that address is taken, and nothing else of it: the documented example is on another
// host, which has no business with the key. Where it tells nothing of pages at all, the id of the last
// employee is.
type employeeWalk struct {
	cursor url.Values // what of the query says where the page begins
	asked  map[string]bool
	seen   map[Employee]bool
}

// turn takes in a page, and reports whether there is another.
func (w *employeeWalk) turn(page employeePage) (more bool, err error) {
	known := len(w.seen)
	for _, employee := range page.employees {
		w.seen[employee] = true
	}
	next, err := page.follow()
	if err != nil || len(next) == 0 {
		return false, err
	}
	position := next.Encode()
	if len(w.seen) == known || w.asked[position] {
		return false, errors.New("agent connect: its list of employees comes back to what was read " +
			"already, so that it cannot be read to its end")
	}
	w.asked[position], w.cursor = true, next
	return true, nil
}

// employeePage is one answer to GET /v2/employees.
type employeePage struct {
	employees []Employee // those with an address or an id
	rows      int        // all of them
	paged     bool       // the answer speaks of pages
	next      string     // the address of the next one; empty for none
	shaped    bool       // it is one
}

// follow is where the page after this one begins; empty when this is the last.
func (p employeePage) follow() (url.Values, error) {
	if p.next != "" {
		address, err := url.Parse(p.next)
		if err != nil || len(address.Query()) == 0 {
			return nil, errors.New(
				"agent connect: its list of employees names a next page that cannot be asked for")
		}
		return address.Query(), nil
	}
	if p.paged || p.rows < employeeFew {
		return nil, nil
	}
	for _, employee := range slices.Backward(p.employees) {
		if employee.CustomID != "" {
			return url.Values{"external_id": {employee.CustomID}}, nil
		}
	}
	return nil, errors.New("agent connect: its list of employees has neither a next page nor ids to go on " +
		"by, so that it cannot be read to its end")
}

// errEmployeesShape is the error of an answer that is JSON, but no list of employees.
var errEmployeesShape = errors.New("it is not a list of employees")

// decodeEmployees reads an answer.
func decodeEmployees(resp *httpx.Response) (employeePage, error) {
	var page employeePage
	if err := resp.Decode(&page); err != nil {
		return employeePage{}, err
	}
	if !page.shaped {
		return employeePage{}, resp.Unreadable(errEmployeesShape)
	}
	return page, nil
}

// UnmarshalJSONFrom never fails on valid JSON. An answer is an object with the employees and a meta
// (documented), or the bare list (in case).
func (p *employeePage) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	var object struct {
		Employees employeeList `json:"employees"`
		Meta      pageMeta     `json:"meta"`
	}
	var err error
	switch d.PeekKind() {
	case '[':
		err = object.Employees.UnmarshalJSONFrom(d)
	case '{':
		err = json.UnmarshalDecode(d, &object)
	default:
		err = d.SkipValue()
	}
	rows, meta := object.Employees, object.Meta
	*p = employeePage{
		employees: rows.list, rows: rows.count, paged: meta.given, next: meta.next.Text,
		shaped: (rows.given || meta.given) && !rows.odd && !meta.odd,
	}
	return err
}

// pageMeta is what an answer says of its pages.
type pageMeta struct {
	next  lenient.Value
	given bool // it is an object
	odd   bool // it is there, and something else
}

// UnmarshalJSONFrom never fails on valid JSON.
func (m *pageMeta) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	kind := d.PeekKind()
	m.given, m.odd = kind == '{', m.odd || kind != '{' && kind != 'n'
	if !m.given {
		return d.SkipValue()
	}
	// Where it is there twice, a page that the first one names is not lost.
	object := struct {
		Next lenient.Value `json:"next_page"`
	}{m.next}
	err := json.UnmarshalDecode(d, &object)
	m.next = object.Next
	return err
}

// employeeList reads employees: an array (documented in words), or an object (documented in the schema),
// which is one employee, or several by some name. What is no employee at all is odd: an agent who is
// overlooked would not be asked about. Names are not read.
type employeeList struct {
	list  []Employee // those with an address or an id
	count int        // all of them
	given bool       // there is anything but null
	odd   bool
}

// UnmarshalJSONFrom never fails on valid JSON.
func (r *employeeList) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	kind := d.PeekKind()
	*r = employeeList{given: kind != 'n'}
	switch kind {
	case '[':
		return lenient.Each(d, func() error {
			var row employeeRow
			err := row.UnmarshalJSONFrom(d)
			r.take(row)
			return err
		})
	case '{':
		return r.readObject(d)
	default:
		r.odd = r.given
		return d.SkipValue()
	}
}

// readObject reads an object twice, since only its end tells what it is.
func (r *employeeList) readObject(d *jsontext.Decoder) error {
	object, err := d.ReadValue()
	if err != nil {
		return err
	}
	object = object.Clone()
	var fields map[string]employeeRow
	if err := lenient.Unmarshal(object, &fields); err != nil {
		return err
	}
	_, email := fields["email"]
	if _, id := fields["custom_employee_id"]; email || id {
		var row employeeRow
		err = lenient.Unmarshal(object, &row)
		r.take(row)
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		r.take(fields[name])
	}
	return nil
}

// take counts a row, and keeps it where there is anything to keep.
func (r *employeeList) take(row employeeRow) {
	switch e := (Employee{Email: row.Value.Email.Text, CustomID: row.Value.CustomID.Text}); {
	case row.odd:
		r.odd = true
	case row.given:
		r.count++
		if e != (Employee{}) {
			r.list = append(r.list, e)
		}
	}
}

// employeeRow is an employee as it comes; null is nobody.
type employeeRow struct {
	lenient.Of[struct {
		Email    lenient.Value `json:"email"`
		CustomID lenient.Value `json:"custom_employee_id"`
	}]
	given bool // it is an object
	odd   bool // it is something else than an object or null
}

// UnmarshalJSONFrom never fails on valid JSON.
func (r *employeeRow) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	kind := d.PeekKind()
	r.given, r.odd = kind == '{', kind != '{' && kind != 'n'
	return r.Of.UnmarshalJSONFrom(d)
}
