package plan

import (
	"bytes"
	"crypto/hmac"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"acsync/sync/exit"
)

// Marshal seals a plan, and writes it as one JSON object.
func Marshal(p Plan) ([]byte, error) {
	p.Seal = p.sealed()
	p.Checksum = p.summed()
	text, err := json.MarshalIndent(p, "", " ")
	if err != nil {
		return nil, fmt.Errorf("write the plan: %w", err)
	}
	return append(text, '\n'), nil
}

// Read reads what Marshal wrote, whole and unchanged, and refuses a plan that does not meet its terms. Its
// errors are [*Error].
func Read(text []byte, t Terms) (Plan, error) {
	var p Plan
	var kind struct {
		Schema string `json:"schema"`
	}
	if err := json.Unmarshal(text, &kind); err != nil || !strings.HasPrefix(kind.Schema, schemaFamily) {
		return p, errorf("it is no plan as acsync writes them, or only a part of one")
	}
	if n, err := strconv.Atoi(strings.TrimPrefix(kind.Schema, schemaFamily)); err == nil && n > 1 {
		return p, errorf("the plan was made by a newer version of acsync (%s)", strconv.Quote(kind.Schema))
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&p); err != nil || kind.Schema != schema {
		return p, errDamaged
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return p, errDamaged
	}
	if !hmac.Equal([]byte(p.Checksum), []byte(p.summed())) || !p.sound() {
		return p, errDamaged
	}
	return p, p.meet(t)
}

var errDamaged = errorf("the plan is damaged, or was edited: its checksum does not hold")

// Error tells why a plan is not carried out.
type Error struct{ why string }

// Error says what happened and what to do.
func (e *Error) Error() string {
	return e.why + "; nothing was sent. Make a new one with acsync plan"
}

// ExitClass returns the code that the process ends with.
func (*Error) ExitClass() exit.Code { return exit.Usage }

func errorf(format string, args ...any) error { return &Error{fmt.Sprintf(format, args...)} }
