package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/report/doc"
	"acsync/sync/verify"
)

// reopened is a conversation that was in a state, for a reason, and what became of it.
func reopened(was store.State, reason string, to store.State) verify.Reopened {
	r := store.Record{State: was, Reason: reason, Resolution: at.Add(-time.Hour), Due: at.Add(time.Minute)}
	return verify.Reopened{Was: r, Entry: store.Entry{Key: store.Key{Conversation: explainedID}, Record: store.Record{State: to, Resolution: r.Resolution}}}
}

// doubtful is one that may have arrived, and what became of it.
func doubtful(why verify.Standing, to store.State) verify.Reopened {
	r := reopened(store.Dropped, "by_hand", to)
	r.Standing, r.Until = why, at.Add(time.Hour)
	return r
}

// TestRetriedSaysWhatIsNext: for each that is taken up or not, in words and for programs, what became of it, and what to
// do. Nobody is told to take a risk where it can still be found out.
func TestRetriedSaysWhatIsNext(t *testing.T) {
	refused := reopened(store.Rejected, "employee_not_found", store.Retry)
	old := refused
	old.Was.Resolution = at.Add(-100 * time.Hour)
	broken := reopened(store.Rejected, "rule_error:vip", store.Retry)
	recovery := refused
	recovery.Key.Recovery = true
	same := func(s store.State) verify.Reopened { return reopened(s, "no_email", s) }
	const dare = "--may-have-arrived"
	for name, c := range map[string]struct {
		list         []verify.Reopened
		asked        verify.RetryOptions
		want, absent []string
		json         string
	}{
		"queued": {
			[]verify.Reopened{refused, broken},
			verify.RetryOptions{},
			[]string{"2 conversations wait for the next pass", "acsync run --config o.toml", "employee_not_found 1 the agent has no profile", "rule_error:vip 1"},
			[]string{dare, "max_age", "unchanged"},
			`"queued":2,"accepted":0,"unchanged":0`,
		},
		"dry run": {
			[]verify.Reopened{refused},
			verify.RetryOptions{DryRun: true},
			[]string{"1 conversation would wait", "nothing was written", "without --dry-run"},
			[]string{"acsync run"},
			`"dry_run":true`,
		},
		"older than max_age": {
			[]verify.Reopened{refused, old},
			verify.RetryOptions{},
			[]string{"1 was marked done longer ago than sync.max_age (72h), and asked about all the same"},
			nil, `"older_than_max_age":1`,
		},
		"a recovery": {[]verify.Reopened{recovery}, verify.RetryOptions{}, []string{"recovery: rejected (employee_not_found) → retry"}, nil, `"kind":"recovery"`},
		"found": {
			[]verify.Reopened{reopened(store.Dropped, "by_hand", store.Accepted)},
			verify.RetryOptions{},
			[]string{"1 has arrived", "dropped (by_hand) → accepted"},
			[]string{"acsync run"},
			`"accepted":1`,
		},
		"at a risk": {
			[]verify.Reopened{doubtful(verify.Unproven, store.Retry)},
			verify.RetryOptions{MayHaveArrived: true},
			[]string{"although it may have arrived", "1 may have arrived: these customers may be asked twice"},
			nil, `"may_have_arrived":1`,
		},
		"no secret": {
			[]verify.Reopened{doubtful(verify.NoSecret, store.Dropped)},
			verify.RetryOptions{},
			[]string{"1 is left as it was", "without the API secret", "set agent_connect.api_secret_file", "acsync retry --config o.toml --id ID " + dare},
			nil, `"standing":"no_secret"`,
		},
		"unread":       {[]verify.Reopened{doubtful(verify.Unasked, store.Dropped)}, verify.RetryOptions{}, []string{"the same command asks"}, []string{dare}, `"unchanged":1`},
		"too early":    {[]verify.Reopened{doubtful(verify.TooEarly, store.Dropped)}, verify.RetryOptions{}, []string{"the same command can from 2026-"}, []string{dare}, `"until":"2026-`},
		"taken over":   {[]verify.Reopened{doubtful(verify.TakenOver, store.Dropped)}, verify.RetryOptions{}, []string{"the same command can from 2026-"}, []string{dare}, `"until":"2026-`},
		"not shown":    {[]verify.Reopened{doubtful(verify.Unproven, store.Dropped)}, verify.RetryOptions{}, []string{"no later request", "look the ids up", dare}, []string{"api_secret"}, `"standing":"unproven"`},
		"accepted":     {[]verify.Reopened{same(store.Accepted)}, verify.RetryOptions{}, []string{"it is accepted"}, []string{"resolve", dare}, `"refusal":"it is accepted`},
		"in doubt":     {[]verify.Reopened{same(store.InDoubt)}, verify.RetryOptions{}, []string{"acsync resolve --config o.toml settles it"}, nil, `"before":"in_doubt"`},
		"sending":      {[]verify.Reopened{same(store.Sending)}, verify.RetryOptions{}, []string{"acsync resolve --config o.toml settles it"}, nil, `"state":"sending"`},
		"skipped":      {[]verify.Reopened{same(store.Skipped)}, verify.RetryOptions{}, []string{"not refused but skipped (no_email): acsync explain --config o.toml " + explainedID}, nil, `"before_reason":"no_email"`},
		"scheduled":    {[]verify.Reopened{same(store.Scheduled)}, verify.RetryOptions{}, []string{"it waits already: a pass sends it from 2026-"}, nil, `"unchanged":1`},
		"retried soon": {[]verify.Reopened{same(store.Retry)}, verify.RetryOptions{}, []string{"it waits already"}, []string{"wait for the next pass"}, `"queued":0`},
		"none": {
			nil,
			verify.RetryOptions{Refusals: verify.Refusals{Reasons: []decide.Reason{decide.BrandRefused, decide.AnyRuleError}, Since: at}},
			[]string{"Nothing was refused for brand_refused, rule_error since 2026-"},
			[]string{"acsync run"},
			`"reasons":{"brand_refused":0,"rule_error":0}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := Retried{List: c.list, Asked: c.asked, MaxAge: 72 * time.Hour, Now: at, Tenant: "acme", Here: " --config o.toml"}
			var people, programs bytes.Buffer
			must(t, doc.Text(&people, RetriedDoc(r), doc.Style{Width: 500}))
			must(t, RetriedJSON(&programs, r))
			text := strings.Join(strings.Fields(people.String()), " ")
			for _, want := range c.want {
				if !strings.Contains(text, want) {
					t.Errorf("%q is not in:\n%s", want, people.String())
				}
			}
			for _, absent := range c.absent {
				if strings.Contains(text, absent) {
					t.Errorf("%q is in:\n%s", absent, people.String())
				}
			}
			if !strings.Contains(programs.String(), c.json) || !json.Valid(programs.Bytes()) {
				t.Errorf("%s is not in %s", c.json, programs.String())
			}
			for _, width := range []int{60, 80, 200} {
				people.Reset()
				must(t, doc.Text(&people, RetriedDoc(r), doc.Style{Width: width}))
				fits(t, people.String(), width)
			}
		})
	}
}

// TestRetriedNamesTheFirst: a screen shows some of many, and what was not done before the rest.
func TestRetriedNamesTheFirst(t *testing.T) {
	var r Retried
	for range 1000 {
		r.List = append(r.List, reopened(store.Rejected, "refused", store.Retry))
	}
	r.List = append(r.List, doubtful(verify.NoSecret, store.Dropped))
	var people, programs bytes.Buffer
	must(t, doc.Text(&people, RetriedDoc(r), doc.Style{Width: 100}))
	must(t, RetriedJSON(&programs, r))
	if n := strings.Count(people.String(), explainedID); n != listed || !strings.Contains(people.String(), "and 981 more; --json names all") {
		t.Errorf("%d are named:\n%s", n, people.String())
	}
	if !strings.Contains(people.String(), "unchanged") || strings.Count(programs.String(), explainedID) != 1001 {
		t.Errorf("got\n%s", people.String())
	}
}
