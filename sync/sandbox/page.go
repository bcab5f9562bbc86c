package sandbox

import (
	"bytes"
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
	All      int       // requests, those that are not listed included
	Accepted int
	Refused  int
	Answered int
	Twice    []string // conversations that were asked about more than once
}

type pageRow struct {
	Received
	Became   string // of the mail, or why it was refused
	Answered bool
}

// newPage shows requests, and what became by now of those that were accepted.
func newPage(requests []Received, interactions []Interaction) (p page) {
	known, asked := map[string]Interaction{}, map[string]int{}
	for _, i := range interactions {
		known[i.UUID] = i
		if asked[i.ExtInteractionID]++; !i.Recovery && !i.Test && asked[i.ExtInteractionID] == 2 {
			p.Twice = append(p.Twice, i.ExtInteractionID)
		}
	}
	for _, r := range slices.Backward(requests) {
		row := pageRow{Received: r, Became: r.Reason}
		if p.All++; !r.Accepted() {
			p.Refused++
		} else {
			p.Accepted++
			i := known[r.UUID]
			if row.Became, row.Answered = i.Shown, !i.AnsweredAt.IsZero(); row.Became == "" {
				row.Became = "Not yet sent"
			}
		}
		if row.Answered {
			p.Answered++
		}
		if len(p.Requests) < pageRows {
			p.Requests = append(p.Requests, row)
		}
	}
	return p
}

func (p page) answer() answer {
	var text bytes.Buffer
	if err := pageTemplate.Execute(&text, p); err != nil {
		return answer{http.StatusInternalServerError, nil, []byte(err.Error())}
	}
	return answer{http.StatusOK, http.Header{"Content-Type": {"text/html; charset=utf-8"}}, text.Bytes()}
}

// Clock is when the request came, in UTC.
func (r pageRow) Clock() string { return r.At.UTC().Format(time.DateTime) }
