package sandbox

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// ask sends so many requests about conversations and customers of their own.
func (s *Sandbox) ask(t *testing.T, n int) {
	t.Helper()
	for i := range n {
		r := s.askConnect(t, "POST", "/v1/requests", survey(t, object{
			"ext_interaction_id": fmt.Sprintf("c%d", i), "customer": object{"email": fmt.Sprintf("c%d@example.com", i)},
		}))
		if r.status != 200 {
			t.Fatal(r.text)
		}
	}
}

// People answer after the mail has come, or do not; some mails come late or back, and some customers want none. A second sandbox
// has the same people.
func TestPeopleAnswer(t *testing.T) {
	var fates [2]map[string]Interaction
	for run := range fates {
		s, c := fixed(t, Options{Empty: true, Seed: 5})
		s.ask(t, 600)
		c.Time = noon.Add(10 * 24 * time.Hour)
		fates[run] = map[string]Interaction{}
		count := map[string]int{}
		for _, i := range s.Interactions() {
			i.UUID = ""
			fates[run][i.ExtInteractionID] = i
			count[i.Shown]++
			switch {
			case i.DeliveredAt.IsZero() != (i.Shown != "Delivered"), i.DeliveredAt.IsZero() && !i.AnsweredAt.IsZero():
				t.Errorf("%s: delivered %s, answered %s", i.Shown, i.DeliveredAt, i.AnsweredAt)
			case !i.AnsweredAt.IsZero() && !i.AnsweredAt.After(i.DeliveredAt):
				t.Error("it was answered before it came")
			}
			if i.DeliveredAt.Sub(i.At) > time.Hour {
				count["late"]++
			}
			if !i.AnsweredAt.IsZero() {
				count["answered"]++
			}
			if i.AnsweredAt.Sub(i.At) > 24*time.Hour {
				count["answered late"]++
			}
		}
		for what, bounds := range map[string][2]int{
			"Delivered": {540, 595}, "Hard bounce": {3, 35}, "Not sent: consumer unsubscribed": {3, 35}, "late": {5, 50},
			"answered": {90, 220}, "answered late": {5, 60},
		} {
			if n := count[what]; n < bounds[0] || n > bounds[1] {
				t.Errorf("%d are %q, want %d to %d", n, what, bounds[0], bounds[1])
			}
		}
		rows, answered := s.rows(t, ""), 0
		for _, row := range rows {
			truth := fates[run][at(row, "ext_interaction_id").(string)]
			if diff := cmp.Diff(stamp(truth.AnsweredAt), at(row, "response_received_at")); diff != "" {
				t.Errorf("answered: %s", diff)
			}
			if at(row, "response_received_at") != nil {
				answered++
			}
		}
		if len(rows) != 600 || answered != count["answered"] {
			t.Errorf("%d rows, of which %d are answered; want 600 and %d", len(rows), answered, count["answered"])
		}
	}
	if diff := cmp.Diff(fates[0], fates[1]); diff != "" {
		t.Errorf("the same people end differently:\n%s", diff)
	}
}

// What has not happened yet does not show, and what has gives the row a new sequence id.
func TestAnswersShowWhenTheyCome(t *testing.T) {
	s, c := fixed(t, Options{Empty: true, Seed: 5, Restamp: true})
	s.ask(t, 50)
	c.Time = noon.Add(10 * 24 * time.Hour)
	var last Interaction
	for _, i := range s.Interactions() {
		if i.AnsweredAt.After(last.AnsweredAt) {
			last = i
		}
	}
	shown := func(at time.Time) (answered bool, sequence float64) {
		c.Time = at
		for _, row := range s.rows(t, "") {
			row := row.(map[string]any)
			if row["uuid"] == last.UUID {
				return row["response_received_at"] != nil, row["sequence_id"].(float64)
			}
		}
		t.Fatal("the row is not there")
		return false, 0
	}
	before, was := shown(last.AnsweredAt.Add(-time.Second))
	after, is := shown(last.AnsweredAt)
	if before || !after || is <= was {
		t.Errorf("answered before: %v, after: %v; sequence ids %.0f and %.0f", before, after, was, is)
	}
}

// A test can let others have asked, requests have come twice, and some be lost; the truth tells all of them.
func TestRequestsOfOthersDoubledAndLost(t *testing.T) {
	s, _ := fixed(t, Options{Seed: 4})
	all := s.Conversations(noon.Add(-2*time.Hour), noon.Add(-time.Hour))
	earlier := len(s.rows(t, ""))
	others, doubled, lost := all[0].ID, "c0", "c1"
	s.ask(t, 3)
	s.AskByOthers(noon.Add(-time.Hour), others, "5f7c3a1e9b2d4c0012ab34cd")
	s.Double(doubled)
	s.Lose(lost, "later")
	s.askConnect(t, "POST", "/v1/requests", survey(t, object{"ext_interaction_id": "later"}))
	count := map[any]int{}
	for _, row := range s.rows(t, "") {
		count[at(row, "ext_interaction_id")]++
	}
	got := []int{len(s.rows(t, "")) - earlier, count[others], count["c0"], count["c1"], count["c2"], count["later"]}
	if diff := cmp.Diff([]int{4, 1, 2, 0, 1, 0}, got); diff != "" {
		t.Errorf("rows, and of others, doubled, lost, plain, lost later: %s", diff)
	}
	truth := map[string]int{}
	for _, i := range s.Interactions() {
		truth[fmt.Sprint(i.ExtInteractionID, " ", i.Lost)]++
	}
	for what, want := range map[string]int{others + " false": 1, "c0 false": 2, "c1 true": 1, "later true": 1} {
		if truth[what] != want {
			t.Errorf("%d are %s, want %d", truth[what], what, want)
		}
	}
}

func TestAShareIsLost(t *testing.T) {
	s, _ := fixed(t, Options{Empty: true, Faults: Faults{Lost: 0.2}})
	s.ask(t, 200)
	lost := 0
	for _, i := range s.Interactions() {
		if i.Lost {
			lost++
		}
	}
	if rows := len(s.rows(t, "")); lost < 15 || lost > 70 || rows != 200-lost {
		t.Errorf("%d of 200 are lost, and %d shown", lost, rows)
	}
}

// TestRemind: a later process of the same stand-ins knows what an earlier one has taken, and nothing else; the same became of it.
func TestRemind(t *testing.T) {
	var told [2][]Interaction
	for run := range told {
		s, c := fixed(t, Options{Seed: 5})
		var taken []Taken
		for n, each := range s.Conversations(noon.Add(-3*time.Hour), noon) {
			if each.Expect == Send {
				taken = append(taken, Taken{ID: each.ID, At: each.Resolved.Add(time.Minute), Stamp: fmt.Sprintf("0123456789abcdef-%x", n+1)})
			}
		}
		s.Remind(append(taken, Taken{ID: "none", At: noon}))
		c.Time = noon.Add(time.Hour)
		told[run] = s.Interactions()
		if len(told[run]) != len(taken) {
			t.Fatalf("it knows of %d requests, want %d", len(told[run]), len(taken))
		}
		for i, each := range told[run] {
			told[run][i].UUID = ""
			if each.CustomProperties["acsync_intent"] != taken[i].Stamp || each.ExtInteractionID != taken[i].ID {
				t.Errorf("it knows %+v, want %+v", each, taken[i])
			}
		}
	}
	if diff := cmp.Diff(told[0], told[1]); diff != "" {
		t.Errorf("the first -, the second +:\n%s", diff)
	}
}
