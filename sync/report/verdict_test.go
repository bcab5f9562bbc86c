package report

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// TestPeriodOfARange tells how far a range was read, which the checkpoint says nothing of, and calls nothing recorded that was not.
func TestPeriodOfARange(t *testing.T) {
	p := backfilled()
	p.Backfill.Position = p.From.Add(time.Hour)
	p.Checkpoint = p.To.Add(24 * time.Hour)
	read := p.Backfill.Position.UTC().Format("2006-01-02 15:04:05")
	if got := periodOf(New(p, Detail{})); !strings.HasSuffix(got, "Read and recorded up to "+read+".") {
		t.Errorf("got %q, want %s", got, read)
	}
	p.DryRun = true
	if got := periodOf(New(p, Detail{})); !strings.HasSuffix(got, " Read up to "+read+".") {
		t.Errorf("of a dry run: %q, want %s", got, read)
	}
}

// TestPlanThatWasStopped says nothing of what a plan holds that there is not.
func TestPlanThatWasStopped(t *testing.T) {
	p := dry()
	p.Mode = "plan"
	for limit, want := range map[string]string{"max": "Stopped at --max: the plan holds no more.", "max-duration": "", "": ""} {
		p.Limit = limit
		if got := limited(p); got != want {
			t.Errorf("%q: got %q, want %q", limit, got, want)
		}
	}
}

// TestQuestionsEndOnce puts what services and checks have said into sentences: a question has its end already.
func TestQuestionsEndOnce(t *testing.T) {
	const asked = "what answers has no data of Agent Connect: is agent_connect.base_url right?"
	p := backfilled()
	p.Down = asked
	for _, v := range []Verdict{verdictOf(p, Tally{}, nil, nil), verdictOf(p, Tally{}, nil, errors.New(asked))} {
		if text := v.Detail + " " + strings.Join(v.Todo, " "); !strings.Contains(text, "right?") || strings.Contains(text, "?.") {
			t.Errorf("it says %q", text)
		}
	}
}
