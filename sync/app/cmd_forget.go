package app

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"acsync/store"
	"acsync/store/bolt"
	"acsync/sync/exit"
	"acsync/sync/report/doc"
	"acsync/sync/tenant"
)

const forgetHelp = `For somebody's request to be erased. acsync explain names all conversations of a
customer. All that stays of each in the ledger is a hash, by which it is never asked
about again, whatever becomes of it; the file is rewritten without the rest. Copies
that still hold one are named. What is in doubt has to be settled first.`

func forgetCommand(l *commandLine) *cli.Command {
	return command(&cli.Command{
		Name: "forget", Usage: "erase conversations, and never ask about them again",
		UsageText: `acsync ledger forget --id 6716500fa1b2c3d4e5f60001 --dry-run  # only say what there is
acsync ledger forget --in ids.txt  # one a line: all conversations of a customer`,
		Description: forgetHelp, Action: in(l, ledgerForget),
		Flags: []cli.Flag{
			values(flagID, "erase the conversation with this `ID`, or address in Kustomer; can be repeated"),
			value(flagIn, "erase those that `FILE` names, one a line; - is stdin"),
			toggle(flagDryRun, "say what would be erased, and write nothing"),
			ifLockedFlag(),
		},
	})
}

// erasure is what became of conversations that were to be erased.
type erasure struct {
	store.Erasure
	dry    bool
	copies []string // that still hold one of them
	unread []string // what may, and could not be read
}

func ledgerForget(s *session) error {
	ids, err := toForget(s)
	if err != nil {
		return err
	}
	done := erasure{dry: s.c.Bool(flagDryRun)}
	var id string
	err = withLedger(s, tenant.Access{ReadOnly: done.dry}, func(ledger tenant.Ledger) error {
		info, err := ledger.Info()
		if err != nil {
			return err
		}
		id = info.ID
		if done.dry {
			done.Erasure, err = ledger.PlanForget(ids)
			return err
		}
		if done.Erasure, err = ledger.Forget(ids, s.clock()); err != nil {
			return err
		}
		return done.unwiped(s.tenant.Wipe(ledger))
	})
	if errors.Is(err, store.ErrRefused) {
		err = exit.New(exit.Usage, err.Error())
	}
	if err != nil {
		return err
	}
	done.search(s, id, ids)
	return done.say(s)
}

// unwiped tells what a failure to rewrite the file leaves; nil stays nil.
func (e erasure) unwiped(err error) error {
	if err == nil {
		return nil
	}
	todo := "give the same command again"
	// Where an open file cannot be rewritten, it never can be.
	if errors.Is(err, errors.ErrUnsupported) {
		todo = ""
	}
	return exit.Advise(fmt.Errorf("%w; %s erased, and will never be asked about, but unused parts of the file "+
		"still hold the ids", err,
		doc.Several(e.Erased+e.Before, "conversation is", "conversations are")), todo, "security")
}

// toForget are the ids that the command line names, and those of a file.
func toForget(s *session) (ids []string, err error) {
	named := s.c.StringSlice(flagID)
	if path := s.c.String(flagIn); path != "" {
		r := s.stdin
		if path != "-" {
			file, err := os.Open(path)
			if err != nil {
				return nil, usagef("read whom to erase: %v; nothing was erased", err)
			}
			defer file.Close() //nolint:errcheck // it was read
			r = file
		}
		more, err := readIDs(r)
		if err != nil {
			return nil, usagef("read whom to erase: %v; nothing was erased", err)
		}
		named = append(named, more...)
	}
	for _, each := range named {
		ref, err := parseConversation(each, s.tenant.Config.KustomerAppURL())
		switch {
		case err != nil:
			return nil, usagef("%v; nothing was erased", err)
		case !ref.resolution.IsZero():
			return nil, usagef("%s names one resolution, and a conversation is erased whole: give its id "+
				"alone; nothing was erased", each)
		}
		ids = append(ids, ref.id)
	}
	if len(ids) == 0 {
		return nil, usagef("say which: --%s ID, once or more, or --%s FILE with one a line; nothing was erased",
			flagID, flagIn)
	}
	return ids, nil
}

func readIDs(r io.Reader) (ids []string, err error) {
	scanner := bufio.NewScanner(r)
	for scanner.Scan() {
		if id := strings.TrimSpace(scanner.Text()); id != "" {
			ids = append(ids, id)
		}
	}
	return ids, scanner.Err()
}

// search looks for copies of the ledger that acsync has made, and that still hold what was erased.
func (e *erasure) search(s *session, id string, ids []string) {
	backups, err := s.tenant.ListBackups(id, s.clock())
	if err != nil {
		e.unread = append(e.unread, s.tenant.Config.Ledger.BackupDir)
	}
	real, err := filepath.EvalSymlinks(s.path())
	if err != nil {
		real = s.path()
	}
	// What a restore has moved aside. No name of a ledger makes this pattern a bad one but one of brackets, of
	// which none is found then.
	paths, _ := filepath.Glob(real + ".before-*")
	for _, each := range backups {
		paths = append(paths, each.Path)
	}
	rehearsals := s.tenant.Config.Ledger.Rehearsal()
	if _, err := os.Stat(rehearsals); err == nil {
		paths = append(paths, rehearsals)
	}
	for _, path := range paths {
		holds, err := bolt.CopyHolds(path, ids)
		switch {
		case err != nil:
			e.unread = append(e.unread, path)
		case holds:
			e.copies = append(e.copies, path)
		}
	}
}

// say tells what was erased, and what is left to be done by hand: then it exits 3.
func (e erasure) say(s *session) error {
	err := sayLedger(s, "forget", map[string]any{
		"dry_run": e.dry, "erased": e.Erased, "waited": e.Waited, "unknown": e.Unknown, "before": e.Before,
		"copies": append([]string{}, e.copies...), "unread": append([]string{}, e.unread...),
	}, "%s", pointed(s.c, e.text()))
	if err == nil && len(e.copies)+len(e.unread) > 0 {
		err = ended{exit.NeedsHand, nil}
	}
	return err
}

func (e erasure) text() string {
	var b strings.Builder
	row := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-14s"+format+"\n", append([]any{name}, args...)...)
	}
	title := "erased"
	if e.dry {
		title = "would erase"
	}
	row(title, "%s", conversations(e.Erased))
	if e.Waited > 0 {
		row("never sent", "%d of them, which waited to be asked about", e.Waited)
	}
	if e.Unknown > 0 {
		row("not known", "%s, noted all the same; are the ids right?", conversations(e.Unknown))
	}
	if e.Before > 0 {
		row("before", "%s, erased earlier", conversations(e.Before))
	}
	list := func(name string, paths []string) {
		for _, path := range paths {
			row(name, "%s", path)
			name = ""
		}
	}
	list("still hold", e.copies)
	list("not readable", e.unread)
	if len(e.copies) > 0 {
		first := "First"
		if e.dry {
			first = "Once it is erased,"
		}
		b.WriteString("\n" + first + " make a new backup: acsync ledger backup --out FILE\nThen remove what still " +
			"holds it. Nothing needs the ledger of rehearsals.\n")
	}
	if len(e.unread) > 0 {
		b.WriteString("\nWhat is not readable may hold it too: see why, and give the same command again.\n")
	}
	if e.dry {
		b.WriteString("\nNothing was written.")
	} else {
		b.WriteString("\nNone of them is ever asked about again. What reports, plans and exports hold,\n" +
			"and Kustomer and Agent Connect, is for you to erase: acsync help security")
	}
	return b.String()
}
