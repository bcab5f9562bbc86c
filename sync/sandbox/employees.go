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
	found := a.desk.employeesFor(c.query)
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
	known := []string{
		"status", "employee_status", "team_leader_ids", "reporting_groups", "roles", "team_leader_ids[]", "reporting_groups[]",
		"roles[]", "q", "number_of_employees", "external_id", "after",
	}
	for name := range query {
		if !slices.Contains(known, name) {
			return errors.New("unknown query parameter " + name)
		}
	}
	if query.Has("status") && !slices.Contains(profileStates, query.Get("status")) {
		return errors.New("status must be one of " + strings.Join(profileStates, ", "))
	}
	return nil
}

// employeesFor are the profiles that pass the filters, by their own id. Everyone here is an agent without a leader or a
// group.
func (d *desk) employeesFor(query url.Values) []Employee {
	d.mu.Lock()
	all := slices.Clone(d.employees)
	d.mu.Unlock()
	all = slices.DeleteFunc(all, func(e Employee) bool {
		text := strings.ToLower(e.FirstName + " " + e.LastName + " " + e.Email + " " + e.CustomID)
		roles := slices.Concat(query["roles"], query["roles[]"])
		return query.Has("status") && query.Get("status") != e.Status ||
			!strings.Contains(text, strings.ToLower(query.Get("q"))) ||
			len(roles) > 0 && !slices.Contains(roles, "agent") ||
			query.Has("team_leader_ids") || query.Has("team_leader_ids[]") || query.Has("reporting_groups") || query.Has("reporting_groups[]") ||
			query.Has("employee_status") && query.Get("employee_status") != "employed"
	})
	slices.SortFunc(all, func(a, b Employee) int { return strings.Compare(a.CustomID, b.CustomID) })
	return all
}

// employee answers GET /v2/employees/{email or custom_employee_id}. It does not tell the profile's status (documented).
func (a *connect) employee(c *call) answer {
	a.desk.mu.Lock()
	defer a.desk.mu.Unlock()
	e, ok := a.desk.employee(c.id, "")
	if !ok {
		e, ok = a.desk.employee("", c.id)
	}
	if !ok {
		return gatewayError(http.StatusNotFound, "Not Found")
	}
	return jsonAnswer(http.StatusOK, e.row())
}

func (e *Employee) row() object {
	return object{
		"email": e.Email, "custom_employee_id": e.CustomID, "first_name": e.FirstName, "last_name": e.LastName, "team_leader_id": nil,
		"team_leader_email": nil, "role": "agent", "license_type": "full", "channels": []string{"email", "chat", "phone"},
		"employment_status": "employed", "start_date": nil, "hometown": nil, "state_or_country": nil, "profile_text": nil, "image": nil,
		"groups": []string{}, "manage_team": false, "last_active": nil,
	}
}
