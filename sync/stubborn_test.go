package sync

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/deliver"
)

// stubborn are an engine and its receiver's data, where some conversations always get the same answer.
func stubborn(t *testing.T, conversations int, answer agentconnect.Answer, those ...int) *bench {
	b, data := newBench(t, conversations), &shown{}
	b.engine.Receiver, b.engine.Options.VerifyAfter, b.engine.Options.Concurrency = data, time.Minute, 1
	var ids []string
	for _, i := range those {
		ids = append(ids, b.conversations[i].ID)
	}
	b.answer = func(r agentconnect.Request) agentconnect.Answer {
		if slices.Contains(ids, r.ExtInteractionID) {
			return answer
		}
		time.Sleep(time.Second)
		b.receiver.mu.Lock()
		defer b.receiver.mu.Unlock()
		data.rows = append(data.rows, agentconnect.Interaction{
			ExtInteractionID: r.ExtInteractionID, Intent: r.CustomProperties["acsync_intent"], CreatedAt: time.Now(),
		})
		return taken()
	}
	return b
}

// anHourLater lets time go on, and one more conversation be marked done.
func (b *bench) anHourLater() { b.goOn(time.Hour) }

// goOn lets time go on, and one more conversation be marked done.
func (b *bench) goOn(by time.Duration) {
	time.Sleep(by)
	b.now = b.now.Add(by)
	c := plain().Conversation
	c.ID, c.CustomerID = fmt.Sprintf("6716500fa1b2c3d4e5aa%04x", len(b.conversations)), b.conversations[0].CustomerID
	done := *c.LastDone
	done.At = b.now.Add(-4 * time.Minute)
	c.LastDone = &done
	b.conversations = append(b.conversations, c)
}

// TestStubbornRequest lets one request always get an answer that does not settle it: somebody new is asked in
// every pass, no pass ends early, and it is given up after a few attempts, visibly.
func TestStubbornRequest(t *testing.T) {
	for name, answer := range map[string]agentconnect.Answer{
		"forbidden":              {Status: 403, Written: true, Own: true, Message: "Forbidden"},
		"unauthorized":           {Status: 401, Written: true},
		"a firewall's page":      {Status: 403, Written: true, Message: "Request blocked"},
		"a gateway's 400":        {Status: 400, Written: true, Message: "Bad Request"},
		"a balancer's 404":       {Status: 404, Written: true},
		"a server's failure":     {Status: 500, Written: true},
		"a proxy that gave up":   {Status: 408, Written: true},
		"an answer of no sense":  {Status: 200, Written: true, Looks: "an empty body"},
		"a reset":                {Written: true, Err: errTrouble},
		"already there, but not": {Status: 409, Written: true, Own: true, Message: "Duplicate"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := stubborn(t, 12, answer, 6)
				for pass := range 10 {
					result := b.mustRun(t)
					if result.Fuse+result.Down != "" || result.Refused {
						t.Errorf("pass %d stopped: %+v", pass, result)
					}
					if pass > 0 && result.Counts[store.Accepted] != 1 {
						t.Errorf("pass %d accepted %d", pass, result.Counts[store.Accepted])
					}
					b.anHourLater()
				}
				got, tries := b.state(t, 6), b.times()[b.conversations[6].ID]
				if got.State != store.Rejected || decide.Reason(got.Reason) != decide.GaveUp || got.Status != answer.Status {
					t.Errorf("the ledger has %+v", got)
				}
				if tries < 3 || tries > decide.MostAttempts {
					t.Errorf("it was tried %d times", tries)
				}
			})
		})
	}
}

// TestManyStubbornRequests lets more requests fail than a fuse bears: each pass asks somebody new, and in the
// end nothing blows.
func TestManyStubbornRequests(t *testing.T) {
	for name, answer := range map[string]agentconnect.Answer{
		"failures":  {Status: 500, Written: true},
		"gateway":   {Status: 400, Written: true, Message: "Bad Request"},
		"forbidden": {Status: 403, Written: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				those := []int{1, 3, 5, 7, 9, 11}
				b := stubborn(t, 12, answer, those...)
				var last Result
				stops := 0
				for pass := range 16 {
					last = b.mustRun(t)
					if last.Fuse+last.Down != "" {
						stops++
					}
					if pass > 0 && last.Counts[store.Accepted] != 1 {
						t.Errorf("pass %d accepted %d: %+v", pass, last.Counts[store.Accepted], last)
					}
					b.anHourLater()
				}
				// Twice in a row the same are in doubt before they are known for it.
				if stops > 1 || last.Fuse+last.Down != "" {
					t.Errorf("%d passes stopped, the last: %+v", stops, last)
				}
				for _, i := range those {
					if got := b.state(t, i); got.State != store.Rejected || got.Attempts > decide.MostAttempts {
						t.Errorf("the ledger has %+v", got)
					}
				}
			})
		})
	}
}

// TestRefusedKey ends a pass at the second request that is refused the key, when no other was answered: it is
// the key's fault then, and the one that waits is not to blame.
func TestRefusedKey(t *testing.T) {
	for _, status := range []int{401, 403} {
		b := newBench(t, 20)
		b.engine.Options.Concurrency = 1
		b.answer = func(agentconnect.Request) agentconnect.Answer {
			return agentconnect.Answer{Status: status, Written: true}
		}
		result, err := b.run(t)
		if !result.Refused || len(b.got) != 2 || result.Reasons[store.Retry][decide.Credentials] != 2 {
			t.Errorf("%d: %d requests, %v, %+v", status, len(b.got), err, result)
		}
		b.answer = nil
		due(t, b)
		if rest := b.mustRun(t); rest.Counts[store.Accepted] != 20 {
			t.Errorf("%d: with a good key %+v", status, rest)
		}
	}
}

// TestNoSuchAddress ends a pass at once when what answers has no place for survey requests, and loses nothing.
func TestNoSuchAddress(t *testing.T) {
	for name, answer := range map[string]agentconnect.Answer{
		"a page":        {Status: 404, Written: true},
		"its own JSON":  {Status: 404, Written: true, Own: true, Message: "Cannot POST /v1/requests"},
		"a gateway's":   {Status: 404, Written: true, Message: "no Route matched with those values"},
		"of some other": {Status: 404, Written: true, Own: true, Message: "Unknown path"},
	} {
		b := newBench(t, 20)
		b.engine.Options.Concurrency = 1
		b.answer = func(agentconnect.Request) agentconnect.Answer { return answer }
		result, err := b.run(t)
		if err != deliver.ErrNoSuchAddress || len(b.got) != 1 || result.Counts[store.Rejected] != 0 {
			t.Errorf("%s: %d requests, %v, %+v", name, len(b.got), err, result)
		}
		// A pass after it says the same: nothing is known of Agent Connect.
		if again, err := b.run(t); err != deliver.ErrNoSuchAddress || again.Outage != nil || len(b.got) != 2 {
			t.Errorf("%s: the pass after it: %v, %+v", name, err, again)
		}
		b.answer = nil
		due(t, b)
		if rest := b.mustRun(t); rest.Counts[store.Accepted] != 20 {
			t.Errorf("%s: at the right address %+v", name, rest)
		}
	}
}

// TestTriedBeforeAndDown lets Agent Connect stop taking requests in the middle of a pass, when all that are left
// were tried often, because it was busy for hours: that they fail again is no fault of theirs, and few are risked.
func TestTriedBeforeAndDown(t *testing.T) {
	for name, down := range map[string]agentconnect.Answer{
		"a server's failure": {Status: 503, Written: true},
		"a gateway's page":   {Status: 400, Written: true, Message: "Bad Request"},
		"a revoked key":      {Status: 401, Written: true, Own: true, Message: "Unauthorized"},
		"a reset":            {Written: true, Err: errTrouble},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := stubborn(t, 50, agentconnect.Answer{})
				up, before := b.answer, map[string]bool{}
				b.answer = func(r agentconnect.Request) agentconnect.Answer {
					before[r.ExtInteractionID] = true
					time.Sleep(time.Second)
					return agentconnect.Answer{Status: 429, Written: true}
				}
				for range 12 {
					b.mustRun(t)
					b.goOn(2 * time.Hour)
				}
				risked := 0
				b.answer = func(r agentconnect.Request) agentconnect.Answer {
					if !before[r.ExtInteractionID] {
						return up(r)
					}
					risked++
					return down
				}
				result, _ := b.run(t)
				if stopped := result.Fuse+result.Down != "" || result.Refused; !stopped || risked > 20 {
					t.Errorf("%d requests were risked: %+v", risked, result)
				}
				if n := result.Reasons[store.Rejected][decide.GaveUp]; n > 10 {
					t.Errorf("%d were given up", n)
				}
			})
		})
	}
}

// TestStubbornAlone lets some requests get an answer that does not settle them, while nobody new is marked done for
// hours: that says nothing of the key, the address or the service, and whoever is new then is asked at once.
func TestStubbornAlone(t *testing.T) {
	for name, answer := range map[string]agentconnect.Answer{
		"forbidden":          {Status: 403, Written: true, Own: true, Message: "Forbidden"},
		"unauthorized":       {Status: 401, Written: true},
		"a gateway's 400":    {Status: 400, Written: true, Message: "Bad Request"},
		"a balancer's 404":   {Status: 404, Written: true},
		"a server's failure": {Status: 500, Written: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := stubborn(t, 12, answer, 3, 6, 8, 9)
				b.mustRun(t)
				for pass := range 18 {
					time.Sleep(5 * time.Minute)
					b.now = b.now.Add(5 * time.Minute)
					if result, err := b.run(t); err != nil || result.Outage != nil {
						t.Errorf("pass %d: %v, %+v", pass, err, result)
					}
				}
				b.goOn(5 * time.Minute)
				if result := b.mustRun(t); result.Counts[store.Accepted] != 1 {
					t.Errorf("whoever is new: %+v", result)
				}
			})
		})
	}
}

// TestFirstAnswersOfAPass lets the first requests of a pass be turned away, after earlier passes had their answers: few
// of them are a matter of these requests, and everybody else is asked; when all are, the pass ends soon, and nothing is
// lost.
func TestFirstAnswersOfAPass(t *testing.T) {
	for name, test := range map[string]struct {
		answer agentconnect.Answer
		few    int
		err    error
	}{
		"forbidden":        {agentconnect.Answer{Status: 403, Written: true, Own: true, Message: "Forbidden"}, 4, deliver.ErrRefused},
		"a firewall":       {agentconnect.Answer{Status: 403, Written: true}, 3, deliver.ErrRefused},
		"unauthorized":     {agentconnect.Answer{Status: 401, Written: true}, 2, deliver.ErrRefused},
		"a balancer's 404": {agentconnect.Answer{Status: 404, Written: true}, 4, deliver.ErrNoSuchAddress},
		"a gateway's 404":  {agentconnect.Answer{Status: 404, Written: true, Message: "no Route matched"}, 2, deliver.ErrNoSuchAddress},
		"a path's 404":     {agentconnect.Answer{Status: 404, Written: true, Own: true, Message: "Cannot POST /v1/requests"}, 1, deliver.ErrNoSuchAddress},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, 30)
			b.engine.Options.Concurrency, b.engine.Options.Limits.Max = 1, 3
			b.mustRun(t)
			b.engine.Options.Limits.Max, b.got = 0, nil
			b.answer = func(agentconnect.Request) agentconnect.Answer {
				if len(b.got) > test.few {
					return taken()
				}
				return test.answer
			}
			result := b.mustRun(t)
			if result.Counts[store.Accepted] != 27-test.few || result.Counts[store.Retry] != test.few || result.Fuse+result.Down != "" {
				t.Errorf("%d turned away at first: %+v", test.few, result)
			}

			b = newBench(t, 30)
			b.engine.Options.Concurrency, b.engine.Options.Limits.Max = 1, 3
			b.mustRun(t)
			b.engine.Options.Limits.Max, b.got = 0, nil
			b.answer = func(agentconnect.Request) agentconnect.Answer { return test.answer }
			if result, err := b.run(t); err != test.err || len(b.got) != 5 || result.Counts[store.Rejected] > 0 {
				t.Errorf("all turned away: %d requests, %v, %+v", len(b.got), err, result)
			}
			b.answer = nil
			due(t, b)
			if rest := b.mustRun(t); rest.Counts[store.Accepted] != 27 {
				t.Errorf("answered again: %+v", rest)
			}
		})
	}
}
