package app

import (
	"github.com/urfave/cli/v2"
)

// ledgerCommand groups what is done with the ledger itself.
func ledgerCommand(l *commandLine) *cli.Command {
	out := value(flagOut, "write to `FILE`, which must not exist yet")
	return group(&cli.Command{
		Name:  "ledger",
		Usage: "check, back up, compact, convert, export, import or rebuild the ledger",
		Subcommands: []*cli.Command{
			part("check", "read the whole ledger and look for damage", in(l, ledgerCheck),
				toggle(flagAcceptRestored, "take the ledger as it is although it is not the newest: "+
					"whoever was asked since the copy was made may be asked again"),
				toggle(flagAcceptKey, "let the ledger go on with this API key of Agent Connect: the "+
					"account is the same, and has got a new key"),
				toggle(flagAcceptTenant, "let the ledger serve this configuration from now on: the "+
					"accounts are the same, and only an address has changed")),
			part("backup", "write a checked copy, while no pass is running", in(l, ledgerBackup), out),
			part("compact", "give unused space back to the disk", in(l, ledgerCompact)),
			command(&cli.Command{
				Name: "convert", Usage: "count surveys by resolution, or by conversation, from now on",
				Action: in(l, ledgerConvert),
				Description: "Goes with sync.survey_per in the configuration, which must say the same from " +
					"then\non. Nobody is asked twice by it about one resolution. It is refused while " +
					"anything\nis in doubt.",
				Flags: []cli.Flag{
					value(flagSurveyPer, "one survey request for each `UNIT`: conversation or resolution"),
					toggle(flagDryRun, "say what would change, and write nothing"),
				},
			}),
			part("export", "write one JSON object a line and conversation", in(l, ledgerExport), out),
			part("import", "take over what an export says, into a ledger that does not know better",
				in(l, ledgerImport), value(flagIn, "read from `FILE`; stdin by default")),
			command(&cli.Command{
				Name: "rebuild", Usage: "mark as accepted what Agent Connect already has",
				Action: in(l, ledgerRebuild),
				Description: "For a ledger that was put back from a copy, or lost: then acsync init makes " +
					"an empty\none first. It is filled from Agent Connect's data " +
					"(agent_connect.api_secret_file).\nWhat Agent Connect has expunged, or never had, it " +
					"cannot know. Until it has\nsucceeded, a ledger that was put back is refused; run it again " +
					"as often as you like.",
				Flags: []cli.Flag{
					&cli.StringFlag{
						Name:        flagSince,
						DefaultText: "90d ago, or when a copy was made if that is longer ago",
						Usage:       "read what Agent Connect received since `TIME`",
					},
					toggle(flagAcceptMissing, "trust the ledger also when Agent Connect shows fewer than "+
						"it once counted: its data have had days to catch up, and the rest was expunged there, "+
						"or accepted by hand"),
				},
			}),
		},
	}, "ledger: check, backup, compact, convert, export, import or rebuild")
}

// part is a command under another one that needs no description.
func part(name, usage string, action cli.ActionFunc, flags ...cli.Flag) *cli.Command {
	return command(&cli.Command{Name: name, Usage: usage, Action: action, Flags: flags})
}
