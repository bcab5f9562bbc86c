package fetch

import (
	"time"
)

// Widen lets a window hold an instant too. The zero Window holds it alone.
func (w Window) Widen(at time.Time) Window {
	if w.From.IsZero() || at.Before(w.From) {
		w.From = at
	}
	if end := at.Add(time.Millisecond); end.After(w.To) {
		w.To = end
	}
	return w
}
