package main

import (
	"fmt"
	"io"
	"runtime"
	"strings"

	"acsync/sync/measure"
)

// columns are those of the table.
var columns = []struct {
	head  string
	value func(result) string
}{
	{"Kustomer calls", func(r result) string { return number(r.Calls.Kustomer) }},
	{"a conversation", func(r result) string { return fmt.Sprintf("%.3f", r.callsEach()) }},
	{"Agent Connect calls", func(r result) string { return number(r.Calls.Requests + r.Calls.Data) }},
	{"wall", func(r result) string { return fmt.Sprintf("%.1f s", r.WallSeconds) }},
	{"CPU a conv.", func(r result) string {
		return fmt.Sprintf("%.2f ms", r.CPUSeconds/float64(r.Conversations)*1000)
	}},
	{"memory", func(r result) string {
		if r.PeakBytes == 0 {
			return "?"
		}
		return fmt.Sprintf("%d MiB", r.PeakBytes>>20)
	}},
	{"asked twice", func(r result) string { return number(r.Verdict.Doubled) }},
	{"never asked", func(r result) string { return number(r.Verdict.Lost) }},
	{"asked wrongly", func(r result) string { return number(r.Verdict.Unwanted) }},
}

// number writes a number with commas, as people read it.
func number(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// show prints the results world by world, and what they come to in two sentences.
func show(w io.Writer, s settings, all []result) error {
	var text strings.Builder
	fmt.Fprintf(&text, "%s conversations marked done, of which %s are to be asked about.\n"+
		"At %s requests a minute permitted, on %d processors, with seed %d. Of the processor time and the\n"+
		"memory the stand-ins' are not counted; the wall time is shared with them.\n",
		number(all[0].Conversations), number(all[0].Verdict.Due), number(s.perMinute), runtime.NumCPU(), s.seed)
	rows, widths := cells(all)
	for i, row := range rows {
		if r := all[max(0, i-1)]; i == 0 || i > 1 && r.World != all[i-2].World {
			// The head of the table stands above the first world.
			if i > 0 {
				fmt.Fprintf(&text, "\n%s: %s\n", r.World, r.what)
			} else {
				text.WriteString("\n")
			}
		}
		for n, cell := range row {
			if n == 0 {
				fmt.Fprintf(&text, "  %-*s", widths[n], cell)
				continue
			}
			fmt.Fprintf(&text, "  %*s", widths[n], cell)
		}
		text.WriteString("\n")
		if i == 0 {
			fmt.Fprintf(&text, "\n%s: %s\n", all[0].World, all[0].what)
		}
	}
	text.WriteString("\n" + sentences(all))
	_, err := io.WriteString(w, text.String())
	return err
}

// cells are the texts of the table, the head first, and how wide each column is.
func cells(all []result) (rows [][]string, widths []int) {
	head := []string{""}
	for _, c := range columns {
		head = append(head, c.head)
	}
	rows = [][]string{head}
	for _, r := range all {
		row := []string{r.Program}
		for _, c := range columns {
			row = append(row, c.value(r))
		}
		rows = append(rows, row)
	}
	widths = make([]int, len(head))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len(cell))
		}
	}
	return rows, widths
}

// sentences are what a manager takes along.
func sentences(all []result) string {
	order := []string{}
	sum := map[string]measure.Verdict{}
	calm := map[string]result{}
	for _, r := range all {
		v, known := sum[r.Program]
		if !known {
			order = append(order, r.Program)
			calm[r.Program] = r
		}
		v.Doubled, v.Lost, v.Due = v.Doubled+r.Verdict.Doubled, v.Lost+r.Verdict.Lost, v.Due+r.Verdict.Due
		sum[r.Program] = v
	}
	var came, takes []string
	for _, name := range order {
		v := sum[name]
		came = append(came, fmt.Sprintf(
			"%s asked about %s twice and never about %s", name, number(v.Doubled), number(v.Lost)))
		takes = append(takes, fmt.Sprintf("%s %d min", name, calm[name].minutes(100_000)))
	}
	text := fmt.Sprintf("Of %s conversations to be asked about, in all of these worlds:\n%s.\n",
		number(sum[order[0]].Due), strings.Join(came, "; "))
	// In a few the calls that each start makes, whatever it finds, weigh the most.
	if all[0].Conversations < 1000 {
		return text
	}
	return text + fmt.Sprintf("To read what 100,000 conversations need, at the 1,000 calls and 100 searches a minute that Kustomer\n"+
		"permits, and as many calls for each as in the first world: %s.\n",
		strings.Join(takes, "; "))
}
