package agentconnect

import (
	"bytes"
	"encoding/json"
	"errors"

	"acsync/sync/httpx"
	"acsync/sync/httpx/lenient"
)

// errEmployeesShape tells of an answer that is JSON, but no list of employees. It never quotes the answer.
var errEmployeesShape = errors.New("it is not a list of employees")

// employeePage is one answer to GET /v2/employees.
type employeePage struct {
	employees []Employee // those that can be told by an address or an id
	rows      int        // all of them
	paged     bool       // the answer speaks of pages
	next      string     // the address of the next one; empty for none
}

func decodeEmployees(resp *httpx.Response) (employeePage, error) {
	var body json.RawMessage
	if err := resp.Decode(&body); err != nil {
		return employeePage{}, err
	}
	page, err := decodeEmployeePage(body)
	if err != nil {
		return employeePage{}, resp.Unreadable(err)
	}
	return page, nil
}

// decodeEmployeePage reads an answer: an object with the employees and a meta (documented), or the bare list (in case). What
// is no employee at all is refused: an agent who is overlooked here would not be asked about.
func decodeEmployeePage(body []byte) (employeePage, error) {
	var page employeePage
	var object struct {
		Employees *json.RawMessage `json:"employees"`
		Meta      *struct {
			Next lenient.Value `json:"next_page"`
		} `json:"meta"`
	}
	list := json.RawMessage(body)
	if !bytes.HasPrefix(bytes.TrimSpace(body), []byte("[")) {
		if json.Unmarshal(body, &object) != nil || object.Employees == nil && object.Meta == nil {
			return page, errEmployeesShape
		}
		list = nil
		if object.Employees != nil {
			list = *object.Employees
		}
	}
	if object.Meta != nil {
		page.paged, page.next = true, object.Meta.Next.Text
	}
	rows, err := employeeRowsOf(list)
	if err != nil {
		return page, err
	}
	page.rows = len(rows)
	for _, row := range rows {
		if e := (Employee{Email: row.Email.Text, CustomID: row.CustomID.Text}); e != (Employee{}) {
			page.employees = append(page.employees, e)
		}
	}
	return page, nil
}

// employeeRow is a profile on the wire; the person's name is not read.
type employeeRow struct {
	Email    lenient.Value `json:"email"`
	CustomID lenient.Value `json:"custom_employee_id"`
}

// employeeRowsOf reads the list: an array (documented in words), or an object (documented in the schema), which is one
// employee, or several by some name.
func employeeRowsOf(list json.RawMessage) ([]employeeRow, error) {
	list = bytes.TrimSpace(list)
	var items []json.RawMessage
	switch {
	case len(list) == 0 || string(list) == "null":
		return nil, nil
	case list[0] == '[':
		if json.Unmarshal(list, &items) != nil {
			return nil, errEmployeesShape
		}
	default:
		var fields map[string]json.RawMessage
		if json.Unmarshal(list, &fields) != nil {
			return nil, errEmployeesShape
		}
		_, address := fields["email"]
		_, id := fields["custom_employee_id"]
		if address || id {
			items = append(items, list)
			break
		}
		for _, item := range fields {
			items = append(items, item)
		}
	}
	rows := make([]employeeRow, 0, len(items))
	for _, item := range items {
		var row employeeRow
		switch {
		case string(item) == "null":
			continue
		case json.Unmarshal(item, &row) != nil:
			return nil, errEmployeesShape
		}
		rows = append(rows, row)
	}
	return rows, nil
}
