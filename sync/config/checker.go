package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"acsync/sync/httpx"
)

// checker collects faults.
type checker struct {
	faults Faults
	faulty map[string]bool
}

func (k *checker) fault(key, format string, args ...any) {
	k.faultRelated(key, nil, format, args...)
}

// faultRelated is for faults in which several keys have a part.
func (k *checker) faultRelated(key string, related []string, format string, args ...any) {
	if !k.faulty[key] {
		k.faulty[key] = true
		k.faults = append(k.faults, Fault{Key: key, Message: fmt.Sprintf(format, args...), related: related})
	}
}

func (k *checker) label(key, value, domain string) {
	if value == "" {
		return
	}
	if problem := labelProblem(value, domain); problem != "" {
		k.fault(key, "%s", problem)
	}
}

func (k *checker) baseURL(key, value string) {
	if value == "" {
		return
	}
	if err := httpx.CheckBase(value); err != nil {
		k.fault(key, "%v", err)
	}
}

func (k *checker) secret(key string, value Secret) {
	if !value.IsSet() {
		return
	}
	if err := httpx.CheckKey(value.Reveal()); err != nil {
		k.fault(key, "%v", err)
	}
}

func (k *checker) count(key string, value, most int) {
	if value < 1 || value > most {
		k.fault(key, "must be between 1 and %d, is %d", most, value)
	}
}

func (k *checker) duration(key string, value Duration, least, most time.Duration) {
	if value < Duration(least) || value > Duration(most) {
		k.fault(key, "must be between %s and %s, is %s", Duration(least), Duration(most), value)
	}
}

func (k *checker) oneOf(key, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		k.fault(key, "must be one of %s, is %s", quoteAll(allowed), shorten(value))
	}
}

func blank(text string) bool { return strings.TrimSpace(text) == "" }
