package config

import (
	"fmt"
	"io"
	"log/slog"
)

const (
	redacted = "[redacted]"
	notSet   = "(not set)"
)

// Secret is a key that prints as "[redacted]", or as "(not set)" when it is empty, whichever way it is
// printed, logged or encoded. [Secret.Reveal] is the only way out. The zero Secret is not set.
type Secret struct {
	// A pointer: in an unexported field fmt cannot call methods, and would print a string.
	value *string
}

// NewSecret wraps a key. An empty one gives the zero Secret.
func NewSecret(value string) Secret {
	if value == "" {
		return Secret{}
	}
	return Secret{value: &value}
}

// Reveal returns the key itself, to be put into a request and nowhere else.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsSet reports whether there is a key.
func (s Secret) IsSet() bool { return s.value != nil }

// Equal compares the keys themselves.
func (s Secret) Equal(other Secret) bool { return s.Reveal() == other.Reveal() }

// String returns "[redacted]" or "(not set)".
func (s Secret) String() string {
	if s.IsSet() {
		return redacted
	}
	return notSet
}

// Format prints [Secret.String] for every verb and flag.
func (s Secret) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, s.String()) }

// LogValue makes log/slog print [Secret.String].
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText returns "[redacted]", or nothing when the secret is not set; encoding/json calls it too.
func (s Secret) MarshalText() ([]byte, error) {
	if s.IsSet() {
		return []byte(redacted), nil
	}
	return nil, nil
}

// UnmarshalText takes the key in.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = NewSecret(string(text))
	return nil
}
