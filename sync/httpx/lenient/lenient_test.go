package lenient

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
)

// decode returns the T in a text.
func decode[T any](t *testing.T, text string) (value T) {
	t.Helper()
	if err := Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return value
}

// TestValue reads a value of whatever type comes.
func TestValue(t *testing.T) {
	for body, want := range map[string]Value{
		`null`:                       {},
		`""`:                         {Given: true},
		`" "`:                        {Text: " ", Given: true},
		`"a\u0062"`:                  {Text: "ab", Given: true, Present: true, MaybeTrue: true},
		`17.50`:                      {Text: "17.50", Given: true, Present: true, MaybeTrue: true},
		`0`:                          {Text: "0", Given: true, Present: true},
		`1`:                          {Text: "1", Given: true, Present: true, True: true, MaybeTrue: true},
		`true`:                       {Given: true, Present: true, True: true, MaybeTrue: true},
		`" TRUE "`:                   {Text: " TRUE ", Given: true, Present: true, True: true, MaybeTrue: true},
		`false`:                      {Given: true, Present: true},
		`"No"`:                       {Text: "No", Given: true, Present: true},
		`[true]`:                     {Given: true, Present: true, MaybeTrue: true},
		`{"isMasked":true}`:          {Masked: true, Given: true, Present: true, MaybeTrue: true},
		`{"maskedPresentation":"*"}`: {Masked: true, Given: true, Present: true, MaybeTrue: true},
		`{"isMasked":false}`:         {Given: true, Present: true, MaybeTrue: true},
	} {
		if diff := cmp.Diff(want, decode[Value](t, body)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", body, diff)
		}
	}
}

// TestValueTwice keeps of a name that comes twice the doubt of both.
func TestValueTwice(t *testing.T) {
	object := decode[struct{ A Value }](t, `{"a":true,"a":null}`)
	if want := (Value{Given: true, Present: true, MaybeTrue: true}); object.A != want {
		t.Errorf("got %+v, want %+v", object.A, want)
	}
}

// TestNumbers takes nothing for a number of which a digit would be lost.
func TestNumbers(t *testing.T) {
	for text, want := range map[string]struct {
		n     int64
		whole bool
		count bool
	}{
		"17": {17, true, true}, "3.0": {3, true, true}, "1e3": {1000, true, true}, "-5": {-5, true, false},
		"9223372036854775807": {math.MaxInt64, true, math.MaxInt == math.MaxInt64},
		"1.5":                 {}, "": {}, "many": {}, "NaN": {}, "inf": {}, "1e300": {}, "1e999": {}, "9007199254740993.0e1": {},
	} {
		v := Value{Text: text}
		n, whole := v.Int()
		count, counts := v.Count()
		if n != want.n || whole != want.whole || counts != want.count || counts && int64(count) != n {
			t.Errorf("%q: got %d, %t and %d, %t", text, n, whole, count, counts)
		}
	}
}

// TestTimes reads a time in the layouts that are named, and as an epoch, and takes none that a calendar has not.
func TestTimes(t *testing.T) {
	at := time.Date(2026, 10, 20, 10, 5, 40, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"2026-10-20T12:05:40+02:00": at, "1792490740": at, "1792490740000": at,
		"2026-10-20 10:05:40": {}, "0000-01-01T00:00:00Z": {}, "253402300800000": {}, "-1": {}, "soon": {},
	} {
		v := Value{Text: text}
		got := v.Time(time.DateOnly, time.RFC3339Nano)
		if got.IsZero() {
			got = v.Epoch()
		}
		if !got.Equal(want) {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

func TestList(t *testing.T) {
	for body, want := range map[string]List{
		`null`: nil, `" "`: nil, `[]`: nil, `"a"`: {"a"}, `7`: {"7"}, `{"id":"a"}`: {"a"}, `{"isMasked":true}`: {""},
		`["a",null,"",{"id":7},{"x":1},["y"],false]`: {"a", "7", "", "", ""},
	} {
		if diff := cmp.Diff(want, decode[List](t, body)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", body, diff)
		}
	}
	if diff := cmp.Diff([]string{"a"}, List{"", "a", ""}.Known()); diff != "" {
		t.Errorf("known (-want +got):\n%s", diff)
	}
}

func TestEmpty(t *testing.T) {
	for body, want := range map[string]bool{
		`null`: true, `""`: true, `" "`: true, `[ ]`: true, `[null]`: false, `{}`: false, `false`: false, `0`: false,
	} {
		if got := Empty([]byte(body)); got != want {
			t.Errorf("%s: got %t", body, got)
		}
	}
}

// FuzzLenient holds that what is JSON to encoding/json decodes, whatever its shape, and nothing else, that a text is the
// same to both, and that what is around an odd value stays.
func FuzzLenient(f *testing.F) {
	for _, seed := range []string{
		`null`, `{"id":[{}]}`, `["a",{"isMasked":1}]`, `-0`, `"\ud800"`, ` [ ] `, `"\ud800\u0041\udc00"`, "\"\xff\xed\xa0\x80\"", `"\/\u0000"`,
		`{"id":1,"ID":"b","ıd":2}`, `1e999`, `01`, `"\x"`, `[1,]`, `{"a"}`, "\ufeff1", `nul`, `"`, `1 2`, strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var row struct {
			Value  Value
			List   List
			Object Of[struct{ ID Value }]
			After  Value
		}
		text := `{"value":` + string(body) + `,"list":` + string(body) + `,"object":` + string(body) + `,"after":"x"}`
		var plain struct{ Value, After any }
		err := Unmarshal([]byte(text), &row)
		if valid := json.Valid([]byte(text)); valid != (err == nil) {
			t.Fatalf("%s: %v, to encoding/json it is valid: %t", text, err, valid)
		} else if !valid {
			return
		}
		_ = json.Unmarshal([]byte(text), &plain) // a number out of range
		if words, ok := plain.Value.(string); ok && words != row.Value.Text {
			t.Errorf("%s: the text is %q, to encoding/json %q", text, row.Value.Text, words)
		}
		if words, ok := plain.After.(string); ok && words != row.After.Text {
			t.Errorf("%s: %+v follows, to encoding/json %q", text, row.After, words)
		}
		if row.Value.Masked && row.Value.Text != "" || row.Value.True && !row.Value.MaybeTrue {
			t.Errorf("%s: %+v", body, row.Value)
		}
	})
}

// TestNames matches the name of a member as encoding/json does.
func TestNames(t *testing.T) {
	type row struct {
		DoneCount Value `json:"doneCount"`
		Status    Value `json:"status"`
		Custom    Value `json:"acsync_intent"`
	}
	for text, want := range map[string]row{
		`{"doneCount":1}`:             {DoneCount: decode[Value](t, `1`)},
		`{"DONECOUNT":1}`:             {DoneCount: decode[Value](t, `1`)},
		`{"\u0064oneCount":1}`:        {DoneCount: decode[Value](t, `1`)},
		`{"done_count":1}`:            {},
		`{"done-count":1}`:            {},
		`{"ſtatuſ":1}`:                {Status: decode[Value](t, `1`)},
		`{"acsyncIntent":1}`:          {},
		`{"Acsync_Intent":1}`:         {Custom: decode[Value](t, `1`)},
		`{"status":"a","Status":"b"}`: {Status: decode[Value](t, `"b"`)},
	} {
		if diff := cmp.Diff(want, decode[row](t, text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

// TestOf leaves out what is no object: null takes back what an earlier object of the same name said, anything else does not.
func TestOf(t *testing.T) {
	type row struct{ To Of[struct{ A, B Value }] }
	for text, want := range map[string]string{
		`{"to":{"a":"x"}}`: "x", `{"to":["x"]}`: "", `{"to":"x"}`: "", `{"to":null}`: "", `{}`: "",
		`{"to":{"a":"x"},"to":7}`: "x", `{"to":{"a":"x"},"to":null}`: "", `{"to":{"a":"x"},"to":{"b":"y"}}`: "",
	} {
		if got := decode[row](t, text).To.Value.A.Text; got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

// TestUnmarshalErrors say what is wrong, and no more of the text than a character.
func TestUnmarshalErrors(t *testing.T) {
	for text, want := range map[string]string{
		``: "unexpected end of JSON input", ` `: "unexpected end of JSON input", `{"name":"Jane`: "unexpected end of JSON input",
		`{"name":"Jane"`: "unexpected end of JSON input", `Jane`: "invalid character 'J' in JSON, after 0 bytes",
		`{"name":Jane}`: "invalid character 'J' in JSON, after 8 bytes", `{"a":1}Jane`: "invalid character 'J' in JSON, after 7 bytes",
		`["Jane"]`: "it is JSON of another shape than expected", `"\uJane"`: `invalid character '\\' in JSON, after 1 bytes`,
	} {
		if err := Unmarshal([]byte(text), new(struct{ Name Value })); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}

// TestTextsAreCopies holds that what is kept of a text does not keep the text, and that equal short texts are one.
func TestTextsAreCopies(t *testing.T) {
	body := []byte(`["5ce4672fcce83d001a9e83e8","5ce4672fcce83d001a9e83e8"]`)
	var list List
	if err := Unmarshal(body, &list); err != nil || len(list) != 2 {
		t.Fatal(list, err)
	}
	if unsafe.StringData(list[0]) != unsafe.StringData(list[1]) {
		t.Error("the same id is kept twice")
	}
	clear(body)
	if list[0] != "5ce4672fcce83d001a9e83e8" {
		t.Errorf("the body was kept: %q", list[0])
	}
}
