package manual

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestTextFits holds that each topic fits terminals of several widths, and says there all that it says.
func TestTextFits(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long, and has no goroutines of its own that share anything")
	}
	for _, topic := range append(Topics(), Topic{Name: "topics", Text: Index()}) {
		for _, width := range []int{60, 80, 120} {
			for _, color := range []bool{false, true} {
				t.Run(fmt.Sprint(topic.Name, width, color), func(t *testing.T) {
					shown := Text(topic.Text, Style{Width: width, Color: color})
					raw := inBlocks(topic.Text)
					for line := range strings.Lines(shown) {
						line = escape.ReplaceAllString(strings.TrimRight(line, "\n"), "")
						if columns(line) > min(width, widest) && !raw[strings.TrimSpace(line)] {
							t.Errorf("%d columns: %s", columns(line), line)
						}
					}
					compareWords(t, topic.Text, shown)
					if strings.Contains(shown, "\x1b") != color {
						t.Errorf("colours: %t, want %t", !color, color)
					}
				})
			}
		}
	}
}

// inBlocks are the lines of a page's code.
func inBlocks(page string) map[string]bool {
	lines := map[string]bool{}
	for _, block := range blocks.FindAllString(page, -1) {
		for line := range strings.Lines(block) {
			lines[strings.TrimSpace(line)] = true
			command, remark, _ := strings.Cut(strings.TrimSpace(line), " # ")
			lines[strings.TrimSpace(command)], lines["# "+remark] = true, true
		}
	}
	return lines
}

// compareWords holds that a text has the words of its source, and beside them only those that say what links lead to.
func compareWords(t *testing.T, source, shown string) {
	t.Helper()
	target := regexp.MustCompile(`\]\([^)]*\)`)
	word := regexp.MustCompile(`[\pL\pN]+`)
	known := word.FindAllString("acsync help "+strings.Join(target.FindAllString(source, -1), " "), -1)
	source = target.ReplaceAllString(source, "]")
	source = regexp.MustCompile("(?m)^( *```)[a-z]*$").ReplaceAllString(source, "$1")
	missing := map[string]int{}
	for _, each := range word.FindAllString(source, -1) {
		missing[each]++
	}
	for _, each := range word.FindAllString(escape.ReplaceAllString(shown, ""), -1) {
		missing[each]--
	}
	for each, n := range missing {
		if n > 0 || n < 0 && !slices.Contains(known, each) {
			t.Errorf("%q stands there %d times too seldom", each, n)
		}
	}
}

// TestText shows each kind of block and of piece within a line.
func TestText(t *testing.T) {
	for name, test := range map[string]struct{ markdown, want string }{
		"words":             {"one two three four five six seven eight nine", "one two three four five six seven eight\nnine\n"},
		"heading":           {"# A\n\n## B C\n\ntext", "A\n═\n\nB C\n───\n\ntext\n"},
		"code":              {"`a b` *and* **more**", "`a b` and more\n"},
		"list":              {"- one\n- two is longer than a line of this terminal\n  - three", "- one\n- two is longer than a line of this\n  terminal\n  - three\n"},
		"numbers":           {"3. a\n\n   ```sh\n   b  c\n   ```\n\n4. d", "3. a\n\n     b  c\n\n4. d\n"},
		"table":             {"| a | b |\n| --- | --- |\n| c | d \\| `e\\|f` |", "a  b\n────────────\nc  d | `e|f`\n"},
		"topic":             {"see [this](ledger.md#x) and [that](ledger.md), [here](#y)", "see this (acsync help ledger) and that,\nhere\n"},
		"web":               {"[site](https://example.com)", "site (https://example.com)\n"},
		"quotation":         {"> a\n> b", "│ a b\n"},
		"entities":          {"a &lt;b&gt; \\*c\\*", "a <b> *c*\n"},
		"long word":         {strings.Repeat("x", 50), strings.Repeat("x", 40) + "\n" + strings.Repeat("x", 10) + "\n"},
		"code with remarks": {"```sh\na   # b\nc --long-flag with many words   # and a remark\n```", "  a\n      # b\n  c --long-flag with many words\n      # and a remark\n"},
		"long code":         {"`" + strings.Repeat("word ", 12) + "end`", "`" + strings.Repeat("word ", 7) + "word\nword word word word end`\n"},
		"nothing":           {"", ""},
		"only blanks":       {" \n\t\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Text(test.markdown, Style{Width: narrowest}); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
	if got, want := Text("# A\n\n`b` c", Style{Width: 80, Color: true}), "\x1b[1mA\x1b[0m\n\n\x1b[36mb\x1b[0m c\n"; got != want {
		t.Errorf("in colour: %q, want %q", got, want)
	}
}

// FuzzText holds that no Markdown, however odd, is too much, and that lines fit.
func FuzzText(f *testing.F) {
	for _, odd := range []string{
		"| a |\n| --- |", "| a | b |\n| --- |\n| c |", "|\n|-|\n||", "- \n  - \n    -", "1. 1. 1. 1. 1. 1. 1. 1. 1. 1. 1. 1. 1. 1. 1. 1. 1. 1. 1. x",
		"[](", "[a]()", "![i](x.png)", "<b>x</b>", "<div>\nx\n</div>", "```\nopen", "`", "``` ` ```", "\x00\xff", strings.Repeat("0", 39) + "\xda0", "# ", "#", "***", "> > > > > > > > > > > > > > > > > > > > > > x",
		"[x][y]\n\n[y]: ../z.md", "<https://example.com>", "a\\\nb", "\u00a0", "\u200b", "日本語のとても長い文章です", "&#0;", "[`a`](b.md)", "**a `b` [c](d.md)**", "\x1b[31mx",
	} {
		f.Add(odd)
	}
	f.Fuzz(func(t *testing.T, markdown string) {
		Text(markdown, Style{Width: narrowest})
		Text(markdown, Style{Width: 80, Color: true})
	})
}
