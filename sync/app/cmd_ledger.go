package app

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/urfave/cli/v2"

	"acsync/store"
	"acsync/store/bolt"
	"acsync/sync/exit"
	"acsync/sync/report"
	"acsync/sync/report/doc"
	"acsync/sync/tenant"
)

const convertHelp = `Goes with sync.survey_per in the configuration, which must say the same from then
on. Nobody is asked twice by it about one resolution. It is refused while anything
is in doubt.`

const rebuildHelp = `For a ledger of which all copies are lost: acsync init makes an empty one first. With
a copy acsync ledger restore does this too, and this goes on where that was stopped.
It is filled from Agent Connect's data (agent_connect.api_secret_file).
What Agent Connect has expunged, or never had, it cannot know. Until it has
succeeded, a ledger that was put back is refused; run it again as often as you like.`

func ledgerCommand(l *commandLine) *cli.Command {
	out := value(flagOut, "write to `FILE`, which must not exist yet")
	part := func(name, usage, examples string, act cli.ActionFunc, flags ...cli.Flag) *cli.Command {
		return command(&cli.Command{
			Name: name, Usage: usage, UsageText: examples, Action: act, Flags: append(flags, ifLockedFlag()),
		})
	}
	converting := part("convert", "count surveys by resolution, or by conversation, from now on",
		`acsync ledger convert --survey-per resolution --dry-run  # what would change
acsync ledger convert --survey-per resolution  # then set sync.survey_per`,
		in(l, ledgerConvert),
		value(flagSurveyPer, "one survey request for each `UNIT`: conversation or resolution"),
		toggle(flagDryRun, "say what would change, and write nothing"))
	converting.Description = convertHelp
	rebuilding := part("rebuild", "mark as accepted what Agent Connect already has",
		`acsync ledger rebuild  # of the last 90 days
acsync ledger rebuild --since 400d  # of as long as Agent Connect keeps`,
		in(l, ledgerRebuild),
		described(flagSince, "90d ago, or when a copy was made if that is longer ago",
			"read what Agent Connect received since `TIME`"),
		toggle(flagAcceptMissing, "trust the ledger also when Agent Connect shows fewer than it once "+
			"counted: its data have had days to catch up, and the rest was expunged there, or accepted "+
			"by hand"))
	rebuilding.Description = rebuildHelp
	restoring := part("restore", "put a copy in the place of the ledger, and learn who was asked since",
		`acsync ledger restore backup.db  # the ledger is lost, or damaged
acsync ledger restore backup.db --replace  # a newer one is there, and is wrong`,
		in(l, ledgerRestore),
		toggle(flagReplace, "also where the ledger that is there is as new as the copy, or newer"),
		toggle(flagAcceptRestored, "without the API secret: take the copy as it is; whoever was asked since "+
			"it was made may be asked again"),
		toggle(flagAcceptKey, "take a copy that was kept with another API key of Agent Connect: the "+
			"account is the same, and has got a new key"),
		toggle(flagAcceptTenant, "take a copy that served another configuration: the accounts are the "+
			"same, and only an address has changed"))
	restoring.ArgsUsage, restoring.Description = "FILE", restoreHelp
	return group(&cli.Command{
		Name: "ledger", Category: groupMend,
		Usage: "check, back up, restore or rebuild the ledger, and more",
		Subcommands: []*cli.Command{
			part("check", "read the whole ledger and look for damage",
				`acsync ledger check  # is it sound?
acsync ledger check --accept-move  # it was moved here on purpose, and the old one is gone`,
				reading(l, ledgerCheck),
				toggle(flagAcceptRestored, "take the ledger as it is although it is not the newest: "+
					"whoever was asked since the copy was made may be asked again"),
				toggle(flagAcceptKey, "let the ledger go on with this API key of Agent Connect: the "+
					"account is the same, and has got a new key"),
				toggle(flagAcceptMove, "let the ledger go on at this place: it was moved here, and the old "+
					"one will never be used again"),
				toggle(flagAcceptTenant, "let the ledger serve this configuration from now on: the "+
					"accounts are the same, and only an address has changed")),
			part("backup", "write a checked copy, while no pass is running",
				`acsync ledger backup --out /mnt/backup/acsync.db --if-locked wait=10m  # behind the pass that runs`,
				reading(l, ledgerBackup), out),
			part("compact", "give unused space back to the disk",
				`acsync ledger compact  # after a prune, say`, in(l, ledgerCompact)),
			converting,
			part("export", "write one JSON object a line and conversation",
				`acsync ledger export --out ledger.jsonl  # to a file
acsync ledger export | jq -r 'select(.state == "rejected") | .id'  # whom Agent Connect rejected`,
				reading(l, ledgerExport), out),
			part("import", "take over what an export says, into a ledger that does not know better",
				`acsync ledger import --in ledger.jsonl  # from a file
acsync ledger export --config old.toml | acsync ledger import  # from another ledger`,
				in(l, ledgerImport), value(flagIn, "read from `FILE`; stdin by default")),
			rebuilding, restoring, forgetCommand(l), moveCommand(l), migrateCommand(l),
		},
	}, "ledger: check, backup, restore, compact, convert, export, import, rebuild, forget, move or migrate")
}

func ledgerCheck(s *session) error {
	restored, moved := s.c.Bool(flagAcceptRestored), s.c.Bool(flagAcceptMove)
	other, key := s.c.Bool(flagAcceptTenant), s.c.Bool(flagAcceptKey)
	var info store.Info
	var place store.Placement
	var last []store.Run
	err := withLedger(s, tenant.Access{
		ReadOnly: !restored && !other && !key && !moved, AcceptRestored: restored, AcceptTenant: other,
		AcceptKey: key, AcceptMove: moved,
	}, func(ledger tenant.Ledger) (err error) {
		err = ledger.Check(s.c.Context)
		if err == nil && restored {
			err = ledger.Adopt(store.Adoption{Excused: true})
		}
		if err == nil {
			info, err = ledger.Info()
		}
		if err == nil {
			last, err = ledger.Runs(1)
		}
		place = pointPlace(s, ledger.Placement())
		return err
	})
	if err != nil {
		return err
	}
	total := 0
	for _, n := range info.Counts {
		total += n
	}
	accepted := ""
	if restored {
		accepted += "; it is taken as it is, up to its last pass: whoever was asked later may be asked again"
	}
	if other {
		accepted += "; it serves " + info.Tenant + " from now on"
	}
	if key {
		accepted += "; it goes on with this API key"
	}
	if moved {
		accepted += "; it goes on here. " + knownUntil(info, last)
	}
	size := fmt.Sprintf(" in %d bytes", info.Size)
	if place.Shared {
		size = ""
	}
	for _, note := range []string{s.witness().Warning(place), report.PlaceWarning(place)} {
		if note != "" {
			accepted += ".\nNote: " + note
		}
	}
	return sayLedger(s, "sound", map[string]any{
		"ledger": info.Path, "id": info.ID, "conversations": total, "bytes": info.Size, "tenant": info.Tenant,
		"witness": s.witness(), "second_witness": place.Witness, "refused": place.Refused,
		"checkpoint": info.Checkpoint,
	}, "%s is sound: %s%s%s", s.tenant.Where(), conversations(total), size, accepted)
}

// knownUntil says how much a ledger that was moved knows, to be compared with the one that it was made from.
func knownUntil(info store.Info, last []store.Run) string {
	known := fmt.Sprintf("Its checkpoint is %s, it has begun %d survey requests, and its last pass ",
		info.Checkpoint.UTC().Format(time.DateTime+" UTC"), info.Intents)
	if len(last) == 0 {
		known += "is none"
	} else {
		known += last[0].Pass + " ended " + last[0].Ended.UTC().Format(time.DateTime+" UTC")
	}
	return known + ". If status at the old place shows more, stop here, and use that one"
}

func ledgerBackup(s *session) error {
	path := s.c.String(flagOut)
	if path == "" {
		return usagef("say where to: --%s FILE", flagOut)
	}
	// A ledger that is there stays, as the refusal to copy over it says.
	if _, err := newOutput(flagOut, path); err != nil && !bolt.Kept(path) {
		return err
	}
	err := withLedger(s, tenant.Access{ReadOnly: true},
		func(ledger tenant.Ledger) error { return s.tenant.CopyLedger(ledger, path) })
	if err != nil {
		return err
	}
	return sayLedger(s, "backup", map[string]any{"backup": path}, "wrote %s", path)
}

func ledgerCompact(s *session) error {
	lock, err := readLockPolicy(s.c)
	if err != nil {
		return err
	}
	var before os.FileInfo
	var unread error
	err = lock.open(s, func() error {
		before, unread = os.Stat(s.path())
		return s.tenant.Compact()
	})
	if err != nil {
		return err
	}
	after, err := os.Stat(s.path())
	if err = errors.Join(unread, err); err != nil {
		return err
	}
	gained := fmt.Sprintf("was %d", before.Size())
	if after.Size() >= before.Size() {
		gained = "and nothing in it can be given back"
	}
	return sayLedger(s, "compact", map[string]any{"before": before.Size(), "after": after.Size()},
		"%s: %d bytes, %s", s.path(), after.Size(), gained)
}

func ledgerConvert(s *session) error {
	to, dry := store.Identity(s.c.String(flagSurveyPer)), s.c.Bool(flagDryRun)
	if to == "" {
		return usagef("say what to count surveys by: --%s UNIT, which is %s or %s", flagSurveyPer,
			store.PerConversation, store.PerResolution)
	}
	if !to.Known() {
		return usagef("--%s %q: choose %s or %s", flagSurveyPer, string(to), store.PerConversation,
			store.PerResolution)
	}
	var converted store.Conversion
	err := withLedger(s, tenant.Access{ReadOnly: dry}, func(ledger tenant.Ledger) (err error) {
		convert := ledger.Convert
		if dry {
			convert = ledger.PlanConversion
		}
		if converted, err = convert(to); errors.Is(err, store.ErrRefused) {
			err = exit.New(exit.Usage, err.Error())
		}
		return err
	})
	if err != nil {
		return err
	}
	return sayLedger(s, "convert", map[string]any{
		"from": converted.From, "to": converted.To, "moved": converted.Moved, "merged": converted.Merged,
		"dry_run": dry,
	}, "%s", conversionWords(converted, dry, store.Identity(s.tenant.Config.Sync.SurveyPer)))
}

func ledgerExport(s *session) error {
	path, n := s.c.String(flagOut), 0
	err := withLedger(s, tenant.Access{ReadOnly: true}, func(ledger tenant.Ledger) error {
		info, err := ledger.Info()
		if err != nil {
			return err
		}
		if path == "" {
			_, err = exportTo(s.stdout, info.ID, everything(ledger))
			return err
		}
		n, err = exportFile(path, func(w io.Writer) (int, error) {
			return exportTo(w, info.ID, everything(ledger))
		})
		return err
	})
	if err != nil || path == "" {
		return err
	}
	return sayLedger(s, "export", map[string]any{"export": path, "written": n}, "wrote %s: %s", path,
		conversations(n))
}

func ledgerImport(s *session) error {
	r := s.stdin
	if path := s.c.String(flagIn); path != "" {
		file, err := os.Open(path)
		if err != nil {
			return usagef("read the import: %v", err)
		}
		defer file.Close()
		r = file
	}
	n := 0
	err := withLedger(s, tenant.Access{}, func(ledger tenant.Ledger) (err error) {
		n, err = ledger.Import(importFrom(r))
		return err
	})
	if err != nil && n == 0 {
		return err
	}
	said := sayLedger(s, "import", map[string]any{"written": n}, "wrote %s", conversations(n))
	return errors.Join(err, said)
}

// ledgerRebuild marks as accepted what Agent Connect has. All that it needs is found out before it touches
// the ledger; the guard of one that was put back is given up last of all.
func ledgerRebuild(s *session) error {
	if s.tenant.Demo != nil {
		return usagef("the sandbox's Agent Connect forgets with each command what it was sent, so that " +
			"there is nothing to rebuild from; nothing was changed. The stand-ins of acsync sandbox remember for " +
			"as long as they serve")
	}
	r, err := newRebuilding(s)
	if err != nil {
		return err
	}
	done, err := r.run()
	if err != nil {
		return err
	}
	return sayLedger(s, "rebuild", map[string]any{"written": done.Written, "since": done.Since},
		"marked %s as accepted, received since %s", conversations(done.Written),
		done.Since.UTC().Format(time.RFC3339))
}

// conversionWords says what a conversion did to a ledger, or would do, and what it means for who is asked.
func conversionWords(c store.Conversion, dry bool, configured store.Identity) string {
	verb, next := "was", ""
	if dry {
		verb = "would be"
	}
	meaning := "A conversation that was asked about and has been marked done again since is asked about " +
		"again when a pass finds it in its overlap, or a back-fill does. Nobody is asked twice about one " +
		"and the same resolution."
	if c.To == store.PerConversation {
		meaning = "A conversation that was asked about once is never asked about again, however often it " +
			"is marked done."
	}
	switch {
	case dry:
		next = "\nNothing was written."
	case configured != c.To:
		next = fmt.Sprintf("\nNext: set sync.survey_per = %q in the configuration; passes are refused "+
			"until then.", string(c.To))
	}
	return fmt.Sprintf("the ledger %s converted from one survey per %s to one per %s: %s moved, %d "+
		"merged into others of their conversation\n%s%s", verb, c.From, c.To,
		doc.Several(c.Moved, "record", "records"), c.Merged, meaning, next)
}
