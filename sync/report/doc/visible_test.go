package doc

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// poisoned is text that people can have written into a name, a channel or a tag.
const poisoned = "a\x1b]0;owned\ab\x1b[31mc\x1b[2Jd\u009b1me\u202ef\u200bg\u2028h\u2029i\r\n\x00\x7f\u0085j\xff\xfek\u2066l\ufeffm\U000e0041n"

// raw tells what of a text must not be shown as it is, beside the signs that may.
func raw(text, may string) string {
	if !utf8.ValidString(text) {
		return "bytes that are no text"
	}
	for _, c := range text {
		if unicode.In(c, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp) && !strings.ContainsRune(may, c) {
			return string(c)
		}
	}
	return ""
}

func TestPrintable(t *testing.T) {
	if got, want := Printable(poisoned), "a]0;ownedb[31mc[2Jd1mefg h i jklmn"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := Printable("Zoë  Œuvre\tمرحبا 日本 👍"); got != "Zoë Œuvre مرحبا 日本 👍" {
		t.Errorf("got %q", got)
	}
}

// TestVisible makes hostile text visible, in whatever pieces it comes, and lets pass what is harmless.
func TestVisible(t *testing.T) {
	const want = `a\u001b]0;owned\u0007b\u001b[31mc\u001b[2Jd\u009b1me\u202ef\u200bg\u2028h\u2029i` + "\r\n" +
		`\u0000\u007f\u0085j\ufffd\ufffdk\u2066l\ufeffm\udb40\udc41n`
	colors := strings.Replace(want, `\u001b[31m`, "\x1b[31m", 1)
	for _, test := range []struct {
		name, text string
		visible    Visible
		want       string
	}{
		{"text", poisoned, Visible{}, want},
		{"on a terminal with colours", poisoned, Visible{Colors: true}, colors},
		{"left out", poisoned, Visible{Drop: true}, "a]0;ownedb[31mc[2Jd1mefghi\r\njklmn"},
		{"harmless", "Zoë\tمرحبا 日本 👍 \ufffd\r\n\n", Visible{}, "Zoë\tمرحبا 日本 👍 \ufffd\r\n\n"},
		{"cut off", "a\x1b[3", Visible{Colors: true}, `a\u001b[3`},
		{"cut off in a character", "a\xe2\x80", Visible{}, `a\ufffd\ufffd`},
		{"endless", "\x1b[" + strings.Repeat("1;", 20) + "m", Visible{Colors: true}, `\u001b[` + strings.Repeat("1;", 20) + "m"},
		{"a return alone", "a\rb\r", Visible{}, `a\u000db\u000d`},
	} {
		t.Run(test.name, func(t *testing.T) {
			for size := 1; size <= len(test.text); size++ {
				var got bytes.Buffer
				v := test.visible
				v.To = &got
				for text := test.text; text != ""; {
					n := min(size, len(text))
					if wrote, err := v.Write([]byte(text[:n])); wrote != n || err != nil {
						t.Fatal(wrote, err)
					}
					text = text[n:]
				}
				if err := v.Close(); err != nil {
					t.Fatal(err)
				}
				if got.String() != test.want {
					t.Fatalf("in pieces of %d: got %q, want %q", size, got.String(), test.want)
				}
			}
		})
	}
}

// TestVisibleJSON leaves what JSON says as it is.
func TestVisibleJSON(t *testing.T) {
	var before, after bytes.Buffer
	object := map[string]string{"id": poisoned, "<&>\"\\": "\U000e0001 ok"}
	if err := json.NewEncoder(&before).Encode(object); err != nil {
		t.Fatal(err)
	}
	v := Visible{To: &after}
	if _, err := v.Write(before.Bytes()); err != nil {
		t.Fatal(err)
	}
	var a, b map[string]string
	if err := json.Unmarshal(before.Bytes(), &a); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(after.Bytes(), &b); err != nil {
		t.Fatal(err)
	}
	for key, value := range a {
		if b[key] != value {
			t.Errorf("%q became %q", value, b[key])
		}
	}
	if c := raw(after.String(), "\n"); c != "" {
		t.Errorf("%q is left in %q", c, after.String())
	}
}
