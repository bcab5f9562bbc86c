package schedule

import (
	"encoding/json"
	"strconv"
	"time"
)

// The form of a dashboard of Grafana, as far as it is used.
type (
	dashboard struct {
		Description   string     `json:"description"` // first, where whoever opens the file sees it
		Title         string     `json:"title"`
		UID           string     `json:"uid"`
		Tags          []string   `json:"tags"`
		SchemaVersion int        `json:"schemaVersion"`
		Refresh       string     `json:"refresh"`
		Time          span       `json:"time"`
		Templating    templating `json:"templating"`
		Panels        []panel    `json:"panels"`
	}
	span struct {
		From string `json:"from"`
		To   string `json:"to"`
	}
	templating struct {
		List []variable `json:"list"`
	}
	variable struct {
		Name  string `json:"name"`
		Label string `json:"label"`
		Type  string `json:"type"`
		Query string `json:"query"`
	}
	panel struct {
		ID          int         `json:"id"`
		Type        string      `json:"type"`
		Title       string      `json:"title"`
		Description string      `json:"description"`
		Datasource  datasource  `json:"datasource"`
		GridPos     position    `json:"gridPos"`
		Targets     []target    `json:"targets"`
		FieldConfig fieldConfig `json:"fieldConfig"`
		Options     struct{}    `json:"options"`
	}
	datasource struct {
		Type string `json:"type"`
		UID  string `json:"uid"`
	}
	position struct {
		H int `json:"h"`
		W int `json:"w"`
		X int `json:"x"`
		Y int `json:"y"`
	}
	target struct {
		RefID        string     `json:"refId"`
		Expr         string     `json:"expr"`
		LegendFormat string     `json:"legendFormat"`
		Datasource   datasource `json:"datasource"`
	}
	fieldConfig struct {
		Defaults  defaults   `json:"defaults"`
		Overrides []struct{} `json:"overrides"`
	}
	defaults struct {
		Unit       string      `json:"unit"`
		Min        *int        `json:"min"`
		Thresholds *thresholds `json:"thresholds,omitempty"`
	}
	thresholds struct {
		Mode  string `json:"mode"`
		Steps []step `json:"steps"`
	}
	step struct {
		Color string `json:"color"`
		Value *int   `json:"value"` // null: from the beginning
	}
)

var prometheus = datasource{Type: "prometheus", UID: "${datasource}"}

// limits color a figure from two values on.
func limits(yellow, red int) *thresholds {
	return &thresholds{"absolute", []step{{"green", nil}, {"yellow", &yellow}, {"red", &red}}}
}

// board is a dashboard that is being put together.
type board struct{ dashboard }

func newBoard(uid, title, about string) *board {
	return &board{dashboard{
		Description: about, Title: title, UID: uid, Tags: []string{"acsync"}, SchemaVersion: 39, Refresh: "1m",
		Time: span{"now-7d", "now"},
		Templating: templating{[]variable{{
			Name: "datasource", Label: "Data source", Type: "datasource", Query: "prometheus",
		}}},
	}}
}

// place is where the next panel of a kind stands: six figures in a row, and two charts.
func (b *board) place(kind string) position {
	n, width, height := 0, 12, 8
	for _, p := range b.Panels {
		if p.Type == kind {
			n++
		}
	}
	if kind == "stat" {
		return position{4, 4, n % 6 * 4, n / 6 * 4}
	}
	return position{height, width, n % 2 * width, 4 + n/2*height}
}

func (b *board) add(kind, title, about, unit, expr, legend string, colors *thresholds) {
	zero := 0
	b.Panels = append(b.Panels, panel{
		ID: len(b.Panels) + 1, Type: kind, Title: title, Description: about, Datasource: prometheus,
		GridPos: b.place(kind), Targets: []target{{"A", expr, legend, prometheus}},
		FieldConfig: fieldConfig{defaults{unit, &zero, colors}, []struct{}{}},
	})
}

// stat adds a figure, and chart one over time.
func (b *board) stat(title, about, unit, expr string, yellow, red int) {
	b.add("stat", title, about, unit, expr, "", limits(yellow, red))
}

func (b *board) chart(title, about, unit, expr, legend string) {
	b.add("timeseries", title, about, unit, expr, legend, nil)
}

// JSON is the dashboard as Grafana imports it.
func (b *board) JSON() (string, error) {
	text, err := json.MarshalIndent(b.dashboard, "", "  ")
	return string(text) + "\n", err
}

// Dashboard is the dashboard as JSON.
func (w watch) Dashboard() (string, error) {
	b := newBoard(w.Name, "acsync "+w.Tenant, "Import it in Grafana: Dashboards, New, Import, with a data source of "+
		"Prometheus that has the figures of notify.prometheus_textfile.")
	pause, stat, chart := w.pauses(1), b.stat, b.chart
	stat("Last pass", "How long ago it ended.", "s",
		"time() - "+w.runs("last_completion_timestamp_seconds"), 2*pause, 3*pause)
	stat("Exit code", "0: all accounted for. 3: somebody has to look. Any other: see acsync help.", "none",
		w.runs("last_exit_code"), 1, 4)
	stat("Checkpoint", "How long ago the time is up to which all is read and recorded.", "s",
		"time() - "+w.metric("checkpoint_timestamp_seconds"), 4*pause, int(w.MaxAge/time.Second)/2)
	stat("In doubt", "May have arrived, and are not sent again by themselves.", "none",
		w.metric("in_doubt"), 1, 50)
	stat("Retries", "Were certainly not sent, and are tried again.", "none", w.metric("retries"), 1, 100)
	stat("Waiting", "For how long the first of those that wait has been due.", "s",
		w.metric("due_lag_seconds"), 2*pause, 12*pause)
	chart("What became of them", "Conversations of each pass, by disposition.", "none",
		w.runs("pass_conversations"), "{{disposition}}")
	chart("Why", "The ten most frequent reasons of each pass.", "none",
		"topk(10, "+w.runs("pass_reasons")+")", "{{reason}}")
	chart("Calls", "Calls of each pass.", "none", w.runs("pass_calls"), "{{service}}")
	chart("Too many calls", "Calls of each pass that were answered with 429.", "none",
		w.runs("pass_calls_limited"), "{{service}}")
	chart("Duration", "How long each pass took.", "s", w.metric("last_duration_seconds"), "{{mode}}")
	chart("Oldest", "How long the oldest doubt and the oldest retry have lasted.", "s",
		`{__name__=~"acsync_(in_doubt|retries)_oldest_seconds",tenant=`+strconv.Quote(w.Tenant)+"}",
		"{{__name__}}")
	chart("Seen late", "How far below the checkpoint a pass has first seen a conversation.", "s",
		w.runs("pass_late_max_seconds"), "")
	chart("Lights", "Those of acsync status: 0 OK, 1 LOOK, 2 ACT.", "none", w.metric("light"), "{{light}}")
	chart("Ledger", "Conversations in the ledger, by disposition.", "none",
		w.metric("ledger_conversations"), "{{disposition}}")
	chart("Size of the ledger", "On the disk.", "bytes", w.metric("ledger_size_bytes"), "")
	return b.JSON()
}
