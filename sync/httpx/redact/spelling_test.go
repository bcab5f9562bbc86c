package redact

import (
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// TestScrubSpellings masks a name in every way that somebody may write it, and what stands around it stays.
func TestScrubSpellings(t *testing.T) {
	tests := []struct{ secret, spelled string }{
		{"O'Grady-Étienne", "O&#39;Grady-&Eacute;tienne"},
		{"O'Grady-Étienne", "O&amp;#39;Grady-&amp;Eacute;tienne"},
		{"O'Grady-Étienne", "O&#x27;Grady-&Eacutetienne"},
		{"O'Grady-Étienne", "O&apos;Grady&ndash;&#201;tienne"},
		{"O'Grady-Étienne", "O%27Grady-%C3%89tienne"},
		{"O'Grady-Étienne", "O%2527Grady-%25C3%2589tienne"},
		{"O'Grady-Étienne", "O%27Grady-%C9tienne"},
		{"O'Grady-Étienne", "O=27Grady-=C3=89tienne"},
		{"O'Grady-Étienne", `O\u0027Grady-\u00c9tienne`},
		{"O'Grady-Étienne", `O\x27Grady-\xc9tienne`},
		{"O'Grady-Étienne", norm.NFD.String("O'GRADY-ÉTIENNE")},
		{"O'Grady-Étienne", "O’Grady‑Etienne"},
		{"O'Grady-Étienne", "o-grady-etienne"},
		{"O'Grady-Étienne", "o_grady__etienne"},
		{"O'Grady-Étienne", "ogradyetienne"},
		{"O'Grady-Étienne", "OʼGrady Étienne"},
		{"O'Grady-Étienne", "O´Grady - E´tienne"},
		{"O'Grady-Étienne", "Ｏ＇Ｇｒａｄｙ－Étienne"},
		{"O'Grady-Étienne", "O'Grady-Ã‰tienne"},
		{"O'Grady-Étienne", "O'Grady-?tienne"},
		{"O'Grady-Étienne", "O'Gra\u00addy-É\u200btienne"},
		{"O&#39;Grady", "O'Grady"},
		{"Jane Doe", "jane+doe"},
		{"Jane Doe", "JANE\u00a0 \u3000DOE"},
		{"Jane Doe", "Jane&nbsp;Doe"},
		{"Jane Doe", "JaneDoe"},
		{"jane.doe", "jane_doe"},
		{"JaneDoe", "jane-doe"},
		{"jane2", "Jane 2"},
		{"Strauß", "STRAUSS"},
		{"Strauss", "strauß"},
		{"Müller", "Mueller"},
		{"Müller", "M?ller"},
		{"Müller", "MULLER"},
		{"Søren Łukasz", "soren lukasz"},
		{"Søren", "Soeren"},
		{"Æsop Œuvre", "aesop oeuvre"},
		{"Işıl İnönü", "isil inonu"},
		{"IŞIL İNÖNÜ", "ışıl inönü"},
		{"Διονύσης", "ΔΙΟΝΥΣΗΣ"},
		{"Ǆenana", "Dženana"},
		{"王小明", "客户王小明的"},
		{"田中", "田中さん"},
		{"ﾔﾏﾀﾞ", "ヤマダ"},
		{"김철수", norm.NFD.String("김철수")},
		{"k-0123456789-topsecret", "k%2D0123456789%2Dtopsecret"},
		{"a+b/c=d&e~secret", url.QueryEscape("a+b/c=d&e~secret")},
	}
	for _, tt := range tests {
		t.Run(tt.spelled, func(t *testing.T) {
			got := Scrub("no \""+tt.spelled+"\": unknown", tt.secret)
			rest := strings.NewReplacer("no \"", "", "\": unknown", "", "***", "", "的", "", "客户", "", "さん", "").Replace(got)
			if rest != "" && rest != "?" {
				t.Errorf("got %s", got)
			}
		})
	}
}

// TestScrubSpares leaves standing what is no secret.
func TestScrubSpares(t *testing.T) {
	for text, secret := range map[string]string{
		"Invalid number in field 3":     "Erin",     // across two words
		"Algol: invalid value, lineal":  "Al",       // short, and within words
		"S&O; 100% café &unknown; %zz":  "Jane Doe", // what only seems to be encoded
		"the user is unknown":           "É",        // whose ASCII is nothing
		"under 3 employees, \\user, =a": "Ünder Ä",
		"a=b, 5%, &, \\":                "x",
	} {
		if got := Scrub(text, secret); got != text {
			t.Errorf("%q without %q: got %q", text, secret, got)
		}
	}
}

// TestScrubPlace masks the place of a name and no more, however much longer than the name it is.
func TestScrubPlace(t *testing.T) {
	for text, want := range map[string]string{
		"(&Eacute;tienne)":                    "(***)",
		"a %C3%89tienne%20b":                  "a ***%20b",
		norm.NFD.String("“Zoé”"):              "“***”",
		"x étienne, Étienne étienneetienne y": "x ***, *** *** y",
		"étienne":                             "***",
	} {
		if got := Scrub(text, "Étienne", "Zoé"); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// TestMessageIsBounded looks at the beginning of a long text, and never shows half of a name.
func TestMessageIsBounded(t *testing.T) {
	for before := maxScanned - 20; before <= maxScanned+2; before++ {
		hidden := strings.Repeat("secretsecret ", before/13+1)[:before]
		if got := Message([]byte(hidden+" Wilhelmina Customer"), "secretsecret", "Wilhelmina", "Customer"); strings.ContainsAny(got, "WwCu") {
			t.Errorf("after %d bytes: %q", before, got)
		}
	}
}

// spellers are ways to write a text.
var spellers = []func(string) string{
	strings.ToUpper, strings.ToLower, strings.ToTitle, norm.NFC.String, norm.NFD.String, norm.NFKC.String, norm.NFKD.String, html.EscapeString,
	url.QueryEscape, url.PathEscape,
	func(s string) string { return strings.ReplaceAll(s, " ", "  ") },
	func(s string) string { return strings.ReplaceAll(s, " ", "_") },
	func(s string) string { return strings.ReplaceAll(s, " ", "") },
	func(s string) string { return strings.NewReplacer("'", "", "-", "", ".", "").Replace(s) },
	func(s string) string { return strings.NewReplacer("'", "-", " ", "-", ".", "-").Replace(s) },
	func(s string) string { return eachRune(s, "&#%d;") },
	func(s string) string { return eachRune(s, "&#x%x;") },
	func(s string) string { return strings.ReplaceAll(url.PathEscape(s), "%", "=") },
	func(s string) string { // full width
		return strings.Map(func(r rune) rune {
			if r > ' ' && r <= '~' {
				return r + 0xfee0
			}
			return r
		}, s)
	},
	func(s string) string { // without accents
		return strings.Map(func(r rune) rune {
			if unicode.Is(unicode.Mn, r) {
				return -1
			}
			return r
		}, norm.NFD.String(s))
	},
	func(s string) string { text, _ := charmap.Windows1252.NewDecoder().String(s); return text },
}

func eachRune(s, form string) string {
	var b strings.Builder
	for _, r := range s {
		fmt.Fprintf(&b, form, r)
	}
	return b.String()
}

// plain is a text's letters, small and without accents.
func plain(text string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(text) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteRune(unicode.ToLower(unicode.ToUpper(r)))
		}
	}
	return b.String()
}

// Whatever is done to a name, it is not there any more, in no encoding, and neither is anything that folds to
// it.
func FuzzScrub(f *testing.F) {
	for i := range spellers {
		f.Add("Renée O'Brien-Strauß", "“", "”", byte(i), byte(3*i+5))
		f.Add("İpek Yılmaz", "", "!", byte(i), byte(2*i+1))
	}
	f.Add("jane doe", "%4", "&", byte(0), byte(0))
	f.Fuzz(func(t *testing.T, name, before, after string, first, second byte) {
		name = oneLine(name)
		spelled := spellers[int(first)%len(spellers)](name)
		if second%3 > 0 {
			spelled = spellers[int(second)%len(spellers)](spelled)
		}
		text := before + " " + spelled + " " + after
		got := Scrub(text, name)
		if again := Scrub(got, name); again != got {
			t.Errorf("%q, and again %q", got, again)
		}
		key := string(trace(name).folded().text)
		if strings.ContainsRune(key, '\uFFFD') || len(plain(name)) < wholeWord || utf8.RuneCountInString(plain(name)) < wholeWord {
			return
		}
		for left, n := trace(got), 0; n <= encodings; left, n = left.decoded(), n+1 {
			if trimmed := strings.TrimSpace(key); strings.Contains(string(left.folded().text), trimmed) {
				t.Errorf("%q is still in %q, which was %q", trimmed, got, text)
			}
		}
	})
}
