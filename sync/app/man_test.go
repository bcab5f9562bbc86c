package app

import (
	"fmt"
	"io"
	"os/exec"
	"strings"
	"testing"

	"acsync/sync/config"
	"acsync/sync/exit"
	"acsync/sync/manual"
)

// TestManPage holds that the manual page has whatever a user can type or meet.
func TestManPage(t *testing.T) {
	app := program(&commandLine{stdout: io.Discard, stderr: io.Discard})
	source := manPage(app)
	page := render(t, source)
	wants := func(what string) {
		t.Helper()
		if !strings.Contains(page, "\n"+what) {
			t.Errorf("there is no line that begins with %q", what)
		}
	}
	for _, p := range commandPages("acsync", app.Commands) {
		wants(p.Synopsis + "\n")
		_, own, _ := strings.Cut(page, "\n"+p.Synopsis+"\n")
		own, _, _ = strings.Cut(own, "\nacsync ")
		for _, flag := range p.Flags {
			if !strings.Contains(own, "\n"+flag.Name+"\n") {
				t.Errorf("%s: there is no %s", p.Name, flag.Name)
			}
		}
		for _, example := range p.Examples {
			wants(example.Name + "\n" + example.About)
		}
	}
	for _, flag := range append(commonFlags(), noPagerFlag()) {
		wants("--" + flag.Names()[0])
	}
	for _, code := range exit.All() {
		wants(fmt.Sprintf("%d\n%s\n", code, code))
	}
	for key, name := range config.Variables() {
		wants(name + "\n" + key + "\n")
	}
	for _, v := range surroundings {
		if v.Name == strings.ToUpper(v.Name) && !strings.Contains(page, v.Name) {
			t.Errorf("there is no variable %s", v.Name)
		}
	}
	for _, topic := range manual.Topics() {
		wants(topic.Name + "\n" + topic.Summary + "\n")
	}
	if strings.Contains(page, "__complete") {
		t.Error("there is a command in it that nobody types")
	}
}

// render shows a page as man does, a paragraph a line, and without margins. A warning is an error.
func render(t *testing.T, source string) string {
	t.Helper()
	groff, err := exec.LookPath("groff")
	if err != nil {
		t.Skip("groff is not there")
	}
	show := exec.Command(groff, "-man", "-ww", "-Tutf8", "-P-cbou", "-rLL=2000n", "-rIN=0")
	show.Stdin = strings.NewReader(source)
	var complaints strings.Builder
	show.Stderr = &complaints
	page, err := show.Output()
	if err != nil || complaints.Len() > 0 {
		t.Fatalf("groff: %v\n%s", err, complaints.String())
	}
	var lines []string
	for line := range strings.Lines(string(page)) {
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

// TestEscaped holds that roff takes no character of a text for an order.
func TestEscaped(t *testing.T) {
	for _, text := range []string{
		`a\b`, "--max N", ".br in front", "'quoted' and `so`", "^~", `"twice"`, "Kustomer → Agent Connect · naïve", "…",
		`\fBbold\fR`, "%", "",
	} {
		var r roff
		r.line(".TH TEST 1")
		r.section("NAME")
		r.text("begin")
		r.item("word", text)
		for c := range strings.SplitSeq(r.String(), "") {
			if c > "\x7f" {
				t.Errorf("%q: there is a %s in the source", text, c)
			}
		}
		if page := render(t, r.String()); !strings.Contains(page, "word\n"+text) && !strings.Contains(page, "word "+text) {
			t.Errorf("%q is shown as %q", text, page)
		}
	}
}
