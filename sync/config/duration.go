package config

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// Duration is a time.Duration that is written "30s", "3m", "72h", "400d" or "1d12h" in a configuration. A day
// is 24 hours.
type Duration time.Duration

const day = Duration(24 * time.Hour)

var errDuration = errors.New(`must be a duration such as "30s", "3m", "72h" or "400d"`)

// UnmarshalText reads a duration. The error says what is expected and does not quote the text.
func (d *Duration) UnmarshalText(text []byte) error {
	written := string(text)
	unsigned := strings.TrimPrefix(written, "-")
	if before, rest, found := strings.Cut(unsigned, "d"); found {
		days, err := strconv.ParseUint(before, 10, 32)
		if err != nil {
			return errDuration
		}
		// The sign, if any, belongs to all of it.
		sign := strings.TrimSuffix(written, unsigned)
		written = sign + strconv.FormatUint(24*days, 10) + "h" + rest
	}
	value, err := time.ParseDuration(written)
	if err != nil {
		return errDuration
	}
	*d = Duration(value)
	return nil
}

// String returns the shortest form that is read back: "3m" rather than "3m0s", "3d" rather than "72h".
func (d Duration) String() string {
	if d != 0 && d%day == 0 {
		return strconv.FormatInt(int64(d/day), 10) + "d"
	}
	text := time.Duration(d).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// MarshalText returns [Duration.String].
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }
