package lenient

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

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
		if diff := cmp.Diff(want, Decode[Value]([]byte(body))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", body, diff)
		}
	}
}

// TestValueTwice keeps of a name that comes twice the doubt of both.
func TestValueTwice(t *testing.T) {
	object := Decode[struct{ A Value }]([]byte(`{"a":true,"a":null}`))
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
		if diff := cmp.Diff(want, Decode[List]([]byte(body))); diff != "" {
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

// FuzzLenient holds that valid JSON of any shape decodes, and that what is around an odd value stays.
func FuzzLenient(f *testing.F) {
	for _, seed := range []string{`null`, `{"id":[{}]}`, `["a",{"isMasked":1}]`, `-0`, `"\ud800"`, ` [ ] `} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if !json.Valid(body) {
			return
		}
		var row struct {
			Value  Value
			List   List
			Number Of[int]
			After  Value
		}
		text := `{"value":` + string(body) + `,"list":` + string(body) + `,"number":` + string(body) + `,"after":"x"}`
		if err := json.Unmarshal([]byte(text), &row); err != nil || row.After.Text != "x" {
			t.Errorf("%s: %v, %+v", text, err, row)
		}
		if row.Value.Masked && row.Value.Text != "" || row.Value.True && !row.Value.MaybeTrue {
			t.Errorf("%s: %+v", body, row.Value)
		}
	})
}
