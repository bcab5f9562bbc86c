package report

import (
	"encoding/json"
	"io"
)

// ReportJSON writes all of the report as one object, schema acsync.report/1.
func ReportJSON(w io.Writer, r Report) error { return indented(w, r) }

// indented writes an object as a file has it.
func indented(w io.Writer, object any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", " ")
	return encoder.Encode(object)
}
