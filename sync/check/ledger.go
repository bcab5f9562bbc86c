package check

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"acsync/store"
	"acsync/store/bolt"
	"acsync/sync/exit"
)

// Ledger is what is known of a ledger, as whoever has tried to open it for reading has found it.
type Ledger struct {
	Path      string
	Shared    bool // it is in a database, and no file
	Without   bool // the services are stand-ins: it is made by the first pass
	Made      bool // the file is there
	Fenced    bool // its fence is there
	Abandoned bool // it is not there, and was
	Mode      fs.FileMode
	Site      bolt.Site
	Open      error      // why it could not be read; nil: it was, and Info is what it says
	Info      store.Info // zero where it was not read
	Watched   []Watched  // what acsync status watches of it; nil where it was not read
	Here      string     // the flags that point a command at it
	Now       time.Time
}

// Watched is one of the things that acsync status watches, as a line has it.
type Watched struct {
	Name string
	Result
}

func (l Ledger) probes() []Probe {
	const group = "Ledger and schedule"
	at := func(name string, run func() Result) Probe {
		return Probe{group, name, func(context.Context) Result { return run() }}
	}
	probes := []Probe{
		at("ledger", l.opened), at("fence", l.fence), at("permissions", l.permissions),
		at("file system", l.fileSystem), at("space", l.space),
	}
	if l.Shared {
		probes = probes[:1]
	}
	for _, name := range []string{"witness", "place", "backup", "last pass", "checkpoint"} {
		probes = append(probes, at(name, func() Result { return l.watched(name) }))
	}
	return probes
}

func (l Ledger) watched(name string) Result {
	for _, w := range l.Watched {
		if w.Name == name {
			return w.Result
		}
	}
	return notRun("the ledger was not read")
}

func (l Ledger) opened() Result {
	switch {
	case l.Open == nil && l.Without && !l.Made:
		return ok("none yet: the first pass with the stand-ins makes one")
	case l.Open == nil:
		return ok("%s, ledger %s; its checkpoint is %s", l.Path, l.Info.ID,
			l.Info.Checkpoint.UTC().Format(time.RFC3339))
	case errors.Is(l.Open, store.ErrLocked):
		return ok("in use by another process: acsync status%s shows how far it is", l.Here)
	case errors.Is(l.Open, store.ErrMissing) && l.Shared, !l.Shared && !l.Made && !l.Abandoned:
		return failed(exit.LedgerMissing, "acsync init"+l.Here+" makes one",
			"there is none at %s", l.Path)
	case l.Made && !l.Fenced && !l.Shared:
		return notRun("it is not opened without its fence")
	}
	return failure(l.Open)
}

func (l Ledger) fence() Result {
	switch {
	case l.Fenced:
		return ok("beside the ledger")
	case !l.Made:
		return notRun("there is no ledger")
	case errors.Is(l.Open, store.ErrLocked):
		return notRun("the ledger is in use")
	}
	r := failure(l.Open)
	if l.Open == nil {
		r = failed(exit.LedgerDamaged, "", "it is missing")
	}
	return r
}

// permissions looks at who may use the files. What a service has beside it is its own.
func (l Ledger) permissions() Result {
	switch {
	case l.Without && !l.Made:
		return notRun("there is no ledger yet")
	case l.Site.Unusable != nil:
		return failed(exit.Usage, "let the user of the passes write there",
			"nothing can be written beside the ledger: %v", l.Site.Unusable)
	case l.Made && l.Mode.Perm()&0o007 != 0:
		return look("chmod 600 on the ledger and what lies beside it",
			"others on this machine may use the ledger: its mode is %04o", l.Mode.Perm())
	case l.Made:
		return ok("the ledger's mode is %04o, and its directory can be written to", l.Mode.Perm())
	}
	return ok("its directory can be written to")
}

func (l Ledger) fileSystem() Result {
	if l.Site.Network != nil {
		return failed(exit.Usage,
			"move it to a local disk, or set ledger.allow_network if its locks can be relied upon", "%v",
			l.Site.Network)
	}
	return ok("a local one, as far as that can be told")
}

func (l Ledger) space() Result {
	const least, enough = bolt.MinRoom, 4 * bolt.MinRoom
	switch free := l.Site.Free; {
	case l.Without && !l.Made:
		return notRun("there is no ledger yet")
	case l.Site.Unknown != nil:
		return notRun("%v", l.Site.Unknown)
	case free < least:
		return failed(exit.Usage, "make room on the ledger's disk", "%d MiB are free, and passes stop below %d MiB",
			free>>20, least>>20)
	case free < enough:
		return look("make room on the ledger's disk", "%d MiB are free; passes stop below %d MiB", free>>20,
			least>>20)
	case free>>30 > 0:
		return ok("%d GiB are free", free>>30)
	default:
		return ok("%d MiB are free", free>>20)
	}
}
