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
