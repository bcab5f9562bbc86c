package doc

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"regexp"
	"strings"
)

// the page and its style

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

// HTML writes a document as one page that needs no script and nothing from outside, light and dark.
func HTML(w io.Writer, d Doc) error {
	t := template.New("page")
	t.Funcs(template.FuncMap{
		"css":      func() template.CSS { return template.CSS(pageCSS) },
		"flags":    wholeFlags,
		"sections": func() []Section { return d.on(ForPage) },
		"urgency":  func() string { return urgencies[d.Level] },
		"cut":      func(list []Cell) []Cell { return list[:min(len(list), mostItems)] },
		"more":     func(list []Cell) int { return max(len(list)-mostItems, 0) },
		"classes":  classesOf,
		"places":   func(t Table) []int { return t.shown(ForPage) },
		"cell":     func(r Row, place int) Cell { return r.cell(place) },
		"weight": func(r Row) string {
			return map[Weight]string{Main: "main", Sub: "reason", Sum: "main"}[r.Weight]
		},
		"part": func(part Part) (template.HTML, error) {
			var b strings.Builder
			err := t.ExecuteTemplate(&b, strings.TrimPrefix(fmt.Sprintf("%T", part), "doc."), part)
			return template.HTML(b.String()), err
		},
	})
	if _, err := t.Parse(pageHTML); err != nil {
		return fmt.Errorf("read the page of the report: %w", err)
	}
	return t.Execute(w, d)
}

const mostItems = 20

var urgencies = map[string]string{
	LevelGood: "✓ All is well", LevelAttention: "! Needs a hand",
	LevelHalted: "✕ Did not do all of its work",
}

func classesOf(c Column) string {
	classes := strings.TrimSpace(map[bool]string{true: "meaning "}[c.Optional] + c.Class)
	return strings.TrimSpace(map[bool]string{true: "n "}[c.Number] + classes)
}

var aFlag = regexp.MustCompile(`(^|[ (])(--[a-z][a-z-]{0,30})`)

// wholeFlags keeps flags on one line. A character that does the same would be copied with the command.
func wholeFlags(words string) template.HTML {
	return template.HTML(aFlag.ReplaceAllString(template.HTMLEscapeString(words),
		`$1<span class="flag">$2</span>`))
}
