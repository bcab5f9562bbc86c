package manual

import (
	"slices"
	"strings"
)

// table are the lines of a table whose columns fit, or, where not even its longest words do, a list of its
// rows. Each cell is its words.
func table(rows [][][]string, width int) []string {
	if widths := fit(rows, width); widths != nil {
		return lined(rows, widths)
	}
	var lines []string
	for _, row := range rows {
		lines = append(lines, wrap(row[0], width)...)
		for _, cell := range row[1:] {
			lines = append(lines, hang(wrap(cell, width-2), "  ", "  ")...)
		}
	}
	return lines
}

// fit are the widths of columns: those that ask for less than their share get it, and the others share the
// rest. It is nil where a word would have to be broken.
func fit(rows [][][]string, width int) []int {
	least, wanted := make([]int, len(rows[0])), make([]int, len(rows[0]))
	for _, row := range rows {
		for at, cell := range row {
			all := max(len(cell)-1, 0)
			for _, word := range cell {
				all += columns(word)
				least[at] = max(least[at], columns(word))
			}
			wanted[at] = max(wanted[at], all)
		}
	}
	widths := slices.Clone(least)
	room := width - between*(len(widths)-1)
	for _, column := range least {
		room -= column
	}
	if room < 0 {
		return nil
	}
	for room > 0 {
		var short []int
		for at := range widths {
			if widths[at] < wanted[at] {
				short = append(short, at)
			}
		}
		if len(short) == 0 {
			break
		}
		for _, at := range short {
			more := min(max(room/len(short), 1), wanted[at]-widths[at], room)
			widths[at] += more
			room -= more
		}
	}
	return widths
}

// lined are the lines of a table, with blank ones between rows where most take several.
func lined(rows [][][]string, widths []int) (lines []string) {
	var blocks [][]string
	high := 0
	for _, row := range rows {
		block := side(row, widths)
		if blocks = append(blocks, block); len(block) > 1 {
			high++
		}
	}
	total := -between
	for _, column := range widths {
		total += column + between
	}
	for i, block := range blocks {
		if i > 1 && 2*high > len(rows) {
			lines = append(lines, "")
		}
		lines = append(lines, block...)
		if i == 0 {
			lines = append(lines, strings.Repeat("─", total))
		}
	}
	return lines
}

// side puts the cells of a row side by side.
func side(row [][]string, widths []int) (lines []string) {
	left := 0
	for at, cell := range row {
		for i, line := range wrap(cell, widths[at]) {
			for len(lines) <= i {
				lines = append(lines, "")
			}
			lines[i] += strings.Repeat(" ", max(left-columns(lines[i]), 0)) + line
		}
		left += widths[at] + between
	}
	return lines
}
