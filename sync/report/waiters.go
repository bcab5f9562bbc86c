package report

import (
	"fmt"
	"time"

	"acsync/store"
	"acsync/sync/report/doc"
)

// waiterFacts name the first of those that wait for a ledger, and say how many there are.
func waiterFacts(list []store.Waiter, now time.Time) []doc.Fact {
	if len(list) == 0 {
		return nil
	}
	w := list[0]
	text := fmt.Sprintf("waited for by %s, process %d on %s, since %s, %s",
		w.Mode, w.PID, w.Host, show(w.Since), since(now, w.Since))
	if len(list) > 1 {
		text += fmt.Sprintf("; %d wait in all", len(list))
	}
	return []doc.Fact{{Label: "its turn", Value: text}}
}

// waitersJSON is the first of those that wait for a ledger, null where nobody does, and all of them.
func waitersJSON(list []store.Waiter, now time.Time) (first any, all []object) {
	all = []object{}
	for _, w := range list {
		all = append(all, object{
			"pid", w.PID, "host", w.Host, "mode", w.Mode, "since", stamp(w.Since), "at", stamp(w.At),
			"age_seconds", max(now.Sub(w.At), 0).Seconds(),
		})
	}
	if len(all) > 0 {
		first = all[0]
	}
	return first, all
}
