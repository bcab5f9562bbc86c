package sync

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/dryrun"
)

// TestOutage lets Agent Connect be down for hours, in several ways, while a pass is made every five minutes and
// new conversations come in: after the first pass one request is risked at a time, less and less often. When it
// is up again all are asked, and nobody twice.
func TestOutage(t *testing.T) {
	for name, down := range map[string]agentconnect.Answer{
		"503":                {Status: 503, Written: true},
		"resets":             {Written: true, Err: errTrouble},
		"no connection":      {Err: errors.New("connection refused")},
		"a portal's 400":     {Status: 400, Written: true, Message: "Request blocked"},
		"answers to nothing": {Status: 500, Written: true, Stray: true, Err: errTrouble},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := stubborn(t, 40, agentconnect.Answer{})
				b.engine.Options.Concurrency = 8
				up := b.answer
				b.answer = func(agentconnect.Request) agentconnect.Answer { return down }
				b.mustRun(t)
				risked := len(b.times())
				if risked > failuresAtOnce(8) {
					t.Errorf("the first pass risked %d", risked)
				}
				// Each pass of two hours finds something new.
				for range 24 {
					b.goOn(5 * time.Minute)
					b.mustRun(t)
				}
				knocks := len(b.times()) - risked
				if knocks < 4 || knocks > 8 {
					t.Errorf("in two hours %d were risked", knocks)
				}
				runs, err := b.ledger.Runs(1)
				if err != nil || runs[0].Outage == nil || runs[0].Outage.Next.Sub(runs[0].Ended) > time.Hour {
					t.Fatalf("the ledger has %+v, %v", runs, err)
				}
				b.answer = up
				for range 12 {
					b.anHourLater()
					b.mustRun(t)
				}
				if last := b.mustRun(t); last.Outage != nil || last.Down != "" {
					t.Errorf("up again, but %+v", last)
				}
				accepted := 0
				for i := range b.conversations {
					if b.state(t, i).State == store.Accepted {
						accepted++
					}
				}
				if accepted != len(b.conversations) {
					t.Errorf("%d of %d are accepted in the end", accepted, len(b.conversations))
				}
			})
		})
	}
}

// failuresAtOnce is how many requests a fuse lets go at most before it blows.
func failuresAtOnce(concurrency int) int { return 5 + concurrency }

// TestKnockByHand sends at once, though the pause is not over, and goes on when it is answered.
func TestKnockByHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 20)
		b.answer = func(agentconnect.Request) agentconnect.Answer {
			return agentconnect.Answer{Err: errors.New("connection refused")}
		}
		for range 3 {
			time.Sleep(time.Minute)
			b.mustRun(t)
		}
		b.answer = nil
		before := len(b.got)
		if waits := b.mustRun(t); len(b.got) != before || !strings.Contains(waits.Down, "--knock") {
			t.Errorf("within the pause %d were sent: %+v", len(b.got)-before, waits)
		}
		b.engine.Options.Knock = true
		due(t, b)
		if knocked := b.mustRun(t); knocked.Counts[store.Accepted] != 20 || knocked.Outage != nil {
			t.Errorf("by hand %+v", knocked)
		}
	})
}

// TestOutageIsNotForgotten keeps an outage over passes that tell nothing of Agent Connect.
func TestOutageIsNotForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 20)
		b.answer = func(agentconnect.Request) agentconnect.Answer { return agentconnect.Answer{Status: 503, Written: true} }
		since := b.mustRun(t).Outage.Since
		b.desk.fail = func(string) error { return errTrouble }
		if _, err := b.run(t); err == nil {
			t.Fatal("no pass without Kustomer")
		}
		b.desk.fail = nil
		b.answer = func(agentconnect.Request) agentconnect.Answer { return agentconnect.Answer{Status: 429, Written: true} }
		b.engine.Options.Limits.Max = 1
		if got := b.mustRun(t).Outage; got == nil || !got.Since.Equal(since) {
			t.Errorf("a busy Agent Connect ends the outage: %+v", got)
		}
	})
}

// TestOutageOfTheDataAlone goes on with requests though Agent Connect's data cannot be read any more, and sooner
// by hand.
func TestOutageOfTheDataAlone(t *testing.T) {
	for _, byHand := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, 20)
			b.engine.Receiver, b.engine.Options.Stamp = &shown{err: errTrouble}, false
			b.answer = func(agentconnect.Request) agentconnect.Answer {
				return agentconnect.Answer{Status: 503, Written: true}
			}
			b.mustRun(t)
			b.answer = nil
			b.engine.Options.Knock = byHand
			passes := 0
			for result := (Result{Outage: &store.Outage{}}); result.Outage != nil && passes < 100; passes++ {
				b.goOn(5 * time.Minute)
				result = b.mustRun(t)
			}
			if byHand && passes != 1 || passes > 20 {
				t.Errorf("by hand %v: it took %d passes", byHand, passes)
			}
		})
	}
}

// TestDuplicatesAreNoOutage lets Agent Connect say of all requests that it has them: it is up, and each is looked up.
func TestDuplicatesAreNoOutage(t *testing.T) {
	b := newBench(t, 20)
	b.answer = func(agentconnect.Request) agentconnect.Answer {
		return agentconnect.Answer{Status: 409, Written: true, Own: true, Message: "Duplicate"}
	}
	if result := b.mustRun(t); result.Fuse+result.Down != "" || result.Outage != nil || result.Reasons[store.InDoubt][decide.TakenBefore] != 20 {
		t.Errorf("%+v", result)
	}
}

// TestDryRunTellsOfAnOutage says what a dry run cannot show: that the pass after it begins with one request.
func TestDryRunTellsOfAnOutage(t *testing.T) {
	b := newBench(t, 20)
	b.answer = func(agentconnect.Request) agentconnect.Answer { return agentconnect.Answer{Status: 503, Written: true} }
	b.mustRun(t)
	b.engine.Ledger, b.engine.Sender = &dryrun.Ledger{ReadLedger: b.ledger}, dryrun.Sender{}
	b.engine.Options.DryRun = true
	if dry := b.mustRun(t); !strings.Contains(strings.Join(dry.Notices, "\n"), "begins with one request") || dry.Planned == 0 {
		t.Errorf("%+v", dry)
	}
}
