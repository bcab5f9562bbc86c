package main

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"

	"acsync/sync/measure"
)

// slice is a small comparison: enough conversations that each world shows what it is about.
func slice() settings { return settings{amount: 240, seed: 1, perMinute: 30_000} }

// trial are a world in which nothing goes wrong, and one in which everything does.
var trial = []world{
	{name: "calm", rounds: 2},
	{name: "everything", lost: true, errors: true, late: true, again: true, kills: 1, rounds: 2},
}

// TestCompare holds that acsync loses nobody and asks nobody twice, whatever happens, and that the others are
// counted as they are: each does well what it is made for, and fails where it has to.
func TestCompare(t *testing.T) {
	if testing.Short() {
		t.Skip("it runs the programs as they are built")
	}
	s := slice()
	programs, err := s.build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range trial {
		for _, p := range programs {
			t.Run(w.name+"/"+p.name, func(t *testing.T) {
				t.Parallel()
				r, err := play(t.Context(), s, w, p, t.TempDir())
				if err != nil {
					t.Fatal(err)
				}
				r.want(t)
			})
		}
	}
}

// want holds what must be of a program in a world.
func (r result) want(t *testing.T) {
	t.Helper()
	v := r.Verdict
	if v.Due < 150 || r.CPUSeconds <= 0 || r.Calls.Requests < v.Accepted {
		t.Errorf("%+v: this shows little", r)
	}
	if got := v.Accepted + v.Refused + v.Lost; got != v.Due {
		t.Errorf("%d accepted, refused or lost of %d that were due", got, v.Due)
	}
	each := r.callsEach()
	switch r.Program {
	case "acsync":
		if v.Lost > 0 || v.Doubled > 0 || v.Unwanted > 0 {
			t.Errorf("acsync lost, doubled, or asked who was not to be: %+v", v)
		}
		if each > 0.5 {
			t.Errorf("acsync makes %.2f calls a conversation", each)
		}
	case "careful":
		if r.World == "calm" && (v.Lost > 0 || v.Doubled > 0 || v.Unwanted > 0) {
			t.Errorf("the careful program is to do its work where nothing goes wrong: %+v", v)
		}
		if r.World == "everything" && v.Doubled == 0 {
			t.Error("the careful program sends again what has no answer, and is not counted")
		}
		if each < 0.5 || each > 2 {
			t.Errorf("the careful program makes %.2f calls a conversation", each)
		}
	case "workflow":
		if r.World == "calm" && v.Doubled > 0 {
			t.Errorf("the workflow tries nothing again, and doubled %d", v.Doubled)
		}
		if r.World == "everything" && v.Doubled == 0 {
			t.Error("the workflow asks again about what is marked done again, and is not counted")
		}
		if r.World == "everything" && v.Lost < 5 {
			t.Errorf("the workflow tries nothing again, and lost only %d", v.Lost)
		}
		if each < 3 || each > 4 {
			t.Errorf("the workflow makes %.2f calls a conversation", each)
		}
	}
}

// TestTable holds that what is printed has a row for each, under its world, and the sentences.
func TestTable(t *testing.T) {
	all := []result{
		{World: "calm", what: "nothing", Program: "workflow", Calls: measure.Calls{Kustomer: 4000}},
		{World: "calm", what: "nothing", Program: "acsync", Calls: measure.Calls{Kustomer: 20, Searches: 5}},
		{World: "everything", what: "much", Program: "workflow", Verdict: measure.Verdict{Due: 900, Lost: 1234, Unwanted: 7}},
		{World: "everything", what: "much", Program: "acsync", Verdict: measure.Verdict{Due: 900, Doubled: 1}},
	}
	for i := range all {
		all[i].Conversations = 1000
	}
	var out bytes.Buffer
	if err := show(&out, slice(), all); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	for _, want := range []string{
		"\ncalm: nothing\n  workflow ", "\neverything: much\n  workflow ", "4,000           4.000", "1,234              7\n",
		"workflow asked about 0 twice and never about 1,234", "acsync asked about 1 twice and never about 0",
		"workflow 400 min", "acsync 5 min",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in\n%s", want, text)
		}
	}
}

// TestFlags refuses what is not known before anything is built.
func TestFlags(t *testing.T) {
	for _, arguments := range [][]string{
		{"-worlds", "calm,nowhere"},
		{"-conversations", "1"},
		{"-per-minute", "0"},
		{"now"},
		{"-worlds", "calm", "-acsync", "/nowhere"},
		{"-before", "main.go"},
		{"-nothing"},
	} {
		var out, errs bytes.Buffer
		if err := run(context.Background(), arguments, &out, &errs); err == nil || out.Len() > 0 {
			t.Errorf("%q: printed %q, and %v", arguments, out.String(), err)
		}
	}
}

// TestJSON holds that the results can be read by programs.
func TestJSON(t *testing.T) {
	text, err := json.Marshal(result{World: "calm", Program: "acsync", Verdict: measure.Verdict{Doubled: 1}})
	for _, want := range []string{`"world":"calm"`, `"doubled":1`} {
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("there is no %s in %s: %v", want, text, err)
		}
	}
}
