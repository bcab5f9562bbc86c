// Package expr compiles and evaluates the expressions of the configuration: conditions and values over what a
// conversation, its agent and its customer say of themselves.
package expr

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"
)

// The limits of an expression. They bound what it can cost on any conversation.
const (
	MaxExpression = 4_000   // characters
	MaxNodes      = 500     // names, values and operators
	maxLoops      = 4       // functions that look at each item of a list
	MaxSteps      = 100_000 // items looked at in one evaluation
	maxMemory     = 100_000 // items of the lists made in one evaluation
	MaxText       = 100_000 // bytes of a text that is put together
)

// Expression is a compiled expression over facts. It is immutable, and may be used by several goroutines.
type Expression struct {
	program       *vm.Program
	ReadsCustomer bool // it looks at the customer
}

// compile checks an expression against the names and types of facts, and against the limits. Its only error is a
// compileError.
func compile(text string, options ...expr.Option) (e *Expression, err error) {
	if n := utf8.RuneCountInString(text); n > MaxExpression {
		return nil, CompileError{Message: fmt.Sprintf("has %d characters; at most %d are taken", n, MaxExpression)}
	}
	defer func() {
		if defect := recover(); defect != nil { // of the library: it must not take the program down
			e, err = nil, CompileError{Message: "cannot be understood"}
		}
	}()
	options = append(dialect(), options...)
	if _, err := expr.Compile(text, options...); err != nil { // as it is written: review changes it
		return nil, explained(err, text)
	}
	review := &review{}
	program, err := expr.Compile(text, append(options, expr.Patch(review))...)
	if review.refusal != nil {
		return nil, *review.refusal
	}
	if err != nil {
		return nil, explained(err, text)
	}
	return &Expression{program: program, ReadsCustomer: review.customer}, nil
}

// CompileCondition compiles an expression that is true or false.
func CompileCondition(text string) (*Expression, error) { return compile(text, expr.AsBool()) }

// CompileValue compiles an expression whose value can be written as text.
func CompileValue(text string) (*Expression, error) {
	e, err := compile(text)
	if err != nil {
		return nil, err
	}
	of := e.program.Node().Type()
	for name, facts := range factTypes {
		if of == facts {
			return nil, CompileError{Message: fmt.Sprintf("gives all of the %s, not a text; name one of its fields: %s", name, list(fieldNames(facts)))}
		}
	}
	if kind := of.Kind(); kind == reflect.Map || kind == reflect.Func || kind == reflect.Struct && of != reflect.TypeFor[time.Time]() {
		return nil, CompileError{Message: "gives something that cannot be written as text"}
	}
	return e, nil
}

// Eval evaluates the expression. Its only error is a runError.
func (e *Expression) Eval(f *Env) (any, error) {
	f.Steps.Taken = 0
	machine := vm.VM{MemoryBudget: maxMemory}
	value, err := machine.Run(e.program, f)
	if err != nil {
		failed := RunError{}
		if at, ok := errors.AsType[*file.Error](err); ok {
			failed.At, failed.Missing = at.From+1, ofNothing.MatchString(at.Message)
		}
		return nil, failed
	}
	return value, nil
}

// Holds evaluates a condition. A missing value does not hold.
func (e *Expression) Holds(f *Env) (bool, error) {
	value, err := e.Eval(f)
	if err != nil {
		return false, err
	}
	truth, ok := value.(bool)
	if !ok && value != nil {
		return false, RunError{At: 1}
	}
	return truth, nil
}

// RunError is an expression that fails on one conversation. It says where, and does not repeat the library's own words:
// they may hold what the conversation holds.
type RunError struct {
	At      int  // the character, from 1
	Missing bool // a field was asked for of something that is missing
}

// ofNothing is the library's complaint about a field of something that is missing.
var ofNothing = regexp.MustCompile(`^cannot fetch .* from <nil>`)

// Error tells the place, and how to mend what is most often wrong there.
func (e RunError) Error() string {
	if e.Missing {
		return fmt.Sprintf("its expression fails at character %d: it asks for a field of what is missing (?. in place of . lets that pass)", e.At)
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

// explained turns a complaint of the library into one that names what there is.
func explained(err error, text string) CompileError {
	e := CompileError{Message: firstLine(err.Error())}
	if complaint, ok := errors.AsType[*file.Error](err); ok {
		e.At, e.Message = complaint.From+1, firstLine(complaint.Message)
	}
	if match := unknownName.FindStringSubmatch(e.Message); match != nil {
		e.Message = noName(match[1], text)
	} else if match := unknownField.FindStringSubmatch(e.Message); match != nil {
		e.Message = noField(match[1], match[2])
	} else if match := wrongResult.FindStringSubmatch(e.Message); match != nil {
		e.Message = fmt.Sprintf("must be true or false, but gives %s", plainType(match[1]))
	}
	return e
}

// noName says that a name of the text stands for nothing, and what there is.
func noName(name, text string) string {
	if strings.Contains(text, name+"(") {
		return fmt.Sprintf("there is no function %s; there are %s", show(name), list(functionNames()))
	}
	if owner := ownerOf(name); owner != "" {
		return fmt.Sprintf("there is no %s by itself; did you mean %s.%s?", show(name), owner, name)
	}
	return fmt.Sprintf("there is no %s; there are %s", show(name), list(fieldNames(reflect.TypeFor[Env]())))
}

// noField says that something has no such field, and what it has.
func noField(of, field string) string {
	for name, facts := range factTypes {
		if facts.String() == strings.TrimPrefix(of, "*") {
			return fmt.Sprintf("%s has no field %s; it has %s", name, show(field), list(fieldNames(facts)))
		}
	}
	return fmt.Sprintf("there is no field %s here", show(field))
}

// ownerOf is whose field somebody may have meant who named it alone.
func ownerOf(name string) string {
	for _, owner := range []string{"conversation", customerName, "agent"} {
		if slices.Contains(fieldNames(factTypes[owner]), name) {
			return owner
		}
	}
	return ""
}

// plainType is the name of a type for somebody who does not know Go.
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
