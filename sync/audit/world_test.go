package audit_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
	"acsync/store/bolt"
	"acsync/sync/agentconnect"
	"acsync/sync/audit"
	"acsync/sync/config"
	"acsync/sync/decide"
	"acsync/sync/fetch"
	"acsync/sync/journey"
	"acsync/sync/kustomer"
	"acsync/sync/rebuild"
	"acsync/sync/sandbox"
	"acsync/sync/tenant"
	"acsync/sync/verify"
)

// amount is how much of something a test does: a few, or with LONG_TESTS=1 many.
func amount(few, many int) int {
	if os.Getenv("LONG_TESTS") != "" {
		return many
	}
	return few
}

const ledgerID = "0123456789abcdef"

// ledger is one in memory.
type ledger []store.Entry

func (l ledger) Info() (store.Info, error) { return store.Info{ID: ledgerID}, nil }

func (l ledger) Each(fn func(store.Entry) error) error {
	for _, e := range l {
		if err := fn(e); err != nil {
			return err
		}
	}
	return nil
}

// world is a sandbox in which much went wrong, and the truth about that.
type world struct {
	*sandbox.Sandbox
	id     string // of the ledger
	now    time.Time
	window fetch.Window
	ledger ledger
	taken  []sandbox.Taken
	later  []func()          // what befalls requests that were taken
	found  map[string]string // what an audit is to find
	late   int
}

// newWorld makes one whose ledger has an id.
func newWorld(t *testing.T, seed uint64, id string) *world {
	t.Helper()
	w := &world{id: id, now: time.Now().UTC().Truncate(time.Second), found: map[string]string{}}
	stand, err := sandbox.Start(sandbox.Options{
		Seed: seed, Busy: 30 * time.Hour, PerHour: 12, Now: func() time.Time { return w.now },
		KustomerPerMinute: 1e6, SearchesPerMinute: 1e6, DataPerMinute: 1e6,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stand.Close() })
	w.Sandbox, w.window = stand, fetch.Window{From: w.now.Add(-26 * time.Hour), To: w.now.Add(-2 * time.Hour)}
	dice := rand.New(rand.NewPCG(seed, 1))
	for _, c := range stand.Conversations(w.window.From, w.window.To) {
		switch {
		case !due(c):
			w.remember(c, store.Skipped)
		// Agent Connect refuses it, for its agent or its channel.
		case c.Expect != sandbox.Send:
			w.remember(c, store.Rejected)
		default:
			w.befall(c, fates[dice.IntN(len(fates))])
		}
	}
	stand.Remind(w.taken)
	for _, happens := range w.later {
		happens()
	}
	return w
}

// due reports whether a conversation should be asked about.
func due(c sandbox.Conversation) bool {
	return c.Status != "open" && !slices.Contains(decide.SkipReasons(), decide.Reason(c.Expect))
}

// remember lets the ledger have a conversation in a state, with the number of an intent.
func (w *world) remember(c sandbox.Conversation, state store.State) (number uint64) {
	number = uint64(len(w.ledger) + 1)
	w.ledger = append(w.ledger, store.Entry{
		Key: store.Key{Conversation: c.ID},
		Record: store.Record{
			State: state, Resolution: c.Resolved, At: c.Resolved.Add(5 * time.Minute), Intent: number, Attempts: 1,
		},
	})
	return number
}

// ask lets Agent Connect have a request of the ledger's.
func (w *world) ask(c sandbox.Conversation, number uint64, after time.Duration) {
	stamp := store.Intent{Ledger: w.id, Number: number}.String()
	w.taken = append(w.taken, sandbox.Taken{ID: c.ID, At: c.Resolved.Add(after), Stamp: stamp})
	w.count(after)
}

func (w *world) askByOthers(c sandbox.Conversation, after time.Duration) {
	w.later = append(w.later, func() { w.AskByOthers(c.Resolved.Add(after), c.ID) })
	w.count(after)
}

func (w *world) count(after time.Duration) {
	if after > time.Hour {
		w.late++
	}
}

const soon = 5 * time.Minute

// fates are what can become of a conversation that should be asked about; most go well.
var fates = []string{
	"well", "well", "well", "well", "well", "late", "lost", "missed", "skipped", "by others", "twice by others",
	"by both", "doubled", "in doubt", "waits, and there", "rejected", "rejected, and there", "waits", "before",
}

func (w *world) befall(c sandbox.Conversation, fate string) {
	want := ""
	switch fate {
	case "well":
		w.ask(c, w.remember(c, store.Accepted), soon)
	case "late":
		w.ask(c, w.remember(c, store.Accepted), 100*time.Minute)
	case "lost":
		// Nothing of a request that is lost can be counted.
		w.remember(c, store.Accepted)
		w.later = append(w.later, func() { w.AskByOthers(c.Resolved.Add(soon), c.ID); w.Lose(c.ID) })
		want = "not_shown accepted"
	case "missed":
		want = "never_asked unknown"
	case "skipped":
		w.remember(c, store.Skipped)
		want = "never_asked skipped"
	case "by others":
		w.askByOthers(c, soon)
		want = "not_in_ledger unknown"
	case "twice by others":
		w.askByOthers(c, soon)
		w.askByOthers(c, 2*soon)
		want = "asked_twice by_others"
	case "by both":
		w.ask(c, w.remember(c, store.Accepted), soon)
		w.askByOthers(c, 2*soon)
		want = "asked_twice by_both"
	case "doubled":
		w.ask(c, w.remember(c, store.Accepted), soon)
		w.later = append(w.later, func() { w.Double(c.ID) })
		want = "asked_twice by_acsync"
	case "in doubt":
		w.ask(c, w.remember(c, store.InDoubt), soon)
		want = "in_doubt in_doubt"
	case "waits, and there":
		w.remember(c, store.Retry)
		w.askByOthers(c, soon)
		want = "not_in_ledger retry"
	case "rejected":
		w.remember(c, store.Rejected)
	case "rejected, and there":
		w.remember(c, store.Rejected)
		w.askByOthers(c, soon)
		want = "not_in_ledger rejected"
	case "waits":
		w.remember(c, store.Scheduled)
	case "before":
		// Somebody else has asked before the range, where the conversation is as old as that.
		at := w.window.From.Add(-2 * time.Hour)
		if c.Created.Before(at) {
			w.later = append(w.later, func() { w.AskByOthers(at, c.ID) })
		} else {
			want = "never_asked unknown"
		}
	}
	if want != "" {
		w.found[c.ID] = want
	}
}

// audit compares the world as the command does; without a ledger if that is nil.
func (w *world) audit(t *testing.T, of journey.Ledger) *audit.Audit {
	t.Helper()
	source, err := kustomer.New(kustomer.Options{BaseURL: w.KustomerURL(), APIKey: w.KustomerKey()})
	if err != nil {
		t.Fatal(err)
	}
	receiver, err := agentconnect.New(agentconnect.Options{
		BaseURL: w.AgentConnectURL(), APIKey: w.AgentConnectKey(), APISecret: w.AgentConnectSecret(),
	})
	if err != nil {
		t.Fatal(err)
	}
	cfg := config.Default()
	terms := audit.Terms{
		Received: true, Since: w.window.From.Add(-verify.Skew), Settled: w.now.Add(-audit.Settles),
	}
	if of != nil {
		terms.Ledger, terms.Known, terms.Passed = w.id, w.window.From.Add(-time.Hour), w.now
	}
	a := audit.New(terms)
	t.Cleanup(func() { _ = a.Close() })
	reader := journey.Reader{
		Source: source, Directory: source, Policy: tenant.Policy(cfg), Ledger: of, Receiver: receiver,
		ToPresent: true, Notice: func(string) {},
	}
	for j, err := range reader.Range(t.Context(), w.window) {
		if err == nil {
			err = a.Add(j)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Finish(t.Context(), receiver); err != nil {
		t.Fatal(err)
	}
	return a
}

// TestFindsExactly: in a world in which requests were lost, doubled, sent by others, refused, forgotten and late,
// an audit finds exactly those, and counts customers and mails as they truly are.
func TestFindsExactly(t *testing.T) {
	for seed := range uint64(amount(2, 100)) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, seed, ledgerID)
			a := w.audit(t, w.ledger)
			got := map[string]string{}
			err := a.Findings.Each(func(f audit.Finding) error {
				got[f.Conversation] = string(f.Kind) + " " + f.Because()
				return nil
			})
			if diff := cmp.Diff(w.found, got); diff != "" || err != nil {
				t.Errorf("%v; want -, got +:\n%s", err, diff)
			}
			w.compareMails(t, a)
			sum := a.Matched + a.Skipped + a.Refused + a.Waiting + a.Unclear + a.Findings.Len() - a.Outside
			if sum != a.Done || a.Done == 0 {
				t.Errorf("%d were marked done, and %d counted: %+v", a.Done, sum, a.Tally)
			}
		})
	}
}

// compareMails holds the counts of requests and customers against the truth.
func (w *world) compareMails(t *testing.T, a *audit.Audit) {
	t.Helper()
	mails, answered, requests := map[string]int{}, 0, 0
	customers := map[string]map[string]bool{}
	// What was asked before the range is none of its requests.
	for _, i := range w.Interactions() {
		if i.Lost || i.At.Before(w.window.From) {
			continue
		}
		requests++
		mails[i.Shown]++
		if !i.AnsweredAt.IsZero() {
			answered++
		}
		address := strings.ToLower(strings.TrimSpace(i.CustomerEmail))
		if customers[address] == nil {
			customers[address] = map[string]bool{}
		}
		customers[address][i.ExtInteractionID] = true
	}
	var several [][]string
	for _, conversations := range customers {
		if len(conversations) > 1 {
			several = append(several, slices.Sorted(maps.Keys(conversations)))
		}
	}
	var repeats [][]string
	err := a.Repeats.Each(func(r audit.Repeat) error {
		repeats = append(repeats, r.Conversations)
		return nil
	})
	slices.SortFunc(several, slices.Compare)
	slices.SortFunc(repeats, slices.Compare)
	if diff := cmp.Diff(several, repeats); diff != "" || err != nil {
		t.Errorf("%v; asked several times, want -, got +:\n%s", err, diff)
	}
	want := []int{requests, answered, len(customers), w.late}
	if diff := cmp.Diff(want, []int{a.Requests, a.Answered, a.Customers, a.Late}); diff != "" {
		t.Errorf("requests, answered, customers, late: want -, got +:\n%s", diff)
	}
	for words, d := range map[string]agentconnect.Delivery{
		"Delivered": agentconnect.Delivered, "Not sent: suppression period": agentconnect.Suppressed,
		"Not sent: consumer unsubscribed": agentconnect.Unsubscribed, "Hard bounce": agentconnect.Bounced,
		"Sent": agentconnect.Sent,
	} {
		if a.Deliveries[d] != mails[words] {
			t.Errorf("%d are %s, want %d", a.Deliveries[d], d, mails[words])
		}
	}
}

// TestFindsWithoutLedger: before a switch-over, an audit tells whom the old workflow has missed, and whom it has
// asked twice.
func TestFindsWithoutLedger(t *testing.T) {
	w := newWorld(t, 7, ledgerID)
	a := w.audit(t, nil)
	asked := map[string]int{}
	for _, i := range w.Interactions() {
		if !i.Lost {
			asked[i.ExtInteractionID]++
		}
	}
	want, unlike := map[string]string{}, map[string]bool{}
	for _, c := range w.Conversations(w.window.From, w.window.To) {
		switch {
		case asked[c.ID] > 1:
			want[c.ID] = "asked_twice by_others"
		case asked[c.ID] == 0 && due(c):
			want[c.ID] = "never_asked unknown"
		}
		unlike[c.ID] = due(c) && c.Expect != sandbox.Send
	}
	got := map[string]string{}
	err := a.Findings.Each(func(f audit.Finding) error {
		got[f.Conversation] = string(f.Kind) + " " + f.Because()
		return nil
	})
	// What becomes of these depends on more than is told here.
	for _, found := range []map[string]string{want, got} {
		maps.DeleteFunc(found, func(id, _ string) bool { return unlike[id] })
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v; want -, got +:\n%s", err, diff)
	}
}

// TestMendsExactly: what is there is marked, what was never asked waits, nothing else changes, and a second time
// nothing is done.
func TestMendsExactly(t *testing.T) {
	for seed := range uint64(amount(1, 25)) {
		path := filepath.Join(t.TempDir(), "acsync.db")
		if err := bolt.Create(path, time.Now().Add(-40*time.Hour), bolt.Options{}); err != nil {
			t.Fatal(err)
		}
		kept, err := bolt.Open(path, bolt.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer kept.Close()
		info, err := kept.Info()
		if err != nil {
			t.Fatal(err)
		}
		w := newWorld(t, seed, info.ID)
		w.enter(t, kept)
		var done []audit.Mended
		for range 2 {
			a := w.audit(t, kept)
			m := audit.Mending{Terms: a.Terms, Most: 10_000, Oldest: w.now.Add(-72 * time.Hour)}
			one, err := m.Mend(kept, a.Findings, a.LastShown, rebuild.Marker(kept), w.now)
			if err != nil {
				t.Fatal(err)
			}
			done = append(done, one)
		}
		want, queued := map[string]string{}, 0
		for id, what := range w.found {
			switch {
			case strings.HasPrefix(what, "asked_twice"), strings.HasPrefix(what, "not_shown"):
				want[id] = what
			case strings.HasPrefix(what, "never_asked"):
				queued++
				if known, err := kept.Lookup([]store.Key{{Conversation: id}}); err != nil || len(known) != 1 ||
					known[store.Key{Conversation: id}].State != store.Scheduled {
					t.Errorf("seed %d: %s is %v, %v", seed, id, known, err)
				}
			}
		}
		if done[0].Queued != queued || done[0].Left > 0 || done[1] != (audit.Mended{}) {
			t.Errorf("seed %d: %+v, and again %+v; want %d queued", seed, done[0], done[1], queued)
		}
		got := map[string]string{}
		err = w.audit(t, kept).Findings.Each(func(f audit.Finding) error {
			got[f.Conversation] = string(f.Kind) + " " + f.Because()
			return nil
		})
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("seed %d: %v; want -, got +:\n%s", seed, err, diff)
		}
	}
}

// enter lets a ledger have what the world's ledger has.
func (w *world) enter(t *testing.T, kept *bolt.Ledger) {
	t.Helper()
	var waiting store.Batch
	_, err := kept.Import(func(yield func(store.Entry, error) bool) {
		for _, e := range w.ledger {
			if e.State == store.Scheduled || e.State == store.Retry {
				waiting.Entries = append(waiting.Entries, e)
			} else if !yield(e, nil) {
				return
			}
		}
	})
	if err == nil {
		err = kept.Commit(waiting)
	}
	if err != nil {
		t.Fatal(err)
	}
}
