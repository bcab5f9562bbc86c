package app

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/urfave/cli/v2"

	"acsync/sync/config"
	"acsync/sync/tenant"
	"acsync/sync/work"
)

const moveHelp = `For a ledger that is to outlive its disk, or to be sent by from several machines: acsync
help high-availability tells what it takes. The ledger keeps its id, its sequence and
all that it knows; its file stays, to look at, and is never sent by again. Name the
database in ledger.url or ledger.url_file afterwards, and leave ledger.path out.`

const migrateHelp = `As the role that owns the tables, whose address ACSYNC_LEDGER_URL can give for this
command alone. Passes need less: --grant lets their role read and write rows. It never
happens by itself, and may be repeated.`

func moveCommand(l *commandLine) *cli.Command {
	return command(&cli.Command{
		Name: "move", Usage: "take the ledger from its file into a database",
		UsageText: `acsync ledger move --to postgres://acsync@db.example.com/acsync  # PGPASSWORD, or ~/.pgpass
acsync ledger move --to /etc/acsync/ledger.url  # a file that holds the address`,
		Description: moveHelp, Action: in(l, ledgerMove),
		Flags: []cli.Flag{
			value(flagTo, "the `DATABASE`: its address, without a password, or a file that holds it"), ifLockedFlag(),
		},
	})
}

func migrateCommand(l *commandLine) *cli.Command {
	return command(&cli.Command{
		Name: "migrate", Usage: "make the tables of the ledger's database, or bring them up to date",
		UsageText:   `acsync ledger migrate --grant acsync  # and let the role acsync work with ledgers`,
		Description: migrateHelp, Action: in(l, ledgerMigrate),
		Flags: []cli.Flag{
			values(flagGrant, "let this `ROLE` work with ledgers, and no more than that; can be repeated"),
		},
	})
}

func ledgerMove(s *session) error {
	if s.tenant.Demo != nil {
		return errSandboxAlone()
	}
	address, err := databaseAddress(s.c.String(flagTo))
	if err != nil {
		return err
	}
	lock, err := readLockPolicy(s.c)
	if err != nil {
		return err
	}
	var moved tenant.Moved
	err = lock.open(s, func() (err error) {
		moved, err = tenant.Move(s.c.Context, s.tenant, address)
		return err
	})
	if err != nil {
		return err
	}
	total := 0
	for _, n := range moved.Info.Counts {
		total += n
	}
	return sayLedger(s, "move", map[string]any{
		"from": s.path(), "to": moved.To, "id": moved.Info.ID, "conversations": total, "intents": moved.Info.Intents,
		"again": moved.Again,
	}, "moved %s, with %s and its id %s, to %s\nThe file is never sent by again. Next: name the database in "+
		"ledger.url or ledger.url_file, and leave ledger.path out", s.path(), conversations(total), moved.Info.ID,
		moved.To)
}

// databaseAddress is the address that --to gives, or the file that it names.
func databaseAddress(to string) (string, error) {
	if to == "" {
		return "", usagef("say where to: --%s DATABASE", flagTo)
	}
	if strings.Contains(to, "://") {
		u, err := url.Parse(to)
		if err != nil {
			return "", usagef("--%s: it is no address; nothing was done", flagTo)
		}
		if config.HasPassword(u) {
			return "", usagef("--%s: the address has a password, which everybody on this machine can see in a "+
				"command line: write it into a file and name that, or set PGPASSWORD; nothing was done", flagTo)
		}
		return to, nil
	}
	address, err := config.ReadSecretFile(to)
	if err != nil {
		return "", usagef("--%s %s: the file %v; nothing was done", flagTo, to, err)
	}
	if !strings.Contains(address, "://") {
		return "", usagef("--%s %s: the file holds no address of a database; nothing was done", flagTo, to)
	}
	return address, nil
}

// errSandboxAlone answers who would put the ledger of the stand-ins into a database.
func errSandboxAlone() error {
	return usagef("the sandbox keeps a ledger of its own in a file, and asks nobody real; nothing was done")
}

// migrateJobs makes the tables of the jobs of acsync work too, so that one command prepares all of a
// database.
func migrateJobs(s *session) error {
	db, err := s.tenant.Database(s.c.Context)
	if err != nil {
		return err
	}
	return work.Migrate(s.c.Context, db, s.c.StringSlice(flagGrant)...)
}

func ledgerMigrate(s *session) error {
	if s.tenant.Demo != nil {
		return errSandboxAlone()
	}
	before, after, err := tenant.Migrate(s.c.Context, s.tenant, s.c.StringSlice(flagGrant)...)
	if err != nil {
		return err
	}
	if err := migrateJobs(s); err != nil {
		return err
	}
	done := fmt.Sprintf("brought the tables from version %d to %d", before, after)
	if before == after {
		done = fmt.Sprintf("the tables are of version %d already", after)
	}
	if roles := s.c.StringSlice(flagGrant); len(roles) > 0 {
		done += "; " + strings.Join(roles, ", ") + " may work with ledgers"
	}
	return sayLedger(s, "migrate", map[string]any{
		"before": before, "version": after, "granted": append([]string{}, s.c.StringSlice(flagGrant)...),
	}, "%s", done)
}
