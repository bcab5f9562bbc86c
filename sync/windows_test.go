package sync

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/exit"
	"acsync/sync/kustomer"
)

// TestWindowsEndWithTheSending reads no further windows once nothing is sent any more: what is left in them is
// the next pass's, which then finds it under its own checkpoint.
func TestWindowsEndWithTheSending(t *testing.T) {
	b := newBench(t, 600) // ten hours, and windows of an hour at first
	b.engine.Options.Limits.Max = 3
	result := b.mustRun(t)
	if len(b.got) != 3 || result.Limit != "max" {
		t.Errorf("%d were sent, limit %q", len(b.got), result.Limit)
	}
	if result.Found >= 400 || !checkpoint(t, b).Before(testNow.Add(-3*time.Hour)) {
		t.Errorf("%d were found, and the checkpoint is %s", result.Found, checkpoint(t, b))
	}
}

// uncommitted is a ledger that cannot record windows, and can all else.
type uncommitted struct {
	kept
	err error
}

func (u uncommitted) Commit(batch store.Batch) error {
	if !batch.Checkpoint.IsZero() {
		return u.err
	}
	return u.kept.Commit(batch)
}

// TestWindowIsNotRecorded ends the sending when a window could not be recorded, and does not go on to the others.
func TestWindowIsNotRecorded(t *testing.T) {
	b := newBench(t, 600)
	before, broken := checkpoint(t, b), errors.New("the disk is full")
	b.engine.Ledger = uncommitted{b.ledger, broken}
	_, err := b.engine.Run(t.Context())
	var write *store.WriteError
	if !errors.Is(err, broken) || !errors.As(err, &write) || len(b.got) >= 400 || !checkpoint(t, b).Equal(before) {
		t.Errorf("error %v, %d were sent, checkpoint %s", err, len(b.got), checkpoint(t, b))
	}
}

// TestWindowsAreTold tells of each window that was read, without a gap, and of all that was found in them.
func TestWindowsAreTold(t *testing.T) {
	b := newBench(t, 200)
	b.conversations[7].Spam = true
	result := b.mustRun(t)
	at, found, send := testNow.Add(-24*time.Hour), 0, 0
	for _, event := range b.heard.events {
		if e, ok := event.(WindowRead); ok {
			if !e.Window.From.Equal(at) {
				t.Errorf("%s follows %s", e.Window, at)
			}
			at, found, send = e.Window.To, found+e.Found, send+e.Send
		}
	}
	if !at.Equal(result.To) || found != 200 || send != 199 {
		t.Errorf("told up to %s: %d found, %d to be sent", at, found, send)
	}
}

// TestUnlistedAgentIsTakenBack counts a conversation once, by its last disposition, that is marked done again in
// mid pass under an agent who has a profile, and names the first agent no more.
func TestUnlistedAgentIsTakenBack(t *testing.T) {
	b := newBench(t, 1)
	other := kustomer.User{ID: "5ce4672fcce83d001a9e8400", UserType: "user", Email: kustomer.Text{Value: "other@example.org"}}
	b.users = append(b.users, other)
	known := b.conversations[0].LastDone.AssignedUsers
	b.done(0, testNow.Add(-20*time.Hour))
	b.conversations[0].LastDone.AssignedUsers = []string{other.ID}
	b.engine.Profiles = &fakeProfiles{list: []agentconnect.Employee{{Email: "alex.agent@example.org"}}}
	moved := false
	b.desk.fail = func(call string) error {
		// It is found by this search, and by that of the window after it too.
		if call == "search" && !moved && len(b.searched) == 2 {
			moved = true
			b.done(0, testNow.Add(-10*time.Minute))
			b.conversations[0].LastDone.AssignedUsers = known
		}
		return nil
	}
	result, err := b.engine.Run(t.Context())
	if err != nil || !moved || !result.Accounted() {
		t.Fatal(result, err)
	}
	if result.Found != 1 || result.Counts[store.Accepted] != 1 || result.Reasons[store.Skipped][decide.AgentUnknown] != 0 {
		t.Errorf("got %+v", result)
	}
	if diff := cmp.Diff(map[string]int{}, result.Unlisted); len(result.Unlisted) > 0 {
		t.Errorf("agents: -want +got:\n%s", diff)
	}
}

// TestCheckpointTooOld reads nothing from a checkpoint that lies further back than Kustomer's search reaches: what
// it would leave out would never be read.
func TestCheckpointTooOld(t *testing.T) {
	b := newBench(t, 3)
	b.desk.now = testNow.Add(Horizon)
	_, err := b.engine.Run(t.Context())
	var old *TooOldError
	if !errors.As(err, &old) || len(b.got) > 0 || len(b.searched) > 0 {
		t.Fatalf("error %v, %d sent after %d searches", err, len(b.got), len(b.searched))
	}
	if code := exit.Or(err, exit.Failed); code != exit.Usage {
		t.Errorf("it ends with %d", code)
	}
}

// pastless is a ledger whose past passes cannot be read the how manieth time.
type pastless struct {
	kept
	times *int
	err   error
}

func (f pastless) Runs(limit int) ([]store.Run, error) {
	if *f.times--; *f.times == 0 {
		return nil, f.err
	}
	return f.kept.Runs(limit)
}

// TestAheadOfWhatIsKnown names no time to begin a back-fill at that lies before what the ledger knows, and fails where
// the past cannot be read: it would tell the wrong time, or none.
func TestAheadOfWhatIsKnown(t *testing.T) {
	b := newBench(t, 0)
	b.desk.now = testNow.Add(-24*time.Hour + 13*time.Minute)
	b.mustRun(t)
	if err := b.ledger.Commit(store.Batch{Checkpoint: testNow.Add(40 * time.Hour)}); err != nil {
		t.Fatal(err)
	}
	b.desk.now = testNow
	var ahead *AheadError
	if _, err := b.engine.Run(t.Context()); !errors.As(err, &ahead) || !ahead.Read.Equal(testNow.Add(-24*time.Hour)) {
		t.Errorf("error %v", err)
	}
	for times := range 2 {
		left, broken := times+1, errors.New("broken")
		b.engine.Ledger = pastless{b.ledger, &left, broken}
		if _, err := b.engine.Run(t.Context()); !errors.Is(err, broken) || len(b.searched) > 1 {
			t.Errorf("the reading %d fails: %v", times+1, err)
		}
	}
}
