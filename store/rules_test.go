package store

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// everyRecord gives a record of each combination of what the rules look at.
func everyRecord() []Record {
	var list []Record
	for _, state := range States() {
		for _, reason := range []string{"", "rule_error:x", "employee_not_found", ReasonRebuilt} {
			for _, attempts := range []int{0, 1} {
				for _, status := range []int{0, 400} {
					r := Record{State: state, Reason: reason, Resolution: noon, At: sec, Attempts: attempts, Status: status}
					if attempts > 0 || state == Sending {
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
		broken := strings.HasPrefix(r.Reason, "rule_error:") && r.State == Rejected && r.Attempts == 0 && r.Status == 0
		settled := (r.State == Accepted || r.State == Rejected || r.State == Dropped) && !broken
		held := settled || r.State == Sending || r.State == InDoubt
		if r.Settled() != settled || r.Held() != held {
			t.Errorf("%+v is settled %v, held %v; want %v, %v", r, r.Settled(), r.Held(), settled, held)
		}
		for what, err := range map[string]error{
			"begun":     MayBegin(id(1), r),
			"committed": MayCommit(Entry{id(1), Record{State: Skipped, At: sec}}, r),
			"imported":  MayImport(Entry{id(1), Record{State: Accepted, At: noon}}, r),
		} {
			if errors.Is(err, ErrRefused) != held || err != nil && !held {
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
			_, err := l.Import(sequence([]Entry{{k, r}}, nil))
			final := r.State == Accepted || r.State == Dropped || r.State == Rejected
			odd := final && r.Reason == "rule_error:x" && r.Attempts == 0 && (r.State != Rejected || r.Status != 0)
			if odd || !final && r.State != InDoubt && r.State != Skipped {
				wantError(t, err, ErrRefused)
				wantSame(t, record(t, l, k), Record{})
				return
			}
			must(t, err)
			kept := record(t, l, k)
			if n, err := l.Import(sequence([]Entry{{k, r}}, nil)); n != 0 || err != nil {
				t.Errorf("imported again it wrote %d (%v)", n, err)
			}
			if _, err := l.Begin(k, noon, noon); (err != nil) != kept.Held() {
				t.Errorf("held is %v, beginning it gave %v", kept.Held(), err)
			}
		})
	}
	must(t, l.Check(t.Context()))
}
