package report

import (
	"fmt"
	"strings"
	"time"
)

const (
	lookForBackup = 2 * 24 * time.Hour // how much newer than the newest backup the last pass may be
	actForBackup  = 7 * 24 * time.Hour
)

// Backups are those of a ledger that passes have made.
type Backups struct {
	Dir    string    // where they are; empty: none are made
	Newest time.Time // zero for none
	Count  int
	// where they are lost with the ledger: in its folder, or at least on its disk
	InFolder, SameDisk bool
	Failed             error // why the directory cannot be read; nil where it can
	Without            bool  // none are needed: the sandbox asks nobody
}

// signal compares the newest backup with the last pass: while there are no passes nothing is lost.
func (b Backups) signal(s Status) Signal {
	signal := Signal{Name: "backup", Level: SignalOK}
	if s.Place.Shared {
		signal.Text = "those of the database server: acsync makes none of its own"
		return signal
	}
	var last time.Time
	if s.Last != nil {
		last = s.Last.Ended
	}
	switch behind := last.Sub(b.Newest); {
	case b.Without:
		signal.Text = "none needed: the sandbox asks nobody"
		return signal
	case b.Dir == "":
		signal.Level, signal.Todo = SignalLook, doMakeBackups
		signal.Text = "none is made: what keeps anybody from being asked twice is on one disk"
		return signal
	case b.Failed != nil:
		signal.Level, signal.Text = SignalAct, fmt.Sprintf("they cannot be read: %v", b.Failed)
		signal.Todo = doMendBackups
		return signal
	case b.Newest.IsZero():
		signal.Text = "none yet in " + b.Dir
		if !last.IsZero() {
			signal.Level = SignalLook
		}
	default:
		signal.Text = fmt.Sprintf("%s, %s, %s kept in %s", show(b.Newest), since(s.Now, b.Newest),
			thousands(b.Count), b.Dir)
		if behind > actForBackup {
			signal.Level = SignalAct
		} else if behind > lookForBackup {
			signal.Level = SignalLook
		}
	}
	if signal.Level != SignalOK {
		signal.Todo = advise(doAwaitBackup, s.Here)
	}
	switch {
	case b.InFolder:
		signal.Level = worst([]Signal{signal, {Level: SignalLook}})
		signal.Text += ", in the ledger's own folder"
		signal.Todo = strings.TrimPrefix(signal.Todo+"; "+doMoveBackups, "; ")
	case b.SameDisk:
		signal.Text += ", on the ledger's disk"
	}
	return signal
}

// backupsJSON is null where none are made.
func backupsJSON(b Backups) any {
	if b.Dir == "" || b.Without {
		return nil
	}
	return object{"dir", b.Dir, "newest", stamp(b.Newest), "count", b.Count}
}
