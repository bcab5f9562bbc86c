package report

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// Renderer writes a report in one form.
type Renderer func(io.Writer, Report) error

// HistoryRenderer writes a report of past passes in one form.
type HistoryRenderer func(io.Writer, History) error

// formats are the forms of a report file, by extension.
var formats = []struct {
	extension string
	render    Renderer
	history   HistoryRenderer
}{
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
	return formats[i].render, nil
}

// HistoryRendererFor is RendererFor for a report of past passes.
func HistoryRendererFor(path string) (HistoryRenderer, error) {
	i, err := formatOf(path)
	if err != nil {
		return nil, err
	}
	return formats[i].history, nil
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
