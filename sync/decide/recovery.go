package decide

import (
	"errors"

	"acsync/sync/decide/expr"
)

// Recovery says which conversations are service recoveries: marked done again after the customer was asked,
// so that the follow-up is asked about in place of the conversation.
type Recovery struct{ when *expr.Expression }

// CompileRecovery compiles the condition, and tells what is wrong with it. An empty one gives nil: there are
// no recoveries.
func CompileRecovery(when string) (*Recovery, []ExpressionError) {
	if when == "" {
		return nil, nil
	}
	problem := func(e expr.CompileError) (*Recovery, []ExpressionError) {
		return nil, []ExpressionError{{
			Section: "recovery", Path: []string{"when"}, At: e.At,
			Message: e.Message,
		}}
	}
	condition, err := expr.CompileCondition(when)
	if e, ok := errors.AsType[expr.CompileError](err); ok {
		return problem(e)
	}
	if condition.ReadsCustomer {
		return problem(expr.CompileError{Message: "must not look at the customer, who is not read for it: " +
			"look at the conversation or the agent"})
	}
	return &Recovery{condition}, nil
}
