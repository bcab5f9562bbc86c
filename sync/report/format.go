package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"acsync/sync/report/doc"
)

var extensions = []string{".html", ".csv", ".json", ".md"}

// RendererFor finds the form that a file's name asks for; the error names those that there are.
func RendererFor(path string) (func(io.Writer, Report) error, error) {
	return rendererFor(path, ReportDoc, CSV)
}

// HistoryRendererFor is RendererFor for a report of past passes.
func HistoryRendererFor(path string) (func(io.Writer, History) error, error) {
	return rendererFor(path, HistoryDoc, HistoryCSV)
}

// rendererFor writes a subject as a document, as CSV, or as JSON. What a reader cannot see is left out, or
// has a form in JSON.
func rendererFor[T any](path string, document func(T, int) doc.Doc,
	csv func(io.Writer, T) error,
) (func(io.Writer, T) error, error) {
	var write func(io.Writer, T) error
	extension := strings.ToLower(filepath.Ext(path))
	switch extension {
	case ".html":
		write = func(w io.Writer, subject T) error { return doc.HTML(w, document(subject, mostOnPage)) }
	case ".md":
		write = func(
			w io.Writer, subject T,
		) error {
			return doc.Markdown(w, document(subject, mostInMarkdown))
		}
	case ".csv":
		write = csv
	case ".json":
		write = func(w io.Writer, subject T) error {
			encoder := json.NewEncoder(w)
			encoder.SetIndent("", " ")
			return encoder.Encode(subject)
		}
	default:
		return nil, fmt.Errorf("the extension of %q names no form of a report; choose %s", path,
			strings.Join(extensions, ", "))
	}
	return func(w io.Writer, subject T) error {
		v := &doc.Visible{To: w, Drop: extension != ".json"}
		return errors.Join(write(v, subject), v.Close())
	}, nil
}

// HistoryJSON writes the report of past passes as one object on one line, schema acsync.history/1.
func HistoryJSON(w io.Writer, h History) error { return writeJSON(w, h) }
