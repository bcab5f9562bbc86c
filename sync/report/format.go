package report

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// Renderer writes a report in one form.
type Renderer func(io.Writer, Report) error

// HistoryRenderer writes a report of past passes in one form.
type HistoryRenderer func(io.Writer, History) error

// format is a form of a report file.
type format struct {
	extension string
	render    Renderer
	history   HistoryRenderer
}

// visibly lets a report be written without what a reader cannot see, or in JSON with a form for it.
func (f format) visibly(w io.Writer, write func(io.Writer) error) error {
	v := &Visible{To: w, Drop: f.extension != ".json"}
	return errors.Join(write(v), v.Close())
}

// formats are the forms of a report file, by extension.
var formats = []format{
	{".html", HTML, HistoryHTML},
	{".csv", CSV, HistoryCSV},
	{".json", ReportJSON, HistoryFileJSON},
	{".md", Markdown, HistoryMarkdown},
}

// RendererFor finds the form that a file's name asks for; the error names those that there are.
func RendererFor(path string) (Renderer, error) {
	i, err := formatOf(path)
	if err != nil {
		return nil, err
	}
	render := formats[i].render
	return func(w io.Writer, r Report) error {
		return formats[i].visibly(w, func(w io.Writer) error { return render(w, r) })
	}, nil
}

// HistoryRendererFor is RendererFor for a report of past passes.
func HistoryRendererFor(path string) (HistoryRenderer, error) {
	i, err := formatOf(path)
	if err != nil {
		return nil, err
	}
	render := formats[i].history
	return func(w io.Writer, h History) error {
		return formats[i].visibly(w, func(w io.Writer) error { return render(w, h) })
	}, nil
}

func formatOf(path string) (int, error) {
	var known []string
	for i, format := range formats {
		if strings.EqualFold(filepath.Ext(path), format.extension) {
			return i, nil
		}
		known = append(known, format.extension)
	}
	return 0, fmt.Errorf("the extension of %q names no form of a report; choose %s", path, strings.Join(known, ", "))
}
