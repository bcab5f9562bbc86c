package agentconnect

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"slices"
	"strconv"

	"acsync/sync/httpx"
)

const (
	employeesPath = "/v2/employees"
	employeeRows  = 500   // of one answer; the documented greatest number
	employeeFew   = 100   // of one answer by default (documented): one with fewer cannot have been cut off
	employeePages = 1_000 // half a million profiles: a list that goes on is one without an end
)

// errEmployeesCircle tells of a list that cannot be read to its end.
var errEmployeesCircle = errors.New("agent connect: its list of employees comes back to what was read already, so that it " +
	"cannot be read to its end")

// Employees gives the profiles that are active: signed in and approved, "ready to send feedback requests" (documented).
// Either field may be empty, but not both; names are not read.
//
// An error is the last thing it gives. When there is none, all of them have been given. Errors of the service, or of the
// way to it, are *httpx.Error; without a secret the error is ErrNoSecret.
func (c *Client) Employees(ctx context.Context) iter.Seq2[Employee, error] {
	return func(yield func(Employee, error) bool) {
		if c.data.secret == "" {
			yield(Employee{}, ErrNoSecret)
			return
		}
		walk := employeeWalk{cursor: url.Values{}, asked: map[string]bool{}, seen: map[Employee]bool{}}
		for range employeePages {
			page, err := c.data.employees(ctx, walk.cursor)
			for _, employee := range page.employees {
				if !yield(employee, nil) {
					return
				}
			}
			more := false
			if err == nil {
				more, err = walk.turn(page)
			}
			if err != nil {
				yield(Employee{}, err)
			}
			if !more {
				return
			}
		}
		yield(Employee{}, fmt.Errorf("agent connect: its list of employees has no end: it was read for %d pages; "+
			"is agent_connect.base_url right?", employeePages))
	}
}

// employees reads one page, as often as it takes. The cursor is what of the query says where the page begins.
func (d dataReader) employees(ctx context.Context, cursor url.Values) (employeePage, error) {
	query := url.Values{"number_of_employees": {strconv.Itoa(employeeRows)}}
	var private []string
	for name, values := range cursor {
		query[name], private = values, append(private, values...)
	}
	query.Set("status", "active")
	page, err := httpx.Read(ctx, d.retry, func(ctx context.Context) (employeePage, error) {
		if err := httpx.Wait(ctx, d.pacer); err != nil {
			return employeePage{}, err
		}
		resp, err := d.get(ctx, employeesPath, query.Encode(), private...)
		if err != nil {
			return employeePage{}, err
		}
		return decodeEmployees(resp)
	})
	return page, explainData(err)
}

// employeeWalk goes from page to page. The two ways that are documented disagree. Where the answer tells of a next page,
// the query of that address is taken, and nothing else of it: the documented example is on another host, which has no
// business with the key. Where it tells nothing of pages at all, the id of the last employee is.
type employeeWalk struct {
	cursor url.Values
	asked  map[string]bool
	seen   map[Employee]bool
}

// turn takes in a page, and tells whether there is another.
func (w *employeeWalk) turn(page employeePage) (more bool, err error) {
	fresh := false
	for _, employee := range page.employees {
		fresh = fresh || !w.seen[employee]
		w.seen[employee] = true
	}
	next, err := page.follow()
	if err != nil || len(next) == 0 {
		return false, err
	}
	if position := next.Encode(); !fresh || w.asked[position] {
		return false, errEmployeesCircle
	}
	w.asked[next.Encode()], w.cursor = true, next
	return true, nil
}

// follow is where the page after this one begins; empty when this is the last.
func (p employeePage) follow() (url.Values, error) {
	if p.next != "" {
		address, err := url.Parse(p.next)
		if err != nil || len(address.Query()) == 0 {
			return nil, errors.New("agent connect: its list of employees names a next page that cannot be asked for")
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
	return nil, errors.New("agent connect: its list of employees has neither a next page nor ids to go on by, " +
		"so that it cannot be read to its end")
}
