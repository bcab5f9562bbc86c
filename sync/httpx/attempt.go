package httpx

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"acsync/sync/httpx/redact"
)

// attempt is what the log tells of an attempt at a call beside what became of it.
type attempt struct {
	number int
	waited time.Duration // for its turn at the pacers
}

type attemptKey struct{}

// WithAttempt lets ctx count, for the log of the service, how long an attempt waits for its turn. Fetch does
// so by itself; it is for callers that wait and call apart. Numbers begin with 1.
func WithAttempt(ctx context.Context, number int) context.Context {
	return context.WithValue(ctx, attemptKey{}, &attempt{number: number})
}

func attemptOf(ctx context.Context) *attempt {
	if a, ok := ctx.Value(attemptKey{}).(*attempt); ok {
		return a
	}
	return &attempt{number: 1}
}

// logAttempt writes one attempt to the log at debug: no key, no body, no header, and of the address only what
// names nobody.
func (s *Service) logAttempt(ctx context.Context, c Call, began time.Time, resp *Response, err error) {
	if s.log == nil || !s.log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	a, result, status := attemptOf(ctx), "ok", 0
	if resp != nil {
		status = resp.Status
	}
	if err != nil {
		result = "failed"
	}
	if api, ok := errors.AsType[*Error](err); ok {
		result, status = api.Kind.String(), api.Status
	}
	class := s.report.name
	if len(c.Paced) > 0 && c.Paced[0] != nil {
		class = cmp.Or(c.Paced[0].class, class)
	}
	s.log.LogAttrs(ctx, slog.LevelDebug, "call", slog.String("class", class), slog.String("method", c.Method),
		slog.String("url", s.shown(c)), slog.Int("attempt", a.number), slog.Int("status", status),
		slog.String("result", result), slog.Duration("duration", time.Since(began).Round(time.Microsecond)),
		slog.Duration("waited", a.waited.Round(time.Microsecond)))
}

// shown is the address of a call as it may be shown.
func (s *Service) shown(c Call) string {
	path := redact.Cut(redact.Path(cmp.Or(c.Shown, c.Path)), pathShown)
	// Not all that Text masks: a port, or a page, is no telephone number.
	return s.base.String() + redact.Secrets(path+shownQuery(c.Query), s.report.private(c)...)
}

// plainValue is the value of a query that names nobody: a page, a size, a switch, a time.
var plainValue = regexp.MustCompile(`^(\d{1,6}|true|false|\d{4}-\d\d-\d\d([T ][\d:.]+(Z|[+-]\d\d:?\d\d)?)?)$`)

// shownQuery is a query with its question mark. What its values may name is left out of it.
func shownQuery(query string) string {
	values, err := url.ParseQuery(query)
	if err != nil {
		return "?…"
	}
	var parts []string
	for name, list := range values {
		for _, value := range list {
			if !plainValue.MatchString(value) {
				value = "…"
			}
			parts = append(parts, redact.Path(name)+"="+value)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	slices.Sort(parts)
	return "?" + strings.Join(parts, "&")
}
