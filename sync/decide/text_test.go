package decide

import (
	"net/mail"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
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

// TestCleanLine takes out of a name what nobody can see, and keeps what a script needs.
func TestCleanLine(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"null byte":                        {"Jane\x00 Doe", "Jane Doe"},
		"escape sequence":                  {"\x1b]0;title\aJane", "]0;titleJane"},
		"control of the upper range":       {"Ja\u0090ne", "Jane"},
		"gaps of any kind":                 {"\u3000Jane \t\u00a0 van\u2003der  Doe\u2029", "Jane van der Doe"},
		"direction overridden":             {"Jane \u202eeoD\u202c", "Jane eoD"},
		"direction isolated":               {"\u2066Jane\u2069 \u2068Doe\u2069", "Jane Doe"},
		"direction marks":                  {"\u200eJane\u200f\u061c", "Jane"},
		"byte order mark":                  {"\ufeffJane", "Jane"},
		"soft hyphen":                      {"Ja\u00adne", "Jane"},
		"zero-width space":                 {"Ja\u200bne", "Jane"},
		"invisible operators":              {"Ja\u2062ne\u2064", "Jane"},
		"word joiner":                      {"Jane\u2060Doe", "JaneDoe"},
		"interlinear annotation":           {"\ufff9Jane\ufffb", "Jane"},
		"hidden words in tag characters":   {"Jane\U000e0048\U000e0069", "Jane"},
		"no character":                     {"Jane\ufffe\U0001ffff\ufdd0", "Jane"},
		"invalid bytes":                    {"Ja\xffne\xc3", "Jane"},
		"an invalid byte, as it was read":  {"Ja\ufffdne", "Jane"},
		"joiners among Latin letters":      {"J\u200da\u200cn\u200de", "Jane"},
		"joiners in a row":                 {"نیم\u200c\u200c\u200dفاصله", "نیم\u200cفاصله"},
		"Persian":                          {"نیلوفر علی\u200cزاده", "نیلوفر علی\u200cزاده"},
		"Sinhala":                          {"ශ්\u200dරී", "ශ්\u200dරී"},
		"Malayalam, at the end":            {"മോഹന്\u200d", "മോഹന്\u200d"},
		"Devanagari":                       {"क्\u200cष", "क्\u200cष"},
		"Mongolian":                        {"ᠠᠮᠠᠷᠰᠠᠨ\u180eᠠ", "ᠠᠮᠠᠷᠰᠠᠨ\u180eᠠ"},
		"a family":                         {"Doe 👨\u200d👩\u200d👧", "Doe 👨\u200d👩\u200d👧"},
		"a profession with a tone of skin": {"👩🏽\u200d🚀 Jo", "👩🏽\u200d🚀 Jo"},
		"a heart with a variation":         {"👩\u200d❤\ufe0f\u200d👨", "👩\u200d❤\ufe0f\u200d👨"},
		"the flag of Wales":                {"🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f", "🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f"},
		"a visible sign of a number":       {"\u0600١٢", "\u0600١٢"},
		"combining accents":                {"Zoe\u0308", "Zoe\u0308"},

		"nothing: zero-width space":     {"\u200b", ""},
		"nothing: joiners":              {"\u200d\u200c", ""},
		"nothing: directions and gaps":  {" \u202e\u00a0\u2069 ", ""},
		"nothing: Hangul filler":        {"\u3164", ""},
		"nothing: halfwidth filler":     {"\uffa0 \u115f\u1160", ""},
		"nothing: blank braille":        {"\u2800\u2800", ""},
		"nothing: variation selectors":  {"\ufe0f\U000e0100", ""},
		"nothing: grapheme joiner":      {"\u034f", ""},
		"nothing: byte order marks":     {"\ufeff\ufeff", ""},
		"nothing: filler with a joiner": {"\u3164\u200d", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := cleanLine(test.text); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if got := cleanLine(test.want); got != test.want {
				t.Errorf("once more: %q", got)
			}
		})
	}
}

// TestCut keeps what people see as one character whole where a text is too long.
func TestCut(t *testing.T) {
	for name, test := range map[string]struct{ last, want string }{
		"letter":                  {"e", "e"},
		"letter and its accent":   {"e\u0308", ""},
		"emoji and its tone":      {"👋🏽", ""},
		"family":                  {"👨\u200d👩\u200d👧", ""},
		"country":                 {"🇩🇪", ""},
		"syllable of Hangul":      {"\u1112\u1161\u11ab", ""},
		"letter and its ZWJ form": {"ന്\u200d", ""},
	} {
		t.Run(name, func(t *testing.T) {
			begin := strings.Repeat("ä", maxTagLength-1)
			if got := clean(begin + test.last); got != begin+test.want {
				t.Errorf("got …%q, want …%q", strings.TrimPrefix(got, begin), test.want)
			}
		})
	}
	if got := clean("a" + strings.Repeat("\u0308", 3000)); utf8.RuneCountInString(got) != maxTagLength {
		t.Errorf("one character that is too long: %d", utf8.RuneCountInString(got))
	}
}

// FuzzClean holds that nothing that is sent holds an invalid byte or a control character, is too long, or changes
// when it is cleaned once more.
func FuzzClean(f *testing.F) {
	for _, seed := range []string{"Jane", "\x00\xff", "\u202e", "👩🏽\u200d🚀", strings.Repeat("e\u0308", 1001), " \u3164 "} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := clean(text)
		if !utf8.ValidString(got) || strings.ContainsFunc(got, unicode.IsControl) || utf8.RuneCountInString(got) > maxTagLength {
			t.Errorf("%q: got %q", text, got)
		}
		if again := clean(got); again != got {
			t.Errorf("%q, once more: got %q, want %q", text, again, got)
		}
	})
}

func TestPlausibleAddress(t *testing.T) {
	label, local := strings.Repeat("d", maxLabel), strings.Repeat("l", maxLocal)
	for address, want := range map[string]bool{
		"jane@example.com":                                   true,
		"jane+1@mail.example.co.uk":                          true,
		"jane@" + label + ".example":                         true,
		"jane@" + label + "d.example":                        false,
		"jane@example." + label + "d":                        false,
		local + "@example.com":                               true,
		local + "l@example.com":                              false,
		strings.Repeat("ü", 33) + "@example.com":             false,
		"jane@" + strings.Repeat("ü", 40) + ".example":       true,
		"jane@" + strings.Repeat("ü", 60) + ".example":       false,
		local + "@" + label + "." + label + "." + label[:61]: true,  // 254 bytes
		local + "@" + label + "." + label + "." + label[:62]: false, // 255
		"jane@example..com":                                  false,
		"jane@.com":                                          false,
		"jane@example.":                                      false,
		"ja\xffne@example.com":                               false,
		"ja\ufffdne@example.com":                             false,
		"ja\x00ne@example.com":                               false,
		"ja ne@example.com":                                  false,
		"":                                                   false,
	} {
		if got := plausibleAddress(address); got != want {
			t.Errorf("%q: got %t", address, got)
		}
	}
}

// FuzzPlainText holds that plain texts and addresses, which are looked at more simply, come to the same.
func FuzzPlainText(f *testing.F) {
	for _, text := range []string{
		"", " ", "Jane Doe", " Jane  van der Doe ", "jane@example.com", "jane.doe+x@mail.example", "jane..d@a.b",
		".jane@a.b", "jane.@a.b", "jane@a.b.", "jane@a..b", "@a.b", "jane@", "jane@a@b.c", `"j@d"@a.b`, "j(d)@a.b",
		"<jane@a.b>", "jane@[1.2.3.4]", "Jane <jane@a.b>", "jane:doe;@a.b", "a,b@c.d", "jane@a_b.c", "!#$%&'*+-/=?^_`{|}~@a.b",
		"jane@a.b ", "j\x7f@a.b", "jän@a.b", "jane@ä.b", "j\xff@a.b", "\u200b", strings.Repeat("long ", 500),
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		// What is not printable ASCII takes the long way, and what was put behind it is invisible.
		long := text + "\u200b"
		for name, clean := range map[string]func(string) string{
			"clean": clean, "cleanLine": cleanLine, "cleanAddress": cleanAddress,
		} {
			if got, want := clean(text), clean(long); got != want && printable(text) {
				t.Errorf("%s(%q): got %q, the long way %q", name, text, got, want)
			}
		}
		local, domain, _ := strings.Cut(text, "@")
		if dotAtom(local) && dotAtom(domain) {
			if parsed, err := mail.ParseAddress(text); err != nil || parsed.Name != "" || parsed.Address != text {
				t.Errorf("%q: got %+v (%v), want itself", text, parsed, err)
			}
		}
	})
}

// TestDecidedWithFewObjects holds what each decision of an ordinary conversation costs the collector.
func TestDecidedWithFewObjects(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector, which has objects of its own, runs the short tests")
	}
	policy, candidate := testPolicy(), plain()
	candidate.Conversation.ID = "5f1e3c9b8d7a6e5f4c3b2a19"
	policy.Decide(candidate)
	for name, tt := range map[string]struct {
		most float64
		do   func()
	}{
		"key":     {0, func() { KeyOf(candidate.Conversation) }},
		"address": {0, func() { plausibleAddress("jane.doe@mail.example.com") }},
		"name":    {0, func() { cleanLine("Jane van der Doe") }},
		"screen":  {5, func() { policy.Screen(candidate) }},
		"whole":   {12, func() { policy.Decide(candidate) }},
	} {
		if objects := testing.AllocsPerRun(100, tt.do); objects > tt.most {
			t.Errorf("%s: %v objects, at most %v are allowed", name, objects, tt.most)
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

// TestFirstCode takes of several languages and countries the first that is a code.
func TestFirstCode(t *testing.T) {
	candidate := plain()
	candidate.Conversation.DefaultLang = "pt_br"
	candidate.Customer.DefaultLang, candidate.Customer.Locale = "Portuguese", "x"
	for expression, want := range map[string]string{
		`[customer.language, conversation.language, "en"]`: "pt-BR",
		`[customer.language, "en_GB"]`:                     "en-GB",
		`[custom.none, customer.locale, "", "fr"]`:         "fr",
		`[customer.language, "klingon"]`:                   "",
		`customer.language`:                                "",
		`["de", "fr"]`:                                     "de",
	} {
		if got := mapped(t, FieldTexts{Language: expression}).Decide(candidate).Request.Language; got != want {
			t.Errorf("language %s: got %q, want %q", expression, got, want)
		}
	}
	for expression, want := range map[string]string{
		`[customer.locale, "AT"]`: "AT", `["Austria", "276", "deu", "AT"]`: "DE", `[custom.none, "EU"]`: "", `split("xx,ch", ",")`: "CH",
	} {
		if got := mapped(t, FieldTexts{Country: expression}).Decide(candidate).Request.Country; got != want {
			t.Errorf("country %s: got %q, want %q", expression, got, want)
		}
	}
}

// TestCleanKeepsFlags keeps the tag characters of a flag, all of them, and nothing else that cannot be seen.
func TestCleanKeepsFlags(t *testing.T) {
	for text, want := range map[string]string{
		"\U0001f3f4\U000e0067\U000e0062\U000e007f": "\U0001f3f4\U000e0067\U000e0062\U000e007f",
		"\U0001f3f4\U000e0020":                     "\U0001f3f4\U000e0020",
		"\U0001f3f4\u2060x":                        "\U0001f3f4x",
		"\U0001f3f4\U000e0001x":                    "\U0001f3f4x",
		"x\U000e0067":                              "x",
	} {
		if got := clean(text); got != want {
			t.Errorf("%+q: got %+q, want %+q", text, got, want)
		}
	}
}

// TestAddressWithOddBlanks is none: a blank within it is not always one of ASCII, and not always a control character.
func TestAddressWithOddBlanks(t *testing.T) {
	for _, text := range []string{"jane\u00a0doe@example.com", "jane\u0080@example.com", "jane@exam\u3000ple.com"} {
		if plausibleAddress(text) {
			t.Errorf("%+q is taken", text)
		}
	}
}
