package expr

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/file"
)

// RunError is an expression that fails on one conversation. It does not repeat the library's words, which may
// hold what the conversation holds.
type RunError struct {
	At      int  // the character, from 1
	Missing bool // a field was asked for of something that is missing
}

var ofNothing = regexp.MustCompile(`^cannot fetch .* from <nil>`)

// Error tells the place, and how to mend what is most often wrong there.
func (e RunError) Error() string {
	if e.Missing {
		return fmt.Sprintf("its expression fails at character %d: it asks for a field of what is missing "+
			"(?. in place of . lets that pass)", e.At)
	}
	return fmt.Sprintf("its expression fails at character %d", e.At)
}

// CompileError is an expression that cannot be used.
type CompileError struct {
	At      int // the character, from 1; 0 for all of it
	Message string
}

// Error says what is wrong and what there is.
func (e CompileError) Error() string { return e.Message }

var (
	unknownName  = regexp.MustCompile(`^unknown name (.*)$`)
	unknownField = regexp.MustCompile(`^type (\S+) has no (?:field|method) (.*)$`)
	wrongResult  = regexp.MustCompile(`^expected bool, but got (.*)$`)
)

// explain turns a complaint of the library into one that names what there is.
func explain(err error, text string) CompileError {
	e := CompileError{Message: firstLine(err.Error())}
	if complaint, ok := errors.AsType[*file.Error](err); ok {
		e.At, e.Message = complaint.From+1, firstLine(complaint.Message)
	}
	if match := unknownName.FindStringSubmatch(e.Message); match != nil {
		e.Message = unknownNameText(match[1], text)
	} else if match := unknownField.FindStringSubmatch(e.Message); match != nil {
		e.Message = unknownFieldText(match[1], match[2])
	} else if match := wrongResult.FindStringSubmatch(e.Message); match != nil {
		e.Message = fmt.Sprintf("must be true or false, but gives %s", plainType(match[1]))
	}
	return e
}

func unknownNameText(name, text string) string {
	if strings.Contains(text, name+"(") {
		return fmt.Sprintf("there is no function %s; there are %s", show(name), list(functionNames()))
	}
	if owner := ownerOf(name); owner != "" {
		return fmt.Sprintf("there is no %s by itself; did you mean %s.%s?", show(name), owner, name)
	}
	return fmt.Sprintf("there is no %s; there are %s", show(name), list(fieldNames(reflect.TypeFor[Env]())))
}

func unknownFieldText(of, field string) string {
	for name, section := range sections {
		if section.String() == strings.TrimPrefix(of, "*") {
			return fmt.Sprintf("%s has no field %s; it has %s", name, show(field), list(fieldNames(section)))
		}
	}
	return fmt.Sprintf("there is no field %s here", show(field))
}

// ownerOf is whose field somebody may have meant who named it alone.
func ownerOf(name string) string {
	for _, owner := range []string{"conversation", customerName, "agent"} {
		if slices.Contains(fieldNames(sections[owner]), name) {
			return owner
		}
	}
	return ""
}

func plainType(name string) string {
	switch {
	case name == "string":
		return "a text"
	case strings.HasPrefix(name, "int"), strings.HasPrefix(name, "float"):
		return "a number"
	case strings.HasPrefix(name, "[]"):
		return "a list"
	case name == "time.Time":
		return "a time"
	}
	return "something else"
}

// show quotes a name of the configuration. A long one is not shown: it may be a secret that lost its place.
func show(name string) string {
	if n := utf8.RuneCountInString(name); n > 32 {
		return fmt.Sprintf("name of %d characters", n)
	}
	return fmt.Sprintf("%q", name)
}

func list(names []string) string { return strings.Join(names, ", ") }

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
