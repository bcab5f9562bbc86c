package sync

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/dryrun"
	"acsync/sync/exit"
)

// backFromBackup is a ledger whose database was put back, until it is settled that it lacks nothing.
type backFromBackup struct {
	kept
	since time.Time

	mu      sync.Mutex // requests are sent at once
	settled int
	wrote   []string // before it was settled, but for the summary of a pass
}

func (l *backFromBackup) Info() (store.Info, error) {
	info, err := l.kept.Info()
	l.mu.Lock()
	defer l.mu.Unlock()
	info.Restored = l.since
	if l.settled > 0 {
		info.Restored = time.Time{}
	}
	return info, err
}

func (l *backFromBackup) note(what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.settled == 0 {
		l.wrote = append(l.wrote, what)
	}
}

func (l *backFromBackup) Recover(now time.Time) ([]store.Entry, error) {
	l.note("recover")
	return l.kept.Recover(now)
}

func (l *backFromBackup) Begin(key store.Key, resolution, now time.Time) (store.Intent, error) {
	l.note("begin")
	return l.kept.Begin(key, resolution, now)
}

func (l *backFromBackup) Commit(b store.Batch) error {
	switch {
	case b.Settled:
		l.mu.Lock()
		l.settled++
		l.mu.Unlock()
		b.Settled = false
	case b.Run == nil, !b.Witnessed.IsZero():
		l.note("commit")
	}
	return l.kept.Commit(b)
}

// TestDatabasePutBack sends nothing from a ledger whose database was put back until Agent Connect's data, which
// need time to show what is missing, were read to their end and show nothing that it lacks.
func TestDatabasePutBack(t *testing.T) {
	long := time.Hour
	lost := func(b *bench) []agentconnect.Interaction {
		info, err := b.ledger.Info()
		if err != nil {
			t.Fatal(err)
		}
		return []agentconnect.Interaction{{
			UUID: "u", CreatedAt: time.Now(), ExtInteractionID: b.conversations[0].ID,
			Intent: store.Intent{Ledger: info.ID, Number: info.Intents + 1}.String(),
		}}
	}
	for name, tt := range map[string]struct {
		ago      time.Duration // when it was found; 0: it was never put back
		receiver func(*bench) *shown
		change   func(*Options)
		code     exit.Code
		back     bool // it is store.ErrRolledBack
		says     []string
		sent     int
	}{
		"never": {receiver: func(*bench) *shown { return &shown{} }, sent: 3},
		"without the secret": {ago: long, code: exit.LedgerDamaged, back: true, says: []string{
			"restored from a backup, or has failed over to a copy", "nothing was sent", "ledger rebuild", "--accept-restored",
		}},
		"without stamps": {
			ago: long, receiver: func(*bench) *shown { return &shown{} }, change: func(o *Options) { o.Stamp = false },
			code: exit.LedgerDamaged, back: true, says: []string{"stamped"},
		},
		"too early": {
			ago: time.Minute, receiver: func(*bench) *shown { return &shown{} }, code: exit.Temporary,
			says: []string{"restored from a backup", "nothing has to be done", "go on by themselves"},
		},
		"something is missing": {
			ago: long, receiver: func(b *bench) *shown { return &shown{rows: lost(b)} }, code: exit.LedgerDamaged, back: true,
			says: []string{"a request with number"},
		},
		"the data cannot be read": {
			ago: long, receiver: func(*bench) *shown { return &shown{err: errTrouble} }, code: exit.Temporary,
			says: []string{"nothing was sent"},
		},
		"nothing is missing": {ago: long, receiver: func(*bench) *shown { return &shown{} }, sent: 3},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, 3)
			l := &backFromBackup{kept: b.ledger}
			if tt.ago > 0 {
				l.since = time.Now().Add(-tt.ago)
			}
			b.engine.Ledger, b.engine.Options.VerifyAfter = l, 5*time.Minute
			if tt.receiver != nil {
				b.engine.Receiver = tt.receiver(b)
			}
			if tt.change != nil {
				tt.change(&b.engine.Options)
			}
			_, err := b.run(t)
			if code, _ := exit.Of(err); code != tt.code || errors.Is(err, store.ErrRolledBack) != tt.back || len(b.got) != tt.sent {
				t.Errorf("ended with %d, %v, and sent %d", code, err, len(b.got))
			}
			for _, words := range tt.says {
				if err == nil || !strings.Contains(err.Error(), words) {
					t.Errorf("%v does not say %q", err, words)
				}
			}
			if want := tt.ago > 0 && tt.sent > 0; (l.settled > 0) != want || tt.ago > 0 && len(l.wrote) > 0 {
				t.Errorf("settled %d times, and written before: %q", l.settled, l.wrote)
			}
			// What was found once holds.
			if tt.sent > 0 {
				if b.mustRun(t); l.settled > 1 || len(b.got) != tt.sent {
					t.Errorf("settled %d times after another pass, %d sent", l.settled, len(b.got))
				}
			}
		})
	}
}

// TestDatabasePutBackDryRun says what a pass would meet, and goes on.
func TestDatabasePutBackDryRun(t *testing.T) {
	b := newBench(t, 3)
	l := &backFromBackup{kept: b.ledger, since: time.Now().Add(-time.Hour)}
	b.engine.Ledger, b.engine.Sender, b.engine.Options.DryRun = &dryrun.Ledger{ReadLedger: l}, dryrun.Sender{}, true
	result := b.mustRun(t)
	tells := func(notice string) bool { return strings.Contains(notice, "has failed over to a copy") }
	if !slices.ContainsFunc(result.Notices, tells) || result.Planned != 3 || l.settled > 0 || len(l.wrote) > 0 {
		t.Errorf("got %+v", result)
	}
}

// TestDatabasePutBackInATurn ends a back-fill whose ledger was put back while others had it.
func TestDatabasePutBackInATurn(t *testing.T) {
	b := newBench(t, 1)
	p := newPass(b.engine, func(error) {})
	p.engine.Receiver = &shown{}
	info, err := b.ledger.Info()
	if err != nil {
		t.Fatal(err)
	}
	info.Restored = time.Now()
	err = p.resume(info, &backfill{})
	if code, _ := exit.Of(err); code == exit.Done || !strings.Contains(err.Error(), decide.Format(info.Restored)) {
		t.Errorf("it went on, with %v", err)
	}
}
