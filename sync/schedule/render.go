package schedule

import (
	"bytes"
	"embed"
	"fmt"
	"path/filepath"
	"text/template"
)

//go:embed templates
var templates embed.FS

// render fills in a template.
func render(name string, data any) (string, error) {
	// Alerts and dashboards have double braces of their own.
	t, err := template.New(name).Delims("{%", "%}").Funcs(template.FuncMap{
		"sh": ShellWord, "cron": cronEscaped, "unit": unitWord, "exec": execWord, "quoted": quoted,
		"base": filepath.Base, "dir": filepath.Dir,
	}).ParseFS(templates, "templates/*.tmpl")
	if err != nil {
		return "", fmt.Errorf("read the templates: %w", err)
	}
	var text bytes.Buffer
	if err := t.ExecuteTemplate(&text, name, data); err != nil {
		return "", fmt.Errorf("fill in the template %s: %w", name, err)
	}
	return text.String(), nil
}
