package exit

import "strings"

// advised is an error with what to do about it.
type advised struct {
	err         error
	todo, topic string
}

// Advise adds to an error what to do about it, and the topic of the manual that tells more; both may be
// empty. The text of the error has the advice too, for reports and logs; who shows them apart asks for Todo
// and Topic. Nil stays nil.
func Advise(err error, todo, topic string) error {
	if err == nil {
		return nil
	}
	return &advised{err, todo, topic}
}

func (a *advised) Error() string { return Told(a.err.Error(), a.todo) }
func (a *advised) Unwrap() error { return a.err }

// Todo is what to do.
func (a *advised) Todo() string { return a.todo }

// Topic is the one of the manual that tells more.
func (a *advised) Topic() string { return a.topic }

// Told is the text of an error that says what happened and, after that, what to do.
func Told(what, todo string) string {
	switch {
	case todo == "":
		return what
	case strings.Contains(what, "\n"):
		return what + "\n" + todo
	}
	return what + "; " + todo
}

// Untold is the text of an error without what to do: what Told has begun with.
func Untold(text, todo string) string {
	for _, joint := range []string{"\n", "; "} {
		text = strings.Replace(text, joint+todo, "", 1)
	}
	return text
}
