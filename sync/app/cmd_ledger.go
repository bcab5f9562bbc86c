package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/urfave/cli/v2"

	"acsync/store"
	"acsync/store/bolt"
)

// ledgerCommand groups what is done with the ledger itself.
func (s *shell) ledgerCommand() *cli.Command {
	out := &cli.StringFlag{Name: flagOut, Usage: "write to `FILE`, which must not exist yet"}
	return &cli.Command{
		Name:            "ledger",
		Usage:           "check, back up, compact, convert, export, import or rebuild the ledger",
		HideHelpCommand: true,
		OnUsageError:    misuse,
		Action: func(c *cli.Context) error {
			return usagef("say what to do with the ledger: check, backup, compact, convert, export, import or rebuild; see acsync ledger --help")
		},
		Subcommands: []*cli.Command{
			command(&cli.Command{
				Name: "check", Usage: "read the whole ledger and look for damage", Action: s.ledgerCheck,
				Flags: []cli.Flag{&cli.BoolFlag{
					Name:  flagAcceptRestored,
					Usage: "take the ledger as it is although it is not the newest: whoever was asked since the copy was made may be asked again",
				}, &cli.BoolFlag{
					Name:  flagAcceptKey,
					Usage: "let the ledger go on with this API key of Agent Connect: the account is the same, and has got a new key",
				}, &cli.BoolFlag{
					Name:  flagAcceptTenant,
					Usage: "let the ledger serve this configuration from now on: the accounts are the same, and only an address has changed",
				}},
			}),
			command(&cli.Command{Name: "backup", Usage: "write a checked copy, while no pass is running", Flags: []cli.Flag{out}, Action: s.ledgerBackup}),
			command(&cli.Command{Name: "compact", Usage: "give unused space back to the disk", Action: s.ledgerCompact}),
			command(&cli.Command{
				Name: "convert", Usage: "count surveys by resolution, or by conversation, from now on", Action: s.ledgerConvert,
				Description: "Goes with sync.survey_per in the configuration, which must say the same from then on. Nobody is asked twice " +
					"by it\nabout one resolution. It is refused while anything is in doubt.",
				Flags: []cli.Flag{
					&cli.StringFlag{Name: flagSurveyPer, Usage: "one survey request for each `UNIT`: conversation or resolution"},
					&cli.BoolFlag{Name: flagDryRun, Usage: "say what would change, and write nothing"},
				},
			}),
			command(&cli.Command{Name: "export", Usage: "write one JSON object a line and conversation", Flags: []cli.Flag{out}, Action: s.ledgerExport}),
			command(&cli.Command{
				Name: "import", Usage: "take over what an export says, into a ledger that does not know better", Action: s.ledgerImport,
				Flags: []cli.Flag{&cli.StringFlag{Name: flagIn, Usage: "read from `FILE`; stdin by default"}},
			}),
			command(&cli.Command{
				Name: "rebuild", Usage: "mark as accepted what Agent Connect already has", Action: s.ledgerRebuild,
				Description: "For a ledger that was put back from a copy, or lost: then acsync init makes an empty one first. It is filled from Agent\n" +
					"Connect's data (agent_connect.api_secret_file). What Agent Connect has expunged, or never had, it cannot know. Until it\n" +
					"has succeeded, a ledger that was put back is refused; run it again as often as you like.",
				Flags: []cli.Flag{&cli.StringFlag{
					Name: flagSince, DefaultText: "90d ago, or when a copy was made if that is longer ago",
					Usage: "read what Agent Connect received since `TIME`",
				}, &cli.BoolFlag{
					Name: flagAcceptMissing,
					Usage: "trust the ledger also when Agent Connect shows fewer than it once counted: its data have had days to catch up, and " +
						"the rest was expunged there, or accepted by hand",
				}},
			}),
		},
	}
}

// ledgerAt opens the ledger that the command line names, for writing unless told otherwise.
func (s *shell) ledgerAt(c *cli.Context, o bolt.Options) (*bolt.Ledger, *tenant, func(error) error, error) {
	tenant, err := s.tenant(c)
	if err != nil {
		return nil, nil, nil, err
	}
	ledger, err := tenant.open(o)
	if err != nil {
		return nil, nil, nil, errors.Join(err, tenant.close())
	}
	closeLedger := ledger.Close
	if !o.ReadOnly {
		closeLedger = startPulse(ledger, "ledger "+c.Command.Name, nil).before(ledger.Close)
	}
	return ledger, tenant, func(err error) error { return errors.Join(err, closeLedger(), tenant.close()) }, nil
}

func (s *shell) ledgerCheck(c *cli.Context) error {
	restored, tenant, key := c.Bool(flagAcceptRestored), c.Bool(flagAcceptTenant), c.Bool(flagAcceptKey)
	ledger, t, done, err := s.ledgerAt(c, bolt.Options{
		ReadOnly: !restored && !tenant && !key, AcceptFence: restored, AcceptTenant: tenant, AcceptCredential: key,
	})
	if err != nil {
		return err
	}
	err = ledger.Check(c.Context)
	if err == nil && restored {
		err = ledger.Adopt(bolt.Adoption{Excused: true})
	}
	if err != nil {
		return done(err)
	}
	info, err := ledger.Info()
	if err != nil {
		return done(err)
	}
	total := 0
	for _, n := range info.Counts {
		total += n
	}
	accepted := ""
	if restored {
		accepted += "; it is taken as it is, up to its last pass: whoever was asked later may be asked again"
	}
	if tenant {
		accepted += "; it serves " + info.Tenant + " from now on"
	}
	if key {
		accepted += "; it goes on with this API key"
	}
	if warning := t.witness().Warning(); warning != "" {
		accepted += ".\nNote: " + warning
	}
	if err := done(nil); err != nil { // before anything is printed, which somebody has to read
		return err
	}
	return s.sayLedger(c, "sound", map[string]any{
		"ledger": info.Path, "id": info.ID, "conversations": total, "bytes": info.Size, "tenant": info.Tenant, "witness": t.witness(),
	}, "%s is sound: %d conversations in %d bytes%s", info.Path, total, info.Size, accepted)
}

func (s *shell) ledgerBackup(c *cli.Context) error {
	path := c.String(flagOut)
	if path == "" {
		return usagef("say where to: --%s FILE", flagOut)
	}
	ledger, _, done, err := s.ledgerAt(c, bolt.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	if err := ledger.Backup(path); err != nil {
		return done(err)
	}
	if err := done(nil); err != nil {
		return err
	}
	return s.sayLedger(c, "backup", map[string]any{"backup": path}, "wrote %s", path)
}

func (s *shell) ledgerCompact(c *cli.Context) error {
	tenant, err := s.tenant(c)
	if err != nil {
		return err
	}
	path := tenant.config.Ledger.Path
	before, err := os.Stat(path)
	if err == nil {
		err = bolt.Compact(path, tenant.openOptions(bolt.Options{}))
	}
	if err != nil {
		return errors.Join(err, tenant.close())
	}
	after, err := os.Stat(path)
	if err != nil {
		return errors.Join(err, tenant.close())
	}
	return errors.Join(tenant.close(), s.sayLedger(c, "compact", map[string]any{"before": before.Size(), "after": after.Size()},
		"%s: %d bytes, was %d", path, after.Size(), before.Size()))
}

func (s *shell) ledgerConvert(c *cli.Context) error {
	to, dry := store.Identity(c.String(flagSurveyPer)), c.Bool(flagDryRun)
	if !to.Known() {
		return usagef("--%s %q: choose %s or %s", flagSurveyPer, string(to), store.PerConversation, store.PerResolution)
	}
	ledger, tenant, done, err := s.ledgerAt(c, bolt.Options{ReadOnly: dry})
	if err != nil {
		return err
	}
	convert := ledger.Convert
	if dry {
		convert = ledger.PlanConversion
	}
	converted, err := convert(to)
	if errors.Is(err, store.ErrRefused) {
		err = usageError{err.Error()}
	}
	if err := done(err); err != nil { // before anything is printed, which somebody has to read
		return err
	}
	return s.sayLedger(c, "convert", map[string]any{
		"from": converted.From, "to": converted.To, "moved": converted.Moved, "merged": converted.Merged, "dry_run": dry,
	}, "%s", conversionWords(converted, dry, store.Identity(tenant.config.Sync.SurveyPer)))
}

func (s *shell) ledgerExport(c *cli.Context) error {
	ledger, _, done, err := s.ledgerAt(c, bolt.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	info, err := ledger.Info()
	if err != nil {
		return done(err)
	}
	export := func(w io.Writer) (int, error) { return exportTo(w, info.ID, ledger.Each) }
	path := c.String(flagOut)
	if path == "" {
		_, err := export(s.stdout)
		return done(err)
	}
	n, err := exportFile(path, export)
	if err := done(err); err != nil {
		return err
	}
	return s.sayLedger(c, "export", map[string]any{"export": path, "written": n}, "wrote %s: %d conversations", path, n)
}

func (s *shell) ledgerImport(c *cli.Context) error {
	var r io.Reader = s.stdin
	if path := c.String(flagIn); path != "" {
		file, err := os.Open(path)
		if err != nil {
			return usagef("read the import: %v", err)
		}
		defer file.Close()
		r = file
	}
	ledger, _, done, err := s.ledgerAt(c, bolt.Options{})
	if err != nil {
		return err
	}
	n, err := ledger.Import(importFrom(r))
	return errors.Join(done(err), s.sayLedger(c, "import", map[string]any{"written": n}, "wrote %d conversations", n))
}

// ledgerRebuild marks as accepted what Agent Connect has. The guard of a ledger that was put back is given up
// last of all.
func (s *shell) ledgerRebuild(c *cli.Context) (err error) {
	terminal, tenant, err := s.begin(c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tenant.close()) }()
	since, clients, err := s.rebuilding(c, terminal, tenant)
	if err != nil {
		return err
	}
	ledger, err := tenant.open(bolt.Options{AcceptFence: true})
	if err != nil {
		return err
	}
	closeLedger := startPulse(ledger, "ledger "+c.Command.Name, nil).before(ledger.Close)
	n, since, err := rebuild(c.Context, ledger, clients.connect, since, tenant.config.AgentConnect.Stamp, c.Bool(flagAcceptMissing))
	err = errors.Join(err, closeLedger())                                                             // before anything is printed, which somebody has to read
	if _, misused := errors.AsType[usageError](err); misused || errors.Is(err, store.ErrRolledBack) { // it says what to do
		return err
	}
	if err != nil && c.Context.Err() != nil {
		return fmt.Errorf("%w: the rebuild has not come to its end, and the ledger is refused until it has", context.Cause(c.Context))
	}
	if err != nil {
		return fmt.Errorf("%w; %d conversations were marked, and the rebuild has not come to its end: run acsync ledger rebuild again", err, n)
	}
	return s.sayLedger(c, "rebuild", map[string]any{"written": n, "since": since},
		"marked %d conversations as accepted, received since %s", n, since.UTC().Format(time.RFC3339))
}

// rebuilding finds out all that a rebuild needs before it touches the ledger. A time that is not given is
// zero.
func (s *shell) rebuilding(c *cli.Context, terminal terminal, tenant *tenant) (since time.Time, clients *clients, err error) {
	if !tenant.config.AgentConnect.APISecret.IsSet() {
		return since, nil, usagef("a rebuild reads Agent Connect's data, which needs the API secret: set agent_connect.api_secret_file or " +
			"AGENT_CONNECT_API_SECRET; nothing was changed")
	}
	zone, err := tenant.config.Location()
	if err == nil && c.IsSet(flagSince) {
		since, err = parseTime(flagSince, c.String(flagSince), zone, s.clock())
	}
	if err == nil {
		err = tenant.config.Ready()
	}
	if err != nil {
		return since, nil, err
	}
	clients, err = connect(tenant.config, terminal.logger(s.stderr))
	return since, clients, err
}

// sayLedger tells what was done with the ledger.
func (s *shell) sayLedger(c *cli.Context, what string, fields map[string]any, format string, args ...any) error {
	if !c.Bool(flagJSON) {
		_, err := fmt.Fprintf(s.stdout, format+"\n", args...)
		return err
	}
	fields["schema"] = "acsync.ledger." + what + "/1"
	return writeJSON(s.stdout, fields)
}
