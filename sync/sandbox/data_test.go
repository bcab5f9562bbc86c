package sandbox

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestIDsCanBeReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := seed(rapid.Uint64().Draw(t, "seed"))
		want := slot{
			class(rapid.IntRange(1, 9).Draw(t, "class")), rapid.Int64Range(0, 1<<22-1).Draw(t, "hour"),
			rapid.IntRange(0, maxIndex-1).Draw(t, "index"),
		}
		got, ok := s.slot(s.id(want, time.Unix(rapid.Int64Range(0, 1<<31).Draw(t, "created"), 0)))
		if !ok || got != want {
			t.Fatalf("got %v %v, want %v", got, ok, want)
		}
	})
}

func TestEveryKindComesSeveralTimesInAnyThreeHours(t *testing.T) {
	for _, seed := range []uint64{0, 1, 20261122} {
		s, _ := fixed(t, Options{Seed: seed, Busy: 12 * time.Hour})
		for from := noon.Add(-11 * time.Hour); from.Before(noon.Add(-3 * time.Hour)); from = from.Add(97 * time.Minute) {
			count := map[string]int{}
			for _, c := range s.Conversations(from, from.Add(3*time.Hour)) {
				count[c.Kind]++
			}
			for _, kind := range kinds {
				if count[kind.name] < 2 {
					t.Errorf("seed %d from %s: %d of kind %q, want several", seed, from, count[kind.name], kind.name)
				}
			}
		}
	}
}

func TestAnHourHasAsManyAsItsMixSays(t *testing.T) {
	if len(mix) != defaultPerHour {
		t.Errorf("the mix has %d conversations, want %d", len(mix), defaultPerHour)
	}
	for _, perHour := range []int{1, 7, 130, 5000} {
		s, _ := fixed(t, Options{PerHour: perHour})
		hour := noon.Truncate(time.Hour).Add(-time.Hour)
		if got := len(s.Conversations(hour, hour.Add(time.Hour))); got != perHour {
			t.Errorf("%d conversations in an hour, want %d", got, perHour)
		}
	}
}

func TestTheStartWindowShowsEveryDecision(t *testing.T) {
	for seed := range uint64(5) {
		for _, minutes := range []int{0, 13, 29, 47} {
			c := &clock{noon.Add(time.Duration(minutes) * time.Minute)}
			s, err := New(Options{Seed: seed, Now: c.now})
			if err != nil {
				t.Fatal(err)
			}
			count, tooOld := map[string]int{}, 0
			for _, each := range s.Conversations(s.Start(), c.Time) {
				count[each.Expect]++
				if c.Sub(each.Resolved) > 72*time.Hour {
					tooOld++
				}
			}
			if n := count[Send]; n < 250 || n > 350 {
				t.Errorf("seed %d: %d conversations to send, want about 300", seed, n)
			}
			if tooOld < 2 || tooOld > 5 {
				t.Errorf("seed %d: %d conversations of more than 72 h, want a handful", seed, tooOld)
			}
			for _, reason := range []string{
				"not_done", "imported", "spam", "no_agent", "agent_is_machine", "no_agent_email", "do_not_send", "no_customer",
				"no_email", "invalid_email", "masked_email", "no_channel",
			} {
				if count[reason] < 2 {
					t.Errorf("seed %d: %d of %q, want several", seed, count[reason], reason)
				}
			}
			if n := len(s.Earlier()); n < 3 || n > 8 {
				t.Errorf("seed %d: %d sent earlier, want a few", seed, n)
			}
		}
	}
}

func TestEarlierOnesArePlainAndFound(t *testing.T) {
	s, _ := fixed(t, Options{Seed: 4})
	rows := ids(s.found(t, window("conversation", s.Start(), noon)))
	for _, e := range s.Earlier() {
		c, ok := s.world.conversation(e.ID, noon)
		if !ok || c.Expect != Send || !c.Resolved.Equal(e.Resolution) || !rows[e.ID] {
			t.Errorf("%s: expect %q resolved %s found %v, want a plain one that a search finds", e.ID, c.Expect, c.Resolved, rows[e.ID])
		}
	}
}

func TestALaterProcessSeesTheSameAndWhatGotDoneSince(t *testing.T) {
	early, _ := fixed(t, Options{Seed: 9})
	later, err := New(Options{Seed: 9, Now: func() time.Time { return noon.Add(7 * time.Minute) }})
	if err != nil {
		t.Fatal(err)
	}
	from := noon.Add(-2 * time.Hour)
	before, after := early.Conversations(from, noon), later.Conversations(from, noon)
	if diff := cmp.Diff(after, before); diff != "" {
		t.Errorf("the same window differs:\n%s", diff)
	}
	if n := len(later.Conversations(noon, noon.Add(time.Hour))); n < 5 {
		t.Errorf("%d conversations done since, want some", n)
	}
	for _, c := range later.Conversations(from, noon.Add(time.Hour)) {
		if c.Resolved.After(noon.Add(7 * time.Minute)) {
			t.Errorf("%s is resolved in the future", c.ID)
		}
	}
	if early.KustomerKey() != later.KustomerKey() || early.AgentConnectSecret() != later.AgentConnectSecret() {
		t.Error("credentials differ between processes of one seed")
	}
}

func TestIDsHoldTheTimeOfCreation(t *testing.T) {
	s, _ := fixed(t, Options{})
	seen := map[string]bool{}
	for _, c := range s.Conversations(noon.Add(-time.Hour), noon) {
		seconds, err := strconv.ParseInt(c.ID[:8], 16, 64)
		if err != nil || seconds != c.Created.Unix() || seen[c.ID] || c.Created.After(c.Resolved) {
			t.Errorf("id %s of a conversation created at %d", c.ID, c.Created.Unix())
		}
		seen[c.ID] = true
	}
}

var address = regexp.MustCompile(`[^"\s@]+@[a-z.]+`)

func TestAllAddressesAreExamples(t *testing.T) {
	s, _ := fixed(t, Options{})
	texts := []string{
		s.askKustomer(t, "POST", "/v1/customers/search?pageSize=500", window("conversation", noon.Add(-time.Hour), noon)).text,
		s.askKustomer(t, "POST", "/v1/customers/search?pageSize=500", window("customer", noon.Add(-time.Hour), noon)).text,
		s.askKustomer(t, "GET", "/v1/users", "").text,
	}
	for _, found := range address.FindAllString(strings.Join(texts, ""), -1) {
		_, domain, _ := strings.Cut(found, "@")
		if domain != "example.com" && domain != "example.net" && domain != "example.org" && !strings.HasPrefix(found, "jane@") {
			t.Errorf("address %s is in a real domain", found)
		}
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for name, o := range map[string]Options{
		"negative rate": {SearchesPerMinute: -1},
		"too dense":     {PerHour: maxIndex + 1},
	} {
		if _, err := Start(o); err == nil {
			t.Errorf("%s: started", name)
		}
	}
}

func BenchmarkSearch(b *testing.B) {
	c := &clock{noon}
	s, err := New(Options{Now: c.now, PerHour: 20_000, Busy: 6 * time.Hour, SearchesPerMinute: 1 << 30, KustomerPerMinute: 1 << 30})
	if err != nil {
		b.Fatal(err)
	}
	body := window("conversation", noon.Add(-3*time.Hour), noon.Add(-3*time.Hour+72*time.Second))
	for b.Loop() {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("POST", searchPath+"?pageSize=500", strings.NewReader(body))
		r.Header = http.Header{"Authorization": {"Bearer " + s.KustomerKey()}, "Content-Type": {"application/json"}}
		s.KustomerHandler().ServeHTTP(w, r)
		if w.Code != http.StatusOK || w.Body.Len() < 350*2000 {
			b.Fatalf("%d, %d bytes", w.Code, w.Body.Len())
		}
	}
}
