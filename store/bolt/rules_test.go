package bolt

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"acsync/store"
)

// everyRecord gives a record of each combination of what the rules look at.
func everyRecord() []store.Record {
	var list []store.Record
	for _, state := range store.States() {
		for _, reason := range []string{"", "rule_error:x", "employee_not_found", store.ReasonRebuilt} {
			for _, attempts := range []int{0, 1} {
				for _, status := range []int{0, 400} {
					r := store.Record{State: state, Reason: reason, Resolution: noon, At: sec, Attempts: attempts, Status: status}
					if attempts > 0 || state == store.Sending {
						r.First, r.Intent = sec, 7
					}
					list = append(list, r)
				}
			}
		}
	}
	return list
}

// What is not settled, nor under way, may be decided and sent, and nothing else: no record is taken for open by one rule and
// for closed by another.
func TestHeldIsOneRule(t *testing.T) {
	for _, r := range everyRecord() {
		broken := strings.HasPrefix(r.Reason, "rule_error:") && r.State == store.Rejected && r.Attempts == 0 && r.Status == 0
		settled := (r.State == store.Accepted || r.State == store.Rejected || r.State == store.Dropped) && !broken
		held := settled || r.State == store.Sending || r.State == store.InDoubt
		if r.Settled() != settled || r.Held() != held {
			t.Errorf("%+v is settled %v, held %v; want %v, %v", r, r.Settled(), r.Held(), settled, held)
		}
		for what, err := range map[string]error{
			"begun":     store.MayBegin(id(1), r),
			"committed": store.MayCommit(store.Entry{Key: id(1), Record: store.Record{State: store.Skipped, At: sec}}, r),
			"imported":  store.MayImport(store.Entry{Key: id(1), Record: store.Record{State: store.Accepted, At: noon}}, r),
		} {
			if errors.Is(err, store.ErrRefused) != held || err != nil && !held {
				t.Errorf("%+v cannot be %s: %v; want that refused: %v", r, what, err, held)
			}
		}
	}
}

// A record that says both that nothing was sent and that something was is not imported. What is imported as settled is not
// begun, whatever its reason.
func TestImportOfEveryRecord(t *testing.T) {
	l := newLedger(t, Options{})
	for n, r := range everyRecord() {
		t.Run(fmt.Sprintf("%s, %q, %d attempts, status %d", r.State, r.Reason, r.Attempts, r.Status), func(t *testing.T) {
			k := id(n)
			_, err := l.Import(sequence([]store.Entry{{Key: k, Record: r}}, nil))
			final := r.State == store.Accepted || r.State == store.Dropped || r.State == store.Rejected
			odd := final && r.Reason == "rule_error:x" && r.Attempts == 0 && (r.State != store.Rejected || r.Status != 0)
			if odd || !final && r.State != store.InDoubt && r.State != store.Skipped {
				wantError(t, err, store.ErrRefused)
				wantSame(t, record(t, l, k), store.Record{})
				return
			}
			must(t, err)
			kept := record(t, l, k)
			if n, err := l.Import(sequence([]store.Entry{{Key: k, Record: r}}, nil)); n != 0 || err != nil {
				t.Errorf("imported again it wrote %d (%v)", n, err)
			}
			if _, err := l.Begin(k, noon, noon); (err != nil) != kept.Held() {
				t.Errorf("held is %v, beginning it gave %v", kept.Held(), err)
			}
		})
	}
	must(t, l.Check(t.Context()))
}
