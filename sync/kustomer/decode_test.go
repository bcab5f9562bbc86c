package kustomer

import (
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"acsync/sync/httpx"
)

// realPage is a search page of so many conversations as Kustomer gives them: with all of the attributes, of which most
// are not used. Ids, customers and times are each conversation's own, agents, teams and tags are shared by some.
func realPage(t testing.TB, rows int) []byte {
	t.Helper()
	var answer struct{ Data []json.RawMessage }
	if err := json.Unmarshal([]byte(testdata(t, "search-response.json")), &answer); err != nil {
		t.Fatal(err)
	}
	list := make([]string, rows)
	for i := range list {
		list[i] = strings.NewReplacer(
			"6716500fa1b2c3d4e5f6", fmt.Sprintf("6716500fa1b2c3d4%04x", i), "58210c3db0f09110006b7953", fmt.Sprintf("58210c3db0f0911000%06x", i),
			"5ce4672fcce83d001a9e83e8", fmt.Sprintf("5ce4672fcce83d001a9e%04x", i%40), "5d8bb1995886ef001aee07d3", fmt.Sprintf("5d8bb1995886ef001aee%04x", i%8),
			"5849765dc41e372700cc84a3", fmt.Sprintf("5849765dc41e372700cc%04x", i%100), "4417", fmt.Sprint(400_000+i),
			"T10:05:40.", fmt.Sprintf("T%02d:%02d:%02d.", 10+i/3600, i/60%60, i%60), "T09:00:02.", fmt.Sprintf("T09:%02d:%02d.", i/60%60, i%60),
			"\n", "", ", \"", ",\"", "\": ", "\":", "  ", "",
		).Replace(string(answer.Data[0]))
	}
	return fmt.Appendf(nil, `{"meta":{"pageSize":500,"page":1,"total":%d,"totalPages":1},"links":{"next":null},"data":[%s]}`, rows, strings.Join(list, ","))
}

// readPage decodes a search page.
func readPage(t testing.TB, body []byte) Page[Conversation] {
	q, err := window(t).checked()
	if err != nil {
		t.Fatal(err)
	}
	page, err := decodePage(&httpx.Response{Status: http.StatusOK, Body: body}, q, conversations, true)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// BenchmarkDecodePage decodes a page of 500 conversations.
func BenchmarkDecodePage(b *testing.B) {
	const rows = 500
	body := realPage(b, rows)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for b.Loop() {
		readPage(b, body)
	}
	runtime.ReadMemStats(&after)
	read := float64(rows * b.N)
	b.ReportMetric(float64(b.Elapsed().Microseconds())/read, "µs/conversation")
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/read, "objects/conversation")
}

// TestDecodePageAllocates holds how many objects a conversation takes: a pass reads hundreds of thousands of them.
func TestDecodePageAllocates(t *testing.T) {
	const rows, most = 500, 40
	body := realPage(t, rows)
	if n := len(readPage(t, body).Items); n != rows {
		t.Fatalf("%d conversations came out of %d", n, rows)
	}
	if objects := testing.AllocsPerRun(3, func() { readPage(t, body) }) / rows; objects > most {
		t.Errorf("%.1f objects for each conversation, want %d at most", objects, most)
	}
}

// TestDecodePageTakesLittleRoom holds that a page takes less room than it has itself.
func TestDecodePageTakesLittleRoom(t *testing.T) {
	body := realPage(t, 500)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	readPage(t, body)
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > uint64(len(body)) {
		t.Errorf("took %d bytes for a page of %d", took, len(body))
	}
}

// TestTooManyRows refuses an answer of more rows than a page can have, in which the smallest of them would take many times
// the room of the answer.
func TestTooManyRows(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long, and has no goroutines of its own that share anything")
	}
	for row, count := range map[string]int{`{"id":"a","attributes":{"a":0}}`: mostRows, "0": mostRows} {
		text := `{"data":[` + strings.Repeat(row+",", count-1) + row
		if e, err := body(text+`]}`, conversations); err != nil || len(e.Data.good)+len(e.Data.broken) != mostRows {
			t.Errorf("%s as often as may be: %v", row, err)
		}
		if _, err := body(text+`,`+row+`]}`, conversations); err == nil || !strings.Contains(err.Error(), "more records than any page") {
			t.Errorf("%s once more: %v", row, err)
		}
	}
}

// TestOddAnswers reads an answer as well as can be where a member is there twice, in another case, or of another shape: the
// last one counts, and of what is no object nothing.
func TestOddAnswers(t *testing.T) {
	const row = `{"id":"a","attributes":{"status":"done"}}`
	for text, want := range map[string]string{ // the ids of the conversations, their states and customers, or the error
		`{"data":[` + row + `]}`:                                 "a done ",
		`{"DATA":[{"ID":"a","Attributes":{"STATUS":"done"}}]}`:   "a done ",
		`{"data":null,"data":[` + row + `]}`:                     "a done ",
		`{"data":[` + row + `],"data":null}`:                     "it has no data",
		`{"data":[` + row + `],"data":[]}`:                       "",
		`{"data":[` + row + `],"Data":7}`:                        "its data is no list",
		`[` + row + `]`:                                          "it is JSON of another shape than expected",
		`null`:                                                   "it has no data",
		`{"data":[` + row + `]}]`:                                "invalid character ']' in JSON, after 52 bytes",
		`{"data":[` + row + `]`:                                  "unexpected end of JSON input",
		`{"data":[{"id":"a","id":7,"attributes":{"status":1}}]}`: "7 1 ",
		`{"data":[{"id":"a","id":null,"attributes":{"a":1}}]}`:   "broken ",
		`{"data":[{"id":"a","attributes":{"status":"done"},"attributes":{"a":1}}]}`:                                                "a  ",
		`{"data":[{"id":"a","attributes":{"status":"done"},"attributes":{ }}]}`:                                                    "broken a",
		`{"data":[{"id":"a","attributes":{"status":"done"},"attributes":null}]}`:                                                   "broken a",
		`{"data":[{"id":"a","attributes":[],"attributes":{"status":"done"}}]}`:                                                     "a done ",
		`{"data":[{"id":"a","type":"conversation","type":null,"attributes":{"a":1}}]}`:                                             "a  ",
		`{"data":[{"id":"a","type":["user"],"attributes":{"a":1}}]}`:                                                               "a  ",
		`{"data":[{"id":"a","attributes":{"status":"done\ud800"}}]}`:                                                               "a done\ufffd ",
		`{"data":[{"id":"a","attributes":{"status":"` + "\xff\xfe" + `"}}]}`:                                                       "a \ufffd\ufffd ",
		`{"data":[{"id":"a","attributes":{"a":1},"relationships":{"customer":{"data":{"id":"c"}}}}]}`:                              "a  c",
		`{"data":[{"id":"a","attributes":{"a":1},"relationships":{"customer":{"data":{"id":"c"}},"customer":7}}]}`:                 "a  c",
		`{"data":[{"id":"a","attributes":{"a":1},"relationships":{"customer":{"data":{"id":"c"}},"Customer":{"data":null}}}]}`:     "a  ",
		`{"data":[{"id":"a","attributes":{"a":1},"relationships":{"customer":{"data":[{"id":"c"}]}},"relationships":["x"]}]}`:      "a  ",
		`{"data":[{"id":"a","attributes":{"a":` + strings.Repeat("[", 9_990) + strings.Repeat("]", 9_990) + `,"status":"done"}}]}`: "a done ",
		`{"data":[{"id":"a","attributes":{"a":` + strings.Repeat("[", 9_999) + strings.Repeat("]", 9_999) + `}}]}`:                 "invalid character '[' in JSON",
	} {
		got := ""
		if e, err := parseList(&httpx.Response{Body: []byte(text)}, conversations); err != nil {
			got = err.Error()
		} else if len(e.Data.broken) > 0 {
			got = "broken " + strings.Join(e.Data.broken, " ")
		} else {
			for _, c := range values(e.Data.good) {
				got += c.ID + " " + c.Status + " " + c.CustomerID
			}
		}
		if got != want && (want == "" || !strings.Contains(got, want)) {
			t.Errorf("%s: got %q, want %q", text[:min(len(text), 140)], got, want)
		}
	}
}

// TestRowsTwice takes a record that comes twice where it is the same each time, in its content as it is written.
func TestRowsTwice(t *testing.T) {
	const row = `{"id":"a1","type":"tag","attributes":{"name":"x","rev":1},"relationships":{"org":{}}}`
	for again, kept := range map[string]bool{
		row: true, strings.Replace(row, "a1", "A1", 1): true,
		`{"relationships" :` + "\n" + `{"org":{}}, "attributes" : {"name":"x","rev":1} ,"type":"tag","id":"a1","links":7}`: true,
		strings.Replace(row, `"rev":1`, `"rev":2`, 1):              false,
		strings.Replace(row, `"org":{}`, `"org":null`, 1):          false,
		strings.Replace(row, `"type":"tag",`, ``, 1):               false,
		strings.Replace(row, `,"relationships":{"org":{}}`, ``, 1): false,
		`{"id":"A1"}`: false,
	} {
		e, err := body(`{"data":[`+row+`,{"id":"b"},`+again+`,`+row+`]}`, tags)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(values(consistent(e.Data.good))); got != map[bool]int{true: 2, false: 1}[kept] {
			t.Errorf("%s: %d rows are kept", again, got)
		}
	}
}
