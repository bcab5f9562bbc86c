package report

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// Renderer writes a report in one form.
type Renderer func(io.Writer, Report) error

// formats are the forms of a report file, by extension.
var formats = []struct {
	extension string
	render    Renderer
}{
	{".html", HTML},
	{".csv", CSV},
	{".json", ReportJSON},
	{".md", Markdown},
}

// RendererFor finds the form that a file's name asks for; the error names those that there are.
func RendererFor(path string) (Renderer, error) {
	var known []string
	for _, format := range formats {
		if strings.EqualFold(filepath.Ext(path), format.extension) {
			return format.render, nil
		}
		known = append(known, format.extension)
	}
	return nil, fmt.Errorf("the extension of %q names no form of a report; choose %s", path, strings.Join(known, ", "))
}
