package manual

import (
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestTopics holds that each file is a topic that is listed once, with a title and a summary that fits a line of the list.
func TestTopics(t *testing.T) {
	entries, err := files.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var stored []string
	for _, entry := range entries {
		stored = append(stored, strings.TrimSuffix(entry.Name(), ".md"))
	}
	if listed := slices.Sorted(slices.Values(names)); !slices.Equal(listed, stored) {
		t.Errorf("listed are %q, and there are %q", listed, stored)
	}
	for _, topic := range Topics() {
		if !strings.HasPrefix(topic.Text, "# "+topic.Title+"\n\n"+topic.Summary+"\n\n") ||
			!strings.HasSuffix(topic.Summary, ".") || len(topic.Summary) > 62 || strings.ContainsAny(topic.Summary, "`[|") {
			t.Errorf("%s begins otherwise than with a title and a plain sentence of one line: %q, %q", topic.Name, topic.Title, topic.Summary)
		}
		if strings.Contains(blocks.ReplaceAllString(topic.Text, ""), "\n# ") {
			t.Errorf("%s has a second title", topic.Name)
		}
	}
	if _, found := Lookup("../manual/start"); found {
		t.Error("a path is taken for a topic")
	}
}

// TestLinks holds that what the README and the topics link to is there, and that the README links to each topic.
func TestLinks(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	pages := map[string]string{"README.md": string(text)}
	for _, topic := range Topics() {
		pages["sync/manual/"+topic.Name+".md"] = topic.Text
	}
	linked := map[string]bool{}
	for name, page := range pages {
		for _, link := range regexp.MustCompile(`\]\(([^)]*)\)`).FindAllStringSubmatch(blocks.ReplaceAllString(page, ""), -1) {
			if strings.HasPrefix(link[1], "https://") {
				continue
			}
			file, anchor, _ := strings.Cut(link[1], "#")
			to := name
			if file != "" {
				to = path.Join(path.Dir(name), file)
			}
			if _, err := os.Stat("../../" + to); err != nil {
				t.Errorf("%s links to %s: %v", name, link[1], err)
			}
			if anchor != "" && !slices.Contains(anchors(pages[to]), anchor) {
				t.Errorf("%s links to %s, and there is no such heading", name, link[1])
			}
			linked[name+" "+to] = true
		}
	}
	for name := range pages {
		if name != "README.md" && !linked["README.md "+name] {
			t.Errorf("the README has no link to %s", name)
		}
	}
}

// TestReadmeIsShort holds that the README can be read to its end.
func TestReadmeIsShort(t *testing.T) {
	const most = 10 << 10
	if info, err := os.Stat("../../README.md"); err != nil || info.Size() > most {
		t.Errorf("the README has %d bytes, and at most %d are read: %v", info.Size(), most, err)
	}
}

// blocks are those of code.
var blocks = regexp.MustCompile("(?ms)^ *```.*?^ *```$")

// anchors are those of a page's headings, as GitHub makes them.
func anchors(page string) (list []string) {
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(blocks.ReplaceAllString(page, ""), -1) {
		words := regexp.MustCompile(`[^\pL\pN _-]`).ReplaceAllString(strings.ToLower(heading[1]), "")
		list = append(list, strings.ReplaceAll(words, " ", "-"))
	}
	return list
}
