package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"acsync/sync/report/doc"
)

// TenantsSchema names the form of a status of many tenants in JSON.
const TenantsSchema = "acsync.tenants/1"

// Tenants is where many tenants stand.
type Tenants struct {
	Dir  string // of their configurations
	Here string // the flag that names it; begins with a blank
	List []TenantStatus
	// files that are not read, and perhaps should be
	Strays []string
	All    bool // those that are well are shown one by one too
	Now    time.Time
}

// TenantStatus is one of them.
type TenantStatus struct {
	Name   string
	Level  string  // as of a signal
	Text   string  // what is so
	Todo   string  // what to do; empty for nothing
	Paused bool    // by a person
	Status *Status // nil: there is none, the text says why
}

// NewTenantStatus is the status of a tenant whose ledger could be read, by the worst of its lights.
func NewTenantStatus(name string, s Status) TenantStatus {
	signals := s.Signals()
	t := TenantStatus{
		Name: name, Level: worst(signals), Text: "checkpoint " + since(s.Now, s.Checkpoint), Status: &s,
	}
	var texts []string
	for _, signal := range signals {
		if t.Level != SignalOK && signal.Level == t.Level {
			texts = append(texts, signal.Name+": "+signal.Text)
			// What stands below on the screen of one stands there alone.
			t.Todo = cmp.Or(t.Todo, strings.ReplaceAll(signal.Todo, DoSeeBelow, "see acsync status"+s.Here))
		}
	}
	if len(texts) > 0 {
		t.Text = strings.Join(texts, "; ")
	}
	return t
}

// Level is the worst of all.
func (t Tenants) Level() string {
	signals := make([]Signal, len(t.List))
	for i, each := range t.List {
		signals[i].Level = each.Level
	}
	if len(t.Strays) > 0 {
		signals = append(signals, Signal{Level: SignalLook})
	}
	return worst(signals)
}

// Probe is the answer for a monitor, as that of a single tenant.
func (t Tenants) Probe() Probe {
	level, code := t.Level(), ProbeOK
	for i, each := range []string{SignalLook, SignalAct} {
		if each == level {
			code = i + 1
		}
	}
	var texts []string
	for _, each := range t.sorted() {
		if each.Level != SignalOK {
			texts = append(texts, each.Name+": "+each.Text)
		}
	}
	texts = append(texts, t.Strays...)
	if len(texts) == 0 {
		texts = []string{"all lights of " + several(len(t.List), "tenant", "tenants") + " are green"}
	}
	p := NewProbe(code, strings.Join(texts, "; "))
	p.Line += fmt.Sprintf(" | tenants=%d;;;0 act=%d;;;0 look=%d;;;0", len(t.List), t.count(SignalAct),
		t.count(SignalLook))
	return p
}

func (t Tenants) count(level string) (n int) {
	for _, each := range t.List {
		if each.Level == level {
			n++
		}
	}
	return n
}

// sorted are all, the worst first, and by their names.
func (t Tenants) sorted() []TenantStatus {
	order := []string{SignalAct, SignalLook, SignalOK}
	return slices.SortedStableFunc(slices.Values(t.List), func(a, b TenantStatus) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Level), slices.Index(order, b.Level)),
			cmp.Compare(a.Name, b.Name))
	})
}

// oldest is the checkpoint that is farthest behind among those that are well.
func (t Tenants) oldest() (at time.Time) {
	for _, each := range t.List {
		if each.Level == SignalOK && each.Status != nil &&
			(at.IsZero() || each.Status.Checkpoint.Before(at)) {
			at = each.Status.Checkpoint
		}
	}
	return at
}

// TenantsDoc is the status of many for people: the worst first, and those that are well in one line.
func TenantsDoc(t Tenants) doc.Doc {
	running := 0
	for _, each := range t.List {
		if each.Status != nil && each.Status.Running != nil {
			running++
		}
	}
	ok := t.count(SignalOK)
	about := fmt.Sprintf("%s: %d act, %d look, %d ok", several(len(t.List), "tenant", "tenants"),
		t.count(SignalAct), t.count(SignalLook), ok)
	if running > 0 {
		about += " · " + several(running, "pass", "passes") + " running"
	}
	table := doc.Table{
		Class:   "signals",
		Columns: []doc.Column{{Name: "level", Min: 4}, {Name: "tenant", Min: 10}, {Name: "state"}},
	}
	for _, each := range t.sorted() {
		if each.Level == SignalOK && !t.All {
			continue
		}
		row := table.Add(strings.ToUpper(each.Level), each.Name, each.Text)
		row.Cells[0].Tone, row.Cells[2].Below = signalTones[each.Level], each.Todo
	}
	if ok > 0 && !t.All {
		text := "all lights are green"
		if at := t.oldest(); !at.IsZero() {
			text += ", oldest checkpoint " + since(t.Now, at)
		}
		row := table.Add(strings.ToUpper(SignalOK), several(ok, "tenant", "tenants"), text+"; --all lists them")
		row.Cells[0].Tone = signalTones[SignalOK]
	}
	var strays []doc.Part
	for _, each := range t.Strays {
		strays = append(strays, doc.Note{Text: each})
	}
	return doc.Doc{
		Name: "acsync tenants status", Subject: t.Dir, Here: t.Here, About: []string{about},
		Sections: []doc.Section{doc.Titled("", table), doc.Titled("Not read", strays...)},
	}
}

// TenantsJSON writes the status of many as JSON.
func TenantsJSON(w io.Writer, t Tenants) error {
	list := []object{}
	for _, each := range t.List {
		lights, checkpoint, running := []Signal{}, "", false
		if each.Status != nil {
			lights, checkpoint = each.Status.Signals(), stamp(each.Status.Checkpoint)
			running = each.Status.Running != nil
		}
		list = append(list, object{
			"tenant", each.Name, "level", each.Level, "text", each.Text, "todo", each.Todo, "paused", each.Paused,
			"running", running, "checkpoint", checkpoint, "lights", lights,
		})
	}
	return writeJSON(w, object{
		"schema", TenantsSchema, "dir", t.Dir, "level", t.Level(), "tenants", list,
		"strays", append([]string{}, t.Strays...),
	}, oneLine)
}
