package report

import (
	"bytes"
	"strings"
	"testing"
)

// TestHistorySaysWhatItLeavesOut, whatever the height of the screen.
func TestHistorySaysWhatItLeavesOut(t *testing.T) {
	h := week()
	var whole bytes.Buffer
	must(t, HistoryTable(&whole, h, Style{Width: 80}))
	if strings.Contains(whole.String(), "Not shown") {
		t.Errorf("the whole table leaves something out:\n%s", whole.String())
	}
	parts := map[string]string{"days": "Sun 22 Nov", "earlier days": "Mon 16 Nov", "dispositions": "\n accepted ", "reasons": "\nwhy\n", "rejected": "\nrejected\n"}
	for _, width := range []int{60, 80, 120} {
		for height := 24; height < 70; height++ {
			var b bytes.Buffer
			must(t, HistoryTable(&b, h, Style{Width: width, Height: height}))
			screen, pointer, _ := strings.Cut(b.String(), "Not shown: ")
			for name, part := range parts {
				if name == "earlier days" && !strings.Contains(screen, parts["days"]) {
					continue
				}
				if !strings.Contains(screen, part) && !strings.Contains(strings.ReplaceAll(pointer, "\n", " "), name) {
					t.Errorf("%dx%d: %s is left out without a word:\n%s", width, height, name, b.String())
				}
			}
		}
	}
}
