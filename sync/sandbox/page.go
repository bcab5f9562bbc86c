package sandbox

import (
	"bytes"
	"cmp"
	_ "embed"
	"html/template"
	"net/http"
	"slices"
	"time"
)

// pagePath shows people what was POSTed. It is no part of Agent Connect and takes no key.
const pagePath = "/sandbox"

const pageRows = 500 // requests that the page lists, the latest

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// page is what the stand-in for Agent Connect has taken, for people.
type page struct {
	Requests []pageRow // the latest first
	All      int       // requests that were POSTed, those that are not listed included
	Accepted int
	Refused  int
	Answered int
	Others   int      // more, that are there without a POST: something else has made them
	Twice    []string // conversations that were asked about more than once
}

type pageRow struct {
	Received
	Became   string // of the mail, or why it was refused
	Answered bool
	Other    bool // something else has asked
}

// newPageRow is a request, and what became of it by now.
func newPageRow(r Received, i Interaction, other bool) pageRow {
	row := pageRow{Received: r, Became: r.Reason, Other: other}
	if r.Accepted() {
		row.Became, row.Answered = cmp.Or(i.Shown, "Not yet sent"), !i.AnsweredAt.IsZero()
	}
	return row
}

// newPage shows requests, and what became by now of those that were accepted.
func newPage(requests []Received, interactions []Interaction) (p page) {
	known, asked := map[string]Interaction{}, map[string]int{}
	posted := map[string]bool{}
	for _, r := range requests {
		posted[r.UUID] = true
	}
	for _, i := range interactions {
		known[i.UUID] = i
		if !i.Recovery && !posted[i.UUID] {
			requests = append(requests, i.Received)
		}
		if asked[i.ExtInteractionID]++; !i.Recovery && !i.Test && asked[i.ExtInteractionID] == 2 {
			p.Twice = append(p.Twice, i.ExtInteractionID)
		}
	}
	slices.SortStableFunc(requests, func(a, b Received) int { return a.At.Compare(b.At) })
	for _, r := range slices.Backward(requests) {
		row := newPageRow(r, known[r.UUID], r.Accepted() && !posted[r.UUID])
		p.count(row)
		if len(p.Requests) < pageRows {
			p.Requests = append(p.Requests, row)
		}
	}
	return p
}

func (p *page) count(row pageRow) {
	if row.Other {
		p.Others++
		return
	}
	p.All++
	if row.Accepted() {
		p.Accepted++
	} else {
		p.Refused++
	}
	if row.Answered {
		p.Answered++
	}
}

// Left is how many requests are not listed.
func (p page) Left() int { return p.All + p.Others - len(p.Requests) }

func (p page) answer() answer {
	var text bytes.Buffer
	if err := pageTemplate.Execute(&text, p); err != nil {
		return answer{http.StatusInternalServerError, nil, []byte(err.Error())}
	}
	return answer{http.StatusOK, http.Header{"Content-Type": {"text/html; charset=utf-8"}}, text.Bytes()}
}

// Clock is when the request came, in UTC.
func (r pageRow) Clock() string { return r.At.UTC().Format(time.DateTime) }
