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

// callLog writes each attempt at a call of a service to its log at debug: no key, no body, no header, and of
// the address only what names nobody.
type callLog struct {
	log  *slog.Logger // nil: nothing is written
	of   reporter     // of the service
	base string
}

// attempt writes one that has ended with an answer, or an error. What is private is taken out of the address.
func (l callLog) attempt(ctx context.Context, c Call, began time.Time, answer *Response, err error) {
	if l.log == nil || !l.log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	a, status, result, class := attemptOf(ctx), 0, "ok", l.of.name
	if answer != nil {
		status = answer.Status
	}
	if err != nil {
		result = "failed"
	}
	if api, ok := errors.AsType[*Error](err); ok {
		result, status = api.Kind.String(), api.Status
	}
	if len(c.Paced) > 0 && c.Paced[0] != nil {
		class = cmp.Or(c.Paced[0].class, class)
	}
	path := redact.Cut(redact.Path(cmp.Or(c.Shown, c.Path)), pathShown)
	// Not all that Text masks: a port, or a page, is no telephone number.
	shown := l.base + redact.Secrets(path+shownQuery(c.Query), l.of.private(c)...)
	l.log.LogAttrs(ctx, slog.LevelDebug, "call", slog.String("class", class), slog.String("method", c.Method),
		slog.String("url", shown), slog.Int("attempt", a.number), slog.Int("status", status),
		slog.String("result", result), slog.Duration("duration", time.Since(began).Round(time.Microsecond)),
		slog.Duration("waited", a.waited.Round(time.Microsecond)))
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
