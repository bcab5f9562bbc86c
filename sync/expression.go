package sync

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
	maxExpression = 4_000   // characters
	maxNodes      = 500     // names, values and operators
	maxLoops      = 4       // functions that look at each item of a list
	maxSteps      = 100_000 // items looked at in one evaluation
	maxMemory     = 100_000 // items of the lists made in one evaluation
	maxText       = 100_000 // bytes of a text that is put together
)

// expression is a compiled expression over facts. It is immutable, and may be used by several goroutines.
type expression struct {
	program  *vm.Program
	customer bool // it looks at the customer
}

// compile checks an expression against the names and types of facts, and against the limits. Its only error is a
// compileError.
func compile(text string, options ...expr.Option) (e *expression, err error) {
	if n := utf8.RuneCountInString(text); n > maxExpression {
		return nil, compileError{message: fmt.Sprintf("has %d characters; at most %d are taken", n, maxExpression)}
	}
	defer func() {
		if defect := recover(); defect != nil { // of the library: it must not take the program down
			e, err = nil, compileError{message: "cannot be understood"}
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
	return &expression{program: program, customer: review.customer}, nil
}

// compileCondition compiles an expression that is true or false.
func compileCondition(text string) (*expression, error) { return compile(text, expr.AsBool()) }

// compileValue compiles an expression whose value can be written as text.
func compileValue(text string) (*expression, error) {
	e, err := compile(text)
	if err != nil {
		return nil, err
	}
	of := e.program.Node().Type()
	for name, facts := range factTypes {
		if of == facts {
			return nil, compileError{message: fmt.Sprintf("gives all of the %s, not a text; name one of its fields: %s", name, list(fieldNames(facts)))}
		}
	}
	if kind := of.Kind(); kind == reflect.Map || kind == reflect.Func || kind == reflect.Struct && of != reflect.TypeFor[time.Time]() {
		return nil, compileError{message: "gives something that cannot be written as text"}
	}
	return e, nil
}

// run evaluates the expression. Its only error is a runError.
func (e *expression) run(f *facts) (any, error) {
	f.Steps.taken = 0
	machine := vm.VM{MemoryBudget: maxMemory}
	value, err := machine.Run(e.program, f)
	if err != nil {
		failed := runError{}
		if at, ok := errors.AsType[*file.Error](err); ok {
			failed.at, failed.missing = at.From+1, ofNothing.MatchString(at.Message)
		}
		return nil, failed
	}
	return value, nil
}

// holds evaluates a condition. A missing value does not hold.
func (e *expression) holds(f *facts) (bool, error) {
	value, err := e.run(f)
	if err != nil {
		return false, err
	}
	truth, ok := value.(bool)
	if !ok && value != nil {
		return false, runError{at: 1}
	}
	return truth, nil
}

// runError is an expression that fails on one conversation. It says where, and does not repeat the library's own words:
// they may hold what the conversation holds.
type runError struct {
	at      int  // the character, from 1
	missing bool // a field was asked for of something that is missing
}

// ofNothing is the library's complaint about a field of something that is missing.
var ofNothing = regexp.MustCompile(`^cannot fetch .* from <nil>`)

// Error tells the place, and how to mend what is most often wrong there.
func (e runError) Error() string {
	if e.missing {
		return fmt.Sprintf("its expression fails at character %d: it asks for a field of what is missing (?. in place of . lets that pass)", e.at)
	}
	return fmt.Sprintf("its expression fails at character %d", e.at)
}

// compileError is an expression that cannot be used.
type compileError struct {
	at      int // the character, from 1; 0 for all of it
	message string
}

// Error says what is wrong and what there is.
func (e compileError) Error() string { return e.message }

var (
	unknownName  = regexp.MustCompile(`^unknown name (.*)$`)
	unknownField = regexp.MustCompile(`^type (\S+) has no (?:field|method) (.*)$`)
	wrongResult  = regexp.MustCompile(`^expected bool, but got (.*)$`)
)

// explained turns a complaint of the library into one that names what there is.
func explained(err error, text string) compileError {
	e := compileError{message: firstLine(err.Error())}
	if complaint, ok := errors.AsType[*file.Error](err); ok {
		e.at, e.message = complaint.From+1, firstLine(complaint.Message)
	}
	if match := unknownName.FindStringSubmatch(e.message); match != nil {
		e.message = noName(match[1], text)
	} else if match := unknownField.FindStringSubmatch(e.message); match != nil {
		e.message = noField(match[1], match[2])
	} else if match := wrongResult.FindStringSubmatch(e.message); match != nil {
		e.message = fmt.Sprintf("must be true or false, but gives %s", plainType(match[1]))
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
	return fmt.Sprintf("there is no %s; there are %s", show(name), list(fieldNames(reflect.TypeFor[facts]())))
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
