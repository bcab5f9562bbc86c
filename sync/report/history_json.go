package report

import (
	"encoding/json"
	"io"
)

// HistoryJSON writes the report of past passes as one object on one line, schema acsync.history/1.
func HistoryJSON(w io.Writer, h History) error { return json.NewEncoder(w).Encode(h) }

// HistoryFileJSON writes the same, indented.
func HistoryFileJSON(w io.Writer, h History) error { return indented(w, h) }
