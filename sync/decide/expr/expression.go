// Package expr compiles and evaluates the expressions of the configuration: conditions and values over what a
// conversation, its agent and its customer say of themselves.
package expr

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"
)

// Expression is a compiled expression over an [Env]. It is immutable, and may be used by several goroutines.
type Expression struct {
	program       *vm.Program
	ReadsCustomer bool // it looks at the customer
	// the custom attributes that it names, each once: "custom.planStr" of the conversation,
	// "customer.custom.planStr"
	Attributes []string
}

// compile checks an expression against an Env and the limits. Its only error is a CompileError.
func compile(text string, options ...expr.Option) (e *Expression, err error) {
	if n := utf8.RuneCountInString(text); n > maxExpression {
		return nil, CompileError{Message: fmt.Sprintf(
			"has %d characters; at most %d are taken", n, maxExpression)}
	}
	defer func() {
		// A defect of the library must not take the program down.
		if defect := recover(); defect != nil {
			e, err = nil, CompileError{Message: "cannot be understood"}
		}
	}()
	options = append(language(), options...)
	// First as it is written, so that a complaint is about that, and not about what the rewriter made of it.
	if _, err := expr.Compile(text, options...); err != nil {
		return nil, explain(err, text)
	}
	named, rewriter := &attributes{}, &rewriter{}
	program, err := expr.Compile(
		text, append(options, expr.Patch(named), expr.Patch(&addressFolder{}), expr.Patch(rewriter))...)
	if rewriter.refusal != nil {
		return nil, *rewriter.refusal
	}
	if err != nil {
		return nil, explain(err, text)
	}
	return &Expression{program, rewriter.customer, named.names}, nil
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
	for name, section := range sections {
		if of == section {
			return nil, CompileError{Message: fmt.Sprintf(
				"gives all of the %s, not a text; name one of its fields: %s", name,
				list(fieldNames(section)))}
		}
	}
	kind, isTime := of.Kind(), of == reflect.TypeFor[time.Time]()
	if kind == reflect.Map || kind == reflect.Func || kind == reflect.Struct && !isTime {
		return nil, CompileError{Message: "gives something that cannot be written as text"}
	}
	return e, nil
}

// Eval evaluates the expression. Its only error is a RunError.
func (e *Expression) Eval(env *Env) (any, error) {
	env.Steps = &stepCounter{of: env}
	machine := vm.VM{MemoryBudget: maxMemory}
	value, err := machine.Run(e.program, env)
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
func (e *Expression) Holds(env *Env) (bool, error) {
	value, err := e.Eval(env)
	if err != nil {
		return false, err
	}
	truth, ok := value.(bool)
	if !ok && value != nil {
		return false, RunError{At: 1}
	}
	return truth, nil
}

// Env is what an expression sees, by the names in the tags. A field without a value is empty, zero or false;
// a custom attribute that is missing or unreadable is nil.
type Env struct {
	Conversation Conversation   `expr:"conversation"`
	Customer     Customer       `expr:"customer"`
	Agent        Agent          `expr:"agent"`
	Custom       map[string]any `expr:"custom"`   // short for conversation.custom
	Tags         []string       `expr:"tags"`     // short for conversation.tags
	Channels     []string       `expr:"channels"` // short for conversation.channels
	Steps        *stepCounter   `expr:"(steps)"`  // set by Eval; no expression can name it
}

// Values are all values that there are, the conversation's first.
func (e *Env) Values() []Value {
	return slices.Concat(
		valuesOf("conversation.", reflect.ValueOf(e.Conversation), "custom", "tags", "channels"),
		valuesOf("", reflect.ValueOf(*e), "conversation", customerName, "agent"),
		valuesOf("agent.", reflect.ValueOf(e.Agent)), valuesOf(customerName+".", reflect.ValueOf(e.Customer)),
	)
}

// Conversation is the conversation. Kustomer names teams, queues and brands by id.
type Conversation struct {
	ID            string         `expr:"id"`
	Status        string         `expr:"status"`
	Channels      []string       `expr:"channels"` // in Kustomer's words and order
	Tags          []string       `expr:"tags"`     // names
	Teams         []string       `expr:"teams"`    // ids; when it was marked done, else now
	Queue         string         `expr:"queue"`    // id
	Brand         string         `expr:"brand"`    // id
	Direction     string         `expr:"direction"`
	Priority      int            `expr:"priority"`
	MessageCount  int            `expr:"message_count"`
	InboundCount  int            `expr:"inbound_count"`
	OutboundCount int            `expr:"outbound_count"`
	DoneCount     int            `expr:"done_count"`
	CreatedAt     time.Time      `expr:"created_at"`
	UpdatedAt     time.Time      `expr:"updated_at"`
	DoneAt        time.Time      `expr:"done_at"`
	DoneBy        string         `expr:"done_by"` // user id; empty when automation did it
	Spam          bool           `expr:"spam"`
	Imported      bool           `expr:"imported"`
	Language      string         `expr:"language"` // defaultLang
	Locale        string         `expr:"locale"`
	Custom        map[string]any `expr:"custom"`
}

// Customer is the customer; all of it is empty when there is none.
type Customer struct {
	ID       string         `expr:"id"`
	Name     string         `expr:"name"`
	Email    string         `expr:"email"`  // that is asked
	Domain   string         `expr:"domain"` // of that address, in lower case
	Language string         `expr:"language"`
	Locale   string         `expr:"locale"`
	Custom   map[string]any `expr:"custom"`
}

// Agent is the Kustomer user whom the survey is about.
type Agent struct {
	ID    string `expr:"id"`
	Name  string `expr:"name"`
	Email string `expr:"email"`
	Type  string `expr:"type"` // "user", "machine" or "limited"
}

var sections = map[string]reflect.Type{
	"conversation": reflect.TypeFor[Conversation](),
	customerName:   reflect.TypeFor[Customer](),
	"agent":        reflect.TypeFor[Agent](),
}
