package decide

import (
	"strings"
	"testing"
)

func TestCodes(t *testing.T) {
	languages := map[string]string{
		"en": "en", "en_us": "en-US", "EN-gb": "en-GB", "fr-ca": "fr-CA", "zh-Hant-TW": "zh-TW", "zh-Hans": "zh", "eng": "en", "es-419": "es",
		"German": "", "": "", "xx-Klingon": "", "fil": "", "de_at ": "de-AT", "12": "",
	}
	for text, want := range languages {
		if got := languageCode(text); got != want {
			t.Errorf("language %q: got %q, want %q", text, got, want)
		}
	}
	countries := map[string]string{"us": "US", "DE": "DE", "deu": "DE", "uk": "GB", "276": "", "Germany": "", "": "", "ZZ": "", "XK": "XK", "419": "", "EU": ""}
	for text, want := range countries {
		if got := countryCode(text); got != want {
			t.Errorf("country %q: got %q, want %q", text, got, want)
		}
	}
}

func TestClean(t *testing.T) {
	for text, want := range map[string]string{
		" a\r\nb\tc\x00\x1b[1m ":  "a  b c[1m",
		strings.Repeat("ä", 2001): strings.Repeat("ä", 2000),
	} {
		if got := clean(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
