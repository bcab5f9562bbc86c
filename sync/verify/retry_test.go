package verify

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/exit"
)

// dayAgo is when the records of these tests were written.
var dayAgo = testNow.Add(-24 * time.Hour)

// overWith is a ledger with one conversation, and a request of it that was begun two days ago with number 7.
func overWith(r store.Record) *fakeLedger {
	r.Resolution, r.At = testNow.Add(-49*time.Hour), dayAgo
	if r.Attempts > 0 {
		r.First, r.Intent = testNow.Add(-48*time.Hour), 7
	}
	return &fakeLedger{
		info:    store.Info{ID: ledgerID, Intents: 90, Witnessed: dayAgo},
		records: map[store.Key]store.Record{conversation(1): r},
	}
}

func byID(n ...int) (o RetryOptions) {
	for _, i := range n {
		o.IDs = append(o.IDs, conversation(i).Conversation)
	}
	return o
}

// TestRetryByState: what certainly did not arrive waits for the next pass, what may have stays as it was while nobody can
// look it up, and all else is left alone.
func TestRetryByState(t *testing.T) {
	const certain, perhaps, alone = "certain", "perhaps", "alone"
	rejected := func(reason decide.Reason, status, attempts int) store.Record {
		return store.Record{State: store.Rejected, Reason: string(reason), Status: status, Attempts: attempts}
	}
	for name, c := range map[string]struct {
		record store.Record
		want   string
	}{
		"refused: no profile":          {rejected(decide.EmployeeNotFound, 400, 1), certain},
		"refused: no brand":            {rejected(decide.BrandRefused, 422, 2), certain},
		"refused: no first request":    {rejected(decide.FirstNotFound, 404, 1), certain},
		"refused: too large":           {rejected(decide.Refused, 413, 1), certain},
		"refused: there is one":        {rejected(decide.Refused, 409, 1), perhaps},
		"rejected, and by what":        {rejected(decide.EmployeeNotFound, 0, 1), perhaps},
		"rejected with a success":      {rejected(decide.Refused, 200, 1), perhaps},
		"imported":                     {rejected("of-old", 0, 3), perhaps},
		"an expression failed":         {rejected(decide.RuleError("vip"), 0, 0), certain},
		"an expression failed later":   {rejected(decide.RuleError("vip"), 0, 2), certain},
		"given up, unreachable":        {rejected(decide.GaveUp, 0, 9), certain},
		"given up, too many requests":  {rejected(decide.GaveUp, 429, 9), certain},
		"given up, a gateway's answer": {rejected(decide.GaveUp, 405, 5), certain},
		"given up, it timed out":       {rejected(decide.GaveUp, 408, 5), perhaps},
		"never readable":               {rejected(decide.UnreadableRecord, 0, 0), certain},
		"not readable later":           {rejected(decide.UnreadableRecord, 0, 1), certain},
		"given up in doubt":            {rejected(decide.GaveUp, 503, 9), perhaps},
		"given up, the key":            {rejected(decide.Credentials, 401, 1), certain},
		"dropped before its time":      {store.Record{State: store.Dropped, Reason: "by_hand"}, certain},
		"dropped after an attempt":     {store.Record{State: store.Dropped, Reason: "by_hand", Attempts: 1}, perhaps},
		"dropped, server failure":      {store.Record{State: store.Dropped, Reason: "by_hand", Attempts: 1, Status: 502}, perhaps},
		"accepted":                     {store.Record{State: store.Accepted, Status: 200, Attempts: 1}, alone},
		"in doubt":                     {store.Record{State: store.InDoubt, Attempts: 1}, alone},
		"sending":                      {store.Record{State: store.Sending, Attempts: 1}, alone},
		"skipped":                      {store.Record{State: store.Skipped, Reason: "no_email"}, alone},
		"scheduled":                    {store.Record{State: store.Scheduled, Reason: "delayed"}, alone},
		"to be retried":                {store.Record{State: store.Retry, Reason: "unreachable", Attempts: 1}, alone},
	} {
		t.Run(name, func(t *testing.T) {
			for _, dry := range []bool{true, false} {
				for _, dare := range []bool{false, true} {
					ledger, o := overWith(c.record), byID(1)
					o.DryRun, o.MayHaveArrived = dry, dare
					before := ledger.records[conversation(1)]
					got, err := Retry(t.Context(), ledger, o, Verification{})
					if err != nil || len(got) != 1 {
						t.Fatalf("got %+v, %v", got, err)
					}
					queued := c.want == certain || c.want == perhaps && dare
					if got[0].Changed() != queued || (got[0].Standing == NoSecret) != (c.want == perhaps) || got[0].Was != before {
						t.Errorf("dare %v: got %+v", dare, got[0])
					}
					after := ledger.records[conversation(1)]
					if dry || !queued {
						if after != before {
							t.Errorf("dry run %v: %+v became %+v", dry, before, after)
						}
						continue
					}
					if after != got[0].Record || after.State != store.Retry || decide.Reason(after.Reason) != decide.ByHand ||
						after.Due.IsZero() || after.Due.After(time.Now()) || !after.First.IsZero() || after.Attempts > 2 || after.Intent != before.Intent {
						t.Errorf("it became %+v", after)
					}
				}
			}
		})
	}
}

// TestRetryLooksUp: what may have arrived is held against Agent Connect's data. Absence is believed only when they show a
// later request of this ledger that was received after the ledger had written it off.
func TestRetryLooksUp(t *testing.T) {
	id := conversation(1).Conversation
	own := func(at time.Time, number string) agentconnect.Interaction {
		return agentconnect.Interaction{CreatedAt: at, Intent: ledgerID + "-" + number, ExtInteractionID: "another"}
	}
	later, long := own(dayAgo.Add(time.Hour), "8"), 5*time.Minute
	for name, c := range map[string]struct {
		data  fakeReceiver
		bound uint64
		after time.Duration
		want  store.State
		why   Standing
	}{
		"shown by its stamp":        {fakeReceiver{rows: []agentconnect.Interaction{{CreatedAt: dayAgo, Intent: ledgerID + "-7"}}}, 0, long, store.Accepted, ""},
		"shown by its id":           {fakeReceiver{rows: []agentconnect.Interaction{{CreatedAt: dayAgo, ExtInteractionID: id}}}, 0, long, store.Accepted, ""},
		"shown, then unreadable":    {fakeReceiver{rows: []agentconnect.Interaction{{CreatedAt: dayAgo, ExtInteractionID: id}}, err: errTrouble}, 0, long, store.Accepted, ""},
		"not shown, a later one is": {fakeReceiver{rows: []agentconnect.Interaction{later}}, 0, long, store.Retry, ""},
		"nothing is shown":          {fakeReceiver{}, 0, long, store.Dropped, Unproven},
		"one of about that time":    {fakeReceiver{rows: []agentconnect.Interaction{own(dayAgo.Add(10*time.Minute), "8")}}, 0, long, store.Dropped, Unproven},
		"an earlier one is":         {fakeReceiver{rows: []agentconnect.Interaction{own(dayAgo.Add(time.Hour), "6")}}, 0, long, store.Dropped, Unproven},
		"one of others is":          {fakeReceiver{rows: []agentconnect.Interaction{{CreatedAt: testNow, ExtInteractionID: "x"}}}, 0, long, store.Dropped, Unproven},
		"a recovery of it is":       {fakeReceiver{rows: []agentconnect.Interaction{later, {CreatedAt: dayAgo, ExtInteractionID: id, Recovery: true}}}, 0, long, store.Dropped, Unclear},
		"with another key":          {fakeReceiver{rows: []agentconnect.Interaction{later}}, 7, long, store.Dropped, OtherKey},
		"too early":                 {fakeReceiver{rows: []agentconnect.Interaction{later}}, 0, 1e6 * time.Hour, store.Dropped, TooEarly},
		"unreadable":                {fakeReceiver{rows: []agentconnect.Interaction{later}, err: errTrouble}, 0, long, store.Dropped, Unasked},
	} {
		for _, dare := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				ledger, o := overWith(store.Record{State: store.Dropped, Attempts: 1}), byID(1)
				o.MayHaveArrived = dare
				ledger.info.BoundAt = c.bound
				ledger.records[conversation(2)] = store.Record{State: store.Rejected, Status: 400, Attempts: 1, At: dayAgo}
				o.IDs = append(o.IDs, conversation(2).Conversation)
				got, err := Retry(t.Context(), ledger, o, Verification{Receiver: &c.data, After: c.after, Stamped: true})
				if !errors.Is(err, c.data.err) || len(got) != 2 {
					t.Fatalf("got %+v, %v", got, err)
				}
				want := c.want
				if dare && c.why != "" {
					want = store.Retry
				}
				if got[0].State != want || got[0].Standing != c.why || ledger.records[conversation(1)] != got[0].Record {
					t.Errorf("got %+v, want %s, %q", got[0], want, c.why)
				}
				if got[0].Changed() && want == store.Retry && decide.Reason(got[0].Reason) != decide.ByHand {
					t.Errorf("it waits as %s, and is stale after max_age", got[0].Reason)
				}
				if got[1].State != store.Retry {
					t.Errorf("what was certainly refused became %+v", got[1])
				}
			})
		}
	}
}

// TestRetryRolledBack: a ledger that is not the newest takes nothing up.
func TestRetryRolledBack(t *testing.T) {
	ledger := overWith(store.Record{State: store.Dropped, Attempts: 1})
	before := maps.Clone(ledger.records)
	data := &fakeReceiver{rows: []agentconnect.Interaction{{CreatedAt: testNow, Intent: ledgerID + "-ff"}}}
	got, err := Retry(t.Context(), ledger, byID(1), Verification{Receiver: data, Stamped: true})
	if !errors.Is(err, store.ErrRolledBack) || len(got) > 0 || !maps.Equal(before, ledger.records) {
		t.Errorf("got %+v, %v", got, err)
	}
}

// TestRetryByReason chooses by reason and by when it was refused, of all kinds of keys.
func TestRetryByReason(t *testing.T) {
	ledger := &fakeLedger{records: map[store.Key]store.Record{}}
	long := decide.RuleError("a rule with a name that is longer than any reason that a ledger keeps, " + string(make([]byte, 99)))
	for i, r := range []store.Record{
		{State: store.Rejected, Reason: "employee_not_found", Status: 400},
		{State: store.Rejected, Reason: "employee_not_found", Status: 400, At: dayAgo},
		{State: store.Retry, Reason: "employee_not_found", Status: 400},
		{State: store.Rejected, Reason: "brand_refused", Status: 400},
		{State: store.Rejected, Reason: "rule_error:vip"},
		{State: store.Rejected, Reason: "rule_error:mapping.brand"},
		{State: store.Skipped, Reason: "rule_error:vip"},
		{State: store.Rejected, Reason: store.ShortReason(string(long))},
	} {
		if r.At.IsZero() {
			r.At = testNow
		}
		ledger.records[conversation(i)] = r
	}
	recovery, resolution := conversation(0), conversation(0)
	recovery.Recovery, resolution.Resolution = true, testNow.UnixMilli()
	ledger.records[recovery] = store.Record{State: store.Rejected, Reason: "first_request_not_found", Status: 404, At: testNow}
	ledger.records[resolution] = store.Record{State: store.Rejected, Reason: "language_refused", Status: 400, At: testNow}
	for name, c := range map[string]struct {
		since   time.Time
		reasons []decide.Reason
		want    []store.Key
	}{
		"one":             {time.Time{}, []decide.Reason{decide.EmployeeNotFound}, []store.Key{conversation(0), conversation(1)}},
		"since":           {testNow, []decide.Reason{decide.EmployeeNotFound}, []store.Key{conversation(0)}},
		"since later":     {testNow.Add(time.Second), []decide.Reason{decide.EmployeeNotFound}, nil},
		"two":             {testNow, []decide.Reason{decide.EmployeeNotFound, decide.BrandRefused}, []store.Key{conversation(0), conversation(3)}},
		"one expression":  {time.Time{}, []decide.Reason{"rule_error:vip"}, []store.Key{conversation(4)}},
		"all expressions": {time.Time{}, []decide.Reason{decide.AnyRuleError}, []store.Key{conversation(4), conversation(5), conversation(7)}},
		"a recovery":      {time.Time{}, []decide.Reason{decide.FirstNotFound}, []store.Key{recovery}},
		"a resolution":    {time.Time{}, []decide.Reason{decide.LanguageRefused}, []store.Key{resolution}},
		"none":            {time.Time{}, []decide.Reason{decide.ChannelManual}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			ledger := &fakeLedger{records: maps.Clone(ledger.records)}
			got, err := Retry(t.Context(), ledger, RetryOptions{Refusals: Refusals{Reasons: c.reasons, Since: c.since}}, Verification{})
			if err != nil {
				t.Fatal(err)
			}
			var keys []store.Key
			for _, r := range got {
				if !r.Changed() || ledger.records[r.Key].State != store.Retry {
					t.Errorf("%+v is not taken up", r)
				}
				keys = append(keys, r.Key)
			}
			if diff := cmp.Diff(c.want, keys); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestRetryByID takes up what is over of a conversation, whichever keys it has, and nothing when an id is unknown.
func TestRetryByID(t *testing.T) {
	at := testNow.Truncate(time.Second)
	key := func(n int) store.Key {
		return store.Key{Conversation: conversation(1).Conversation, Resolution: at.Add(time.Duration(n) * time.Hour).UnixMilli()}
	}
	recovery := store.Key{Conversation: conversation(1).Conversation, Recovery: true}
	ledger := &fakeLedger{records: map[store.Key]store.Record{
		key(0):                {State: store.Rejected, Status: 400, Resolution: at},
		key(1):                {State: store.Accepted, Attempts: 1, Resolution: at.Add(time.Hour)},
		key(2):                {State: store.Rejected, Status: 400, Resolution: at.Add(2 * time.Hour)},
		recovery:              {State: store.Rejected, Status: 404, Resolution: at.Add(3 * time.Hour)},
		{Conversation: "a b"}: {State: store.Rejected, Status: 400},
	}}
	upper := "6716500FA1B2C3D4E5F60001"
	for name, c := range map[string]struct {
		ids  []string
		want []store.Key
	}{
		"the conversation":      {[]string{upper}, []store.Key{key(0), key(2), recovery}},
		"one resolution":        {[]string{upper + "@" + at.Add(2*time.Hour).Format(time.RFC3339)}, []store.Key{key(2)}},
		"one that is accepted":  {[]string{upper + "@" + at.Add(time.Hour).Format(time.RFC3339)}, []store.Key{key(1)}},
		"the same twice":        {[]string{"a b", "a b"}, []store.Key{{Conversation: "a b"}}},
		"an unknown":            {[]string{"a b", "c"}, nil},
		"an unknown resolution": {[]string{"a b", upper + "@2020-01-01T00:00:00Z"}, nil},
		"no time":               {[]string{"a b", upper + "@noon"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			ledger := &fakeLedger{records: maps.Clone(ledger.records)}
			before := maps.Clone(ledger.records)
			got, err := Retry(t.Context(), ledger, RetryOptions{Refusals: Refusals{IDs: c.ids}}, Verification{})
			var keys []store.Key
			for _, r := range got {
				keys = append(keys, r.Key)
			}
			if diff := cmp.Diff(c.want, keys); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if unknown := c.want == nil; unknown != (exit.Or(err, exit.Done) == exit.Usage) || unknown && !maps.Equal(before, ledger.records) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestRetryStops: a signal between two transactions leaves what is left as it was, and tells of what was done.
func TestRetryStops(t *testing.T) {
	ledger := &fakeLedger{records: map[store.Key]store.Record{}}
	for i := range 2*reopenedAtOnce + 1 {
		ledger.records[conversation(i)] = store.Record{State: store.Rejected, Reason: "brand_refused", Status: 400}
	}
	signal := errors.New("SIGTERM")
	ctx, cancel := context.WithCancelCause(t.Context())
	stopping := &stoppingLedger{ledger, func() { cancel(signal) }}
	o := RetryOptions{Refusals: Refusals{Reasons: []decide.Reason{decide.BrandRefused}}}
	got, err := Retry(ctx, stopping, o, Verification{})
	if !errors.Is(err, signal) || len(got) != reopenedAtOnce {
		t.Fatalf("got %d, %v", len(got), err)
	}
	waiting, _ := ledger.Waiting(0, store.Retry)
	if len(waiting) != len(got) || slices.ContainsFunc(got, func(r Reopened) bool { return ledger.records[r.Key].State != store.Retry }) {
		t.Errorf("%d wait", len(waiting))
	}
	if got, err := Retry(t.Context(), ledger, o, Verification{}); err != nil || len(got) != reopenedAtOnce+1 {
		t.Errorf("the same again: %d, %v", len(got), err)
	}
}

// stoppingLedger calls stop when the first lot is taken up.
type stoppingLedger struct {
	*fakeLedger
	stop func()
}

func (s *stoppingLedger) Reopen(entries []store.Entry, x store.Result) error {
	s.stop()
	return s.fakeLedger.Reopen(entries, x)
}

// TestMayHaveArrived goes by whatever tells of an attempt: how many there were, a number, or an answer.
func TestMayHaveArrived(t *testing.T) {
	for r, want := range map[store.Record]bool{
		{State: store.Rejected, Reason: "of-old"}:                            false,
		{State: store.Rejected, Reason: "of-old", Attempts: 3}:               true,
		{State: store.Rejected, Reason: "of-old", Intent: 7}:                 true,
		{State: store.Rejected, Reason: "refused", Status: 499}:              true,
		{State: store.Rejected, Reason: "refused", Attempts: 1, Status: 400}: false,
		{State: store.Rejected, Reason: "gave_up", Attempts: 1, Status: 500}: true,
		{State: store.Rejected, Reason: "refused", Attempts: 1, Status: 399}: true,
		{State: store.Dropped, Reason: "by_hand", Attempts: 1, Status: 400}:  true,
		{State: store.Rejected, Reason: "refused", Attempts: 1, Status: 501}: true,
	} {
		if got := mayHaveArrived(r); got != want {
			t.Errorf("%+v: %t", r, got)
		}
	}
}

// TestRetryOfTheErased refuses what was erased, and asks nothing about what certainly did not arrive.
func TestRetryOfTheErased(t *testing.T) {
	ledger := &fakeLedger{records: map[store.Key]store.Record{conversation(1): store.ErasedAt(testNow)}}
	if got, err := Retry(t.Context(), ledger, byID(1), Verification{}); exit.Or(err, exit.Done) != exit.Usage || len(got) > 0 {
		t.Errorf("got %+v, %v", got, err)
	}
	certain, data := overWith(store.Record{State: store.Rejected, Reason: "brand_refused", Status: 400, Attempts: 1}), &fakeReceiver{}
	if got, err := Retry(t.Context(), certain, byID(1), Verification{Receiver: data}); err != nil || !got[0].Changed() || len(data.asked) > 0 {
		t.Errorf("got %+v, %v, asked %v", got, err, data.asked)
	}
}

// TestRetryIsStopped changes nothing when it is stopped before or while Agent Connect's data are read.
func TestRetryIsStopped(t *testing.T) {
	for _, read := range []bool{false, true} {
		ledger := overWith(store.Record{State: store.Dropped, Reason: "by_hand", Attempts: 1})
		before := maps.Clone(ledger.records)
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errTrouble)
		v, o := Verification{}, byID(1)
		if o.MayHaveArrived = true; read {
			v.Receiver = &fakeReceiver{err: errTrouble}
		}
		got, err := Retry(ctx, ledger, o, v)
		if !errors.Is(err, errTrouble) || len(got) > 0 || !maps.Equal(before, ledger.records) {
			t.Errorf("reading: %t: got %+v, %v", read, got, err)
		}
	}
}
