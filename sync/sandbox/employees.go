package sandbox

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

const (
	employeePage    = 100 // documented default
	maxEmployeePage = 500 // documented
)

// profileStates are the documented values of the filter by status.
var profileStates = []string{"active", "deactivated", "pending review", "confirmed", "unapproved", "created"}

// employees answers GET /v2/employees. The next page is asked for by external_id, or by after as in the documented
// next_page; which of the two works is unknown, so both do.
func (a *connect) employees(c *call) answer {
	if err := employeeQuery(c.query); err != nil {
		return invalid([]string{err.Error()})
	}
	size := employeePage
	if err := numberParameter(c.query, "number_of_employees", 1, maxEmployeePage, &size); err != nil {
		return invalid([]string{err.Error()})
	}
	found := a.desk.profiles(c.query.Get("status"))
	if last := c.query.Get("external_id") + c.query.Get("after"); last != "" {
		at := slices.IndexFunc(found, func(e Employee) bool { return e.CustomID >= last })
		if at < 0 {
			at = len(found)
		} else if found[at].CustomID == last {
			at++
		}
		found = found[at:]
	}
	rows, next := []object{}, any(nil)
	if len(found) > size {
		found = found[:size]
		next = "https://sandbox.stellaconnect.net/api/v2/employees?after=" + url.QueryEscape(found[size-1].CustomID)
	}
	for _, e := range found {
		rows = append(rows, e.row())
	}
	return jsonAnswer(http.StatusOK, object{"employees": rows, "meta": object{"next_page": next}})
}

func employeeQuery(query url.Values) error {
	if err := unknownParameter(query, "status", "number_of_employees", "external_id", "after"); err != nil {
		return err
	}
	if query.Has("status") && !slices.Contains(profileStates, query.Get("status")) {
		return errors.New("status must be one of " + strings.Join(profileStates, ", "))
	}
	return nil
}

// profiles are those with a status, or all without one, by their own id.
func (d *desk) profiles(status string) []Employee {
	d.mu.Lock()
	all := slices.Clone(d.employees)
	d.mu.Unlock()
	all = slices.DeleteFunc(all, func(e Employee) bool { return status != "" && status != e.Status })
	slices.SortFunc(all, func(a, b Employee) int { return strings.Compare(a.CustomID, b.CustomID) })
	return all
}

func (e *Employee) row() object {
	return object{
		"email": e.Email, "custom_employee_id": e.CustomID, "first_name": e.FirstName, "last_name": e.LastName, "team_leader_id": nil,
		"team_leader_email": nil, "role": "agent", "license_type": "full", "channels": []string{"email", "chat", "phone"},
		"employment_status": "employed", "start_date": nil, "hometown": nil, "state_or_country": nil, "profile_text": nil, "image": nil,
		"groups": []string{}, "manage_team": false, "last_active": nil,
	}
}
