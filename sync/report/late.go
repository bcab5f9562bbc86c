package report

import (
	"acsync/store"
)

// lateStatusJSON is the lateness that a ledger has seen, with the classes that are not empty.
type lateStatusJSON struct {
	lateJSON
	Classes []lateClassJSON `json:"classes"`
}

// lateClassJSON counts those that were later than the class before, and less late than this; null has no end.
type lateClassJSON struct {
	Below *float64 `json:"below_seconds"`
	Count int      `json:"count"`
}

func lateStatus(l store.Lateness) *lateStatusJSON {
	late := &lateStatusJSON{lateJSON{l.Count, l.Greatest.Seconds()}, []lateClassJSON{}}
	for _, class := range l.Classes() {
		c := lateClassJSON{Count: class.Count}
		if class.Below > 0 {
			seconds := class.Below.Seconds()
			c.Below = &seconds
		}
		late.Classes = append(late.Classes, c)
	}
	return late
}
