package report

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/report/doc"
)

// well is a ledger of which all is well: a pass every quarter of an hour, the last one ten minutes ago.
func well() Status {
	return Status{
		Witness: Watching, Backups: Backups{Dir: "/mnt/backup", Newest: at.Add(-23 * time.Hour), Count: 7},
		Place: store.Placement{Bound: true, Witness: "/state/l.witness"},
		Info:  store.Info{Checkpoint: at.Add(-13 * time.Minute), Counts: map[store.State]int{store.Accepted: 5210}},
		Now:   at, Last: &store.Run{Mode: "run", Ended: at.Add(-10 * time.Minute)}, Ending: endingOf(0),
		Recent: Recent{Usual: 15 * time.Minute, Accepted: 1000},
		Settle: 3 * time.Minute, Overlap: 30 * time.Minute, MaxAge: 72 * time.Hour, MaxErrorRate: 0.25,
	}
}

// late has seen conversations late, at most by so much.
func late(most time.Duration) store.Lateness { return store.Lateness{Count: 1, Greatest: most} }

// TestLights holds what turns each signal, and that nothing else does.
func TestLights(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*Status)
		signal string
		want   string
	}{
		"all well":                             {func(*Status) {}, "checkpoint", SignalOK},
		"witness: the data are read":           {func(*Status) {}, "witness", SignalOK},
		"witness: the sandbox":                 {func(s *Status) { s.Witness = NotNeeded }, "witness", SignalOK},
		"witness: no secret":                   {func(s *Status) { s.Witness = NoSecret }, "witness", SignalLook},
		"witness: no stamps":                   {func(s *Status) { s.Witness = NoStamps }, "witness", SignalLook},
		"backup: of yesterday":                 {func(s *Status) { s.Backups.Newest = at.Add(-47 * time.Hour) }, "backup", SignalOK},
		"backup: more than two days old":       {func(s *Status) { s.Backups.Newest = at.Add(-49 * time.Hour) }, "backup", SignalLook},
		"backup: more than a week old":         {func(s *Status) { s.Backups.Newest = at.Add(-169 * time.Hour) }, "backup", SignalAct},
		"backup: no pass since":                {func(s *Status) { s.Backups.Newest = at.Add(-999 * time.Hour); s.Last.Ended = at.Add(-998 * time.Hour) }, "backup", SignalOK},
		"backup: none although a pass ended":   {func(s *Status) { s.Backups.Newest = time.Time{} }, "backup", SignalLook},
		"backup: not wanted":                   {func(s *Status) { s.Backups = Backups{} }, "backup", SignalLook},
		"backup: not mounted":                  {func(s *Status) { s.Backups.Failed = os.ErrNotExist }, "backup", SignalAct},
		"backup: in the ledger's folder":       {func(s *Status) { s.Backups.InFolder, s.Backups.SameDisk = true, true }, "backup", SignalLook},
		"backup: there, and old":               {func(s *Status) { s.Backups.InFolder, s.Backups.Newest = true, at.Add(-169*time.Hour) }, "backup", SignalAct},
		"backup: on the ledger's disk":         {func(s *Status) { s.Backups.SameDisk = true }, "backup", SignalOK},
		"backup: the sandbox":                  {func(s *Status) { s.Backups = Backups{Without: true} }, "backup", SignalOK},
		"place: the sandbox":                   {func(s *Status) { s.Place, s.Witness = store.Placement{}, NotNeeded }, "place", SignalOK},
		"place: none, but Agent Connect's":     {func(s *Status) { s.Place.Lacking = "no home" }, "place", SignalOK},
		"place: moved":                         {func(s *Status) { s.Place.Refused, s.Place.Todo = "moved", "say so" }, "place", SignalAct},
		"checkpoint: three pauses old":         {func(s *Status) { s.Checkpoint = at.Add(-48 * time.Minute) }, "checkpoint", SignalOK},
		"checkpoint: more than three":          {func(s *Status) { s.Checkpoint = at.Add(-49 * time.Minute) }, "checkpoint", SignalLook},
		"checkpoint: twelve pauses old":        {func(s *Status) { s.Checkpoint = at.Add(-183 * time.Minute) }, "checkpoint", SignalLook},
		"checkpoint: more than twelve":         {func(s *Status) { s.Checkpoint = at.Add(-184 * time.Minute) }, "checkpoint", SignalAct},
		"checkpoint: passes seconds apart":     {func(s *Status) { s.Recent.Usual = time.Second }, "checkpoint", SignalOK},
		"checkpoint: nobody knows how often":   {func(s *Status) { s.Recent.Usual, s.Checkpoint = 0, at.Add(-24*time.Hour) }, "checkpoint", SignalOK},
		"checkpoint: nobody knows, older":      {func(s *Status) { s.Recent.Usual, s.Checkpoint = 0, at.Add(-25*time.Hour) }, "checkpoint", SignalLook},
		"checkpoint: half of max_age":          {func(s *Status) { s.Recent.Usual, s.Checkpoint = 24*time.Hour, at.Add(-37*time.Hour) }, "checkpoint", SignalLook},
		"checkpoint: older than max_age":       {func(s *Status) { s.Recent.Usual, s.Checkpoint = 48*time.Hour, at.Add(-73*time.Hour) }, "checkpoint", SignalAct},
		"checkpoint: without max_age":          {func(s *Status) { s.Recent.Usual, s.Checkpoint, s.MaxAge = 48*time.Hour, at.Add(-73*time.Hour), 0 }, "checkpoint", SignalOK},
		"checkpoint: in the future":            {func(s *Status) { s.Checkpoint = at.Add(27 * time.Minute) }, "checkpoint", SignalLook},
		"checkpoint: beyond the overlap":       {func(s *Status) { s.Checkpoint = at.Add(28 * time.Minute) }, "checkpoint", SignalAct},
		"last pass: none":                      {func(s *Status) { s.Last = nil }, "last pass", SignalLook},
		"last pass: rejections":                {func(s *Status) { s.Ending = endingOf(3) }, "last pass", SignalLook},
		"last pass: a fuse":                    {func(s *Status) { s.Ending = endingOf(13) }, "last pass", SignalAct},
		"last pass: killed":                    {func(s *Status) { s.Killed = &store.Holder{PID: 4711, At: at} }, "last pass", SignalLook},
		"in doubt: Agent Connect is asked":     {func(s *Status) { s.Asks, s.Counts[store.InDoubt] = true, 1 }, "in doubt", SignalLook},
		"in doubt: nobody can be asked":        {func(s *Status) { s.Counts[store.InDoubt] = 1 }, "in doubt", SignalAct},
		"in doubt: asked for more than a day":  {func(s *Status) { doubtFor(s, 25*time.Hour) }, "in doubt", SignalAct},
		"in doubt: asked for less":             {func(s *Status) { doubtFor(s, 23*time.Hour) }, "in doubt", SignalLook},
		"in doubt: an intent was left open":    {func(s *Status) { s.Counts[store.Sending] = 1 }, "in doubt", SignalAct},
		"retries: some":                        {func(s *Status) { s.Counts[store.Retry], s.FirstTried = 2, at.Add(-24*time.Hour) }, "retries", SignalLook},
		"retries: for more than a day":         {func(s *Status) { s.Counts[store.Retry], s.FirstTried = 2, at.Add(-25*time.Hour) }, "retries", SignalAct},
		"rejections: some":                     {func(s *Status) { s.Recent.Rejected = 1 }, "rejections", SignalLook},
		"rejections: as many as may be":        {func(s *Status) { s.Recent = Recent{Usual: 15 * time.Minute, Accepted: 30, Rejected: 10} }, "rejections", SignalLook},
		"rejections: more":                     {func(s *Status) { s.Recent = Recent{Usual: 15 * time.Minute, Accepted: 29, Rejected: 11} }, "rejections", SignalAct},
		"rejections: too few answers to tell":  {func(s *Status) { s.Recent = Recent{Usual: 15 * time.Minute, Accepted: 0, Rejected: 39} }, "rejections", SignalLook},
		"rejections: given up":                 {func(s *Status) { s.Recent.GaveUp = 400 }, "rejections", SignalLook},
		"rejections: a failing expression":     {func(s *Status) { s.Recent.Broken = 400 }, "rejections", SignalLook},
		"late: less than 80 % of the overlap":  {func(s *Status) { s.Lateness = late(24 * time.Minute) }, "late", SignalOK},
		"late: more":                           {func(s *Status) { s.Lateness = late(25 * time.Minute) }, "late", SignalLook},
		"late: beyond the overlap":             {func(s *Status) { s.Lateness = late(31 * time.Minute) }, "late", SignalAct},
		"next due: later":                      {func(s *Status) { s.NextDue = at.Add(time.Hour) }, "next due", SignalOK},
		"next due: the next pass takes it":     {func(s *Status) { s.NextDue = at.Add(-45 * time.Minute) }, "next due", SignalOK},
		"next due: passes do not come":         {func(s *Status) { s.NextDue = at.Add(-46 * time.Minute) }, "next due", SignalLook},
		"next due: and have not come for long": {func(s *Status) { s.NextDue = at.Add(-181 * time.Minute) }, "next due", SignalAct},
	} {
		t.Run(name, func(t *testing.T) {
			s := well()
			test.change(&s)
			for _, signal := range s.Signals() {
				want := SignalOK
				if signal.Name == test.signal {
					want = test.want
				}
				if signal.Level != want {
					t.Errorf("%s is %s, want %s: %s", signal.Name, signal.Level, want, signal.Text)
				}
				if (signal.Level != SignalOK) != (signal.Todo != "") {
					t.Errorf("%s is %s, and to do is %q", signal.Name, signal.Level, signal.Todo)
				}
			}
			if got := worst(s.Signals()); got != test.want {
				t.Errorf("the worst is %s, want %s", got, test.want)
			}
		})
	}
}

// doubtFor puts one conversation in doubt for so long, while Agent Connect's data are asked.
func doubtFor(s *Status, since time.Duration) {
	s.Asks, s.Counts[store.InDoubt] = true, 1
	s.InDoubt = []store.Entry{{Record: store.Record{State: store.InDoubt, At: at.Add(-since)}}}
}

// TestRecent sums up passes: how often they are made does not change by one that came late, nor by a back-fill.
func TestRecent(t *testing.T) {
	every := func(n int, pause time.Duration) []store.Run {
		var runs []store.Run
		for i := range n {
			began := at.Add(-time.Duration(i) * pause)
			runs = append(runs, store.Run{Mode: "run", Started: began, Ended: began, Counts: map[string]int{"accepted": 10, "rejected": 1}})
		}
		return runs
	}
	outage := every(10, 15*time.Minute)
	for i := 4; i < len(outage); i++ {
		outage[i].Started = outage[i].Started.Add(-20 * time.Hour)
	}
	backfill := every(10, 15*time.Minute)
	backfill[3].Mode = "backfill"
	for name, test := range map[string]struct {
		runs []store.Run
		want Recent
	}{
		"none":                   {nil, Recent{}},
		"too few":                {every(3, time.Hour), Recent{Accepted: 30, Rejected: 3}},
		"every quarter":          {every(200, 15*time.Minute), Recent{Usual: 15 * time.Minute, Accepted: 960, Rejected: 96}},
		"an outage in between":   {outage, Recent{Usual: 15 * time.Minute, Accepted: 100, Rejected: 10}},
		"a back-fill among them": {backfill, Recent{Usual: 15 * time.Minute, Accepted: 100, Rejected: 10}},
	} {
		if diff := cmp.Diff(test.want, NewRecent(test.runs, at, time.Time{})); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
}

// TestRecentCountsAnswersOnly: what was given up, and what an expression failed on, pass after pass, are no answers of Agent Connect.
func TestRecentCountsAnswersOnly(t *testing.T) {
	run := store.Run{
		Mode: "run", Started: at, Ended: at, Counts: map[string]int{"accepted": 10, "rejected": 9},
		Reasons: map[string]int{"employee_not_found": 2, "gave_up": 3, "rule_error:vip": 3, "rule_error:mapping.brand": 1, "no_agent": 5},
	}
	want := Recent{Accepted: 20, Rejected: 4, GaveUp: 6, Broken: 4, Reasons: map[decide.Reason]int{"employee_not_found": 4}}
	if diff := cmp.Diff(want, NewRecent([]store.Run{run, run}, at, time.Time{})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestRejectionSignalSaysWhatToDo names the remedy of the reason that most have, and commands that find the same ledger.
func TestRejectionSignalSaysWhatToDo(t *testing.T) {
	for name, test := range map[string]struct {
		recent Recent
		want   []string
	}{
		"one reason": {
			Recent{Accepted: 9, Rejected: 3, Reasons: map[decide.Reason]int{decide.BrandRefused: 3}},
			[]string{"all for brand_refused: compare the brand", "acsync passes --sandbox says"},
		},
		"most": {
			Recent{Accepted: 9, Rejected: 3, Reasons: map[decide.Reason]int{decide.BrandRefused: 2, decide.Refused: 1}},
			[]string{"most for brand_refused: compare the brand with those of Agent Connect; then acsync retry --sandbox --reason brand_refused asks again. What was rejected is not sent again by itself; acsync passes --sandbox says what to do for each reason."},
		},
		"none of them": {
			Recent{Accepted: 9, Rejected: 2, Reasons: map[decide.Reason]int{decide.BrandRefused: 1, decide.Refused: 1}},
			[]string{"not sent again by itself; acsync passes --sandbox says what to do for each reason"},
		},
		"all kinds: two sentences": {
			Recent{Accepted: 9, Rejected: 3, GaveUp: 1, Broken: 1, Reasons: map[decide.Reason]int{decide.BrandRefused: 3}},
			[]string{"all for brand_refused: compare the brand with those of Agent Connect; then acsync retry --sandbox --reason brand_refused asks again. What was rejected is not sent again by itself; acsync passes --sandbox says what to do for each reason."},
		},
		"given up, and a failing expression": {
			Recent{GaveUp: 1, Broken: 1},
			[]string{"find out why Agent Connect could not be reached for so long; then acsync retry --sandbox --reason gave_up asks again. Mend the expression (acsync rules test --sandbox shows it); then acsync retry"},
		},
		"a failing expression": {Recent{Broken: 2}, []string{"mend the expression (acsync rules test --sandbox shows it)"}},
	} {
		signal := rejectionSignal(Status{Here: " --sandbox", Recent: test.recent})
		for _, want := range test.want {
			if !strings.Contains(signal.Todo, want) {
				t.Errorf("%s: no %q in %q", name, want, signal.Todo)
			}
		}
	}
}

// TestLightsNameTheSameLedger: each command that a signal names has the flags of this one.
func TestLightsNameTheSameLedger(t *testing.T) {
	s := status()
	s.Here, s.Asks, s.Last, s.Checkpoint, s.Recent.Rejected = " --config other.toml", false, nil, at.Add(-100*24*time.Hour), 1
	for _, signal := range s.Signals() {
		for _, command := range []string{"acsync run", "acsync resolve", "acsync passes", "acsync rules test", "acsync retry"} {
			if strings.Count(signal.Todo, command) != strings.Count(signal.Todo, command+s.Here) {
				t.Errorf("%s: %s", signal.Name, signal.Todo)
			}
		}
	}
}

// TestLightsCanBeCopied: a command is not broken over two lines while a line has room for it, and no text grows wider for that.
func TestLightsCanBeCopied(t *testing.T) {
	s := status()
	for _, s.Here = range []string{" --sandbox", " --config /etc/acsync/acme.toml", " --config " + strings.Repeat("long", 30) + ".toml"} {
		for width := 59; width < 100; width++ {
			var b bytes.Buffer
			must(t, doc.Text(&b, StatusDoc(s), doc.Style{Width: width}))
			fits(t, b.String(), width)
			if command := "acsync passes" + s.Here; len(command) < 36 && !strings.Contains(b.String(), command) {
				t.Errorf("%d columns: %q is broken in\n%s", width, command, b.String())
			}
			if strings.Contains(b.String(), "\ue000") {
				t.Errorf("%d columns: a blank that is none is shown", width)
			}
		}
	}
}

// TestLightsAreColoured shows the words with colours where there may be some, and the same words without.
func TestLightsAreColoured(t *testing.T) {
	var plain, coloured bytes.Buffer
	s := status()
	s.Killed = &store.Holder{PID: 4711, Host: "jobs-7", Since: at.Add(-20 * time.Minute), At: at.Add(-12 * time.Minute), Progress: store.Progress{Mode: "run", Pass: "20261122T195500Z-7f3a"}}
	must(t, doc.Text(&plain, StatusDoc(s), doc.Style{Width: 80}))
	must(t, doc.Text(&coloured, StatusDoc(s), doc.Style{Width: 80, Color: true}))
	if strings.Contains(plain.String(), "\x1b") || !strings.Contains(coloured.String(), "\x1b[33mLOOK\x1b[0m  last pass   killed: process 4711 on jobs-7, run") {
		t.Errorf("%q", coloured.String())
	}
	fits(t, plain.String(), 80)
}

// TestLightsOfWhatIsLeft look at a plan or a range that was not carried out to its end, however well the pass itself ended.
func TestLightsOfWhatIsLeft(t *testing.T) {
	s := status()
	s.Here = " --sandbox"
	s.Last = &store.Run{Mode: "apply", Ended: at, Reasons: map[string]int{"paused": 52}}
	s.Ending = Ending{Level: SignalOK, Meaning: "all accounted for"}
	signal := lastPassSignal(s)
	if signal.Level != SignalLook || signal.Todo != "the same acsync apply --sandbox FILE sends the rest of its plan" || !strings.Contains(signal.Text, "52 left") {
		t.Errorf("got %+v", signal)
	}
}

// TestLightsGoOn names what goes on where a pass ended early: a plan and a range are not for the next run.
func TestLightsGoOn(t *testing.T) {
	for mode, want := range map[string]string{
		"run": "acsync run --sandbox goes on", "backfill": "the same acsync backfill --sandbox goes on",
		"apply": "the same acsync apply --sandbox FILE sends the rest of its plan",
	} {
		stopped, killed := status(), status()
		stopped.Here, killed.Here = " --sandbox", " --sandbox"
		stopped.Last = &store.Run{Mode: mode, Exit: 130, Ended: at}
		stopped.Ending = Ending{Level: SignalLook, Partial: true}
		killed.Killed = &store.Holder{Progress: store.Progress{Mode: mode}, At: at}
		for name, s := range map[string]Status{"stopped": stopped, "killed": killed} {
			if todo := lastPassSignal(s).Todo; !strings.Contains(todo, want) {
				t.Errorf("%s %s: %q", name, mode, todo)
			}
		}
	}
}

// TestPlaceLight holds when the second witness matters: where Agent Connect's data do not tell.
func TestPlaceLight(t *testing.T) {
	kept, none := store.Placement{Bound: true, Witness: "/state/l.witness"}, store.Placement{Bound: true, Lacking: "HOME is not set"}
	near := store.Placement{Bound: true, Witness: "/var/l.witness", Lacking: "/var/l.witness lies in the folder"}
	begins := store.Placement{Bound: true, Lacking: "/state/l.witness is not there yet; the next pass begins it", Begins: true}
	for _, c := range []struct {
		witness Witness
		place   store.Placement
		level   string
		warning string
	}{
		{Watching, kept, SignalOK, ""},
		{Watching, none, SignalOK, ""},
		{NoSecret, kept, SignalOK, "this machine is put back from a snapshot"},
		{NoSecret, store.Placement{Bound: true, Elsewhere: true}, SignalOK, "this machine is put back from a snapshot"},
		{NoStamps, kept, SignalOK, "this machine is put back from a snapshot"},
		{NoSecret, none, SignalLook, "its fence (there is no second witness: HOME is not set)"},
		{NoSecret, begins, SignalOK, "its fence (there is no second witness: /state/l.witness is not there yet"},
		{NoSecret, near, SignalLook, "its fence (there is no second witness: /var/l.witness lies"},
	} {
		s := well()
		s.Witness, s.Place = c.witness, c.place
		signal := placeSignal(s)
		if signal.Level != c.level || (signal.Todo == "") != (c.level == SignalOK) {
			t.Errorf("%s with %+v: %+v", c.witness, c.place, signal)
		}
		if got := c.witness.Warning(c.place); (got == "") != (c.warning == "") || !strings.Contains(got, c.warning) {
			t.Errorf("%s with %+v warns %q, want %q", c.witness, c.place, got, c.warning)
		}
	}
}

// TestPutBackLight tells that nothing is sent because the database was put back, and what happens next: passes settle
// it themselves where they can ask Agent Connect's data.
func TestPutBackLight(t *testing.T) {
	for witness, want := range map[Witness]struct{ level, todo string }{
		Watching: {SignalLook, "go on by themselves"},
		NoSecret: {SignalAct, "acsync ledger rebuild"},
		NoStamps: {SignalAct, "acsync ledger rebuild"},
	} {
		s := well()
		s.Witness, s.Place, s.Restored = witness, store.Placement{Bound: true, Witness: "/state/l.witness"}, at
		signal := placeSignal(s)
		if signal.Level != want.level || !strings.Contains(signal.Todo, want.todo) || !strings.Contains(signal.Text, "failed over to a copy, found at "+show(at)) {
			t.Errorf("%s: %+v", witness, signal)
		}
	}
}

// TestCutOffLight tells how long what is in doubt may still be sent by whoever held the ledger before.
func TestCutOffLight(t *testing.T) {
	s := parked(1)
	for by, want := range map[time.Duration]bool{time.Hour: true, -time.Hour: false} {
		s.Unsure = s.Now.Add(by)
		if text := doubtSignal(s).Text; strings.Contains(text, "may be sending until "+show(s.Unsure)) != want {
			t.Errorf("%s: %q", by, text)
		}
	}
}
