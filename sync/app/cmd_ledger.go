package app

import (
	"github.com/urfave/cli/v2"
)

// ledgerCommand groups what is done with the ledger itself.
func ledgerCommand(l *commandLine) *cli.Command {
	out := &cli.StringFlag{Name: flagOut, Usage: "write to `FILE`, which must not exist yet"}
	return group(&cli.Command{
		Name:  "ledger",
		Usage: "check, back up, compact, convert, export, import or rebuild the ledger",
		Subcommands: []*cli.Command{
			command(&cli.Command{
				Name: "check", Usage: "read the whole ledger and look for damage", Action: in(l, ledgerCheck),
				Flags: []cli.Flag{
					&cli.BoolFlag{
						Name: flagAcceptRestored,
						Usage: "take the ledger as it is although it is not the newest: whoever was asked since the copy was made may be " +
							"asked again",
					},
					&cli.BoolFlag{
						Name: flagAcceptKey,
						Usage: "let the ledger go on with this API key of Agent Connect: the account is the same, and has got a new " +
							"key",
					},
					&cli.BoolFlag{
						Name: flagAcceptTenant,
						Usage: "let the ledger serve this configuration from now on: the accounts are the same, and only an address has " +
							"changed",
					},
				},
			}),
			command(&cli.Command{
				Name: "backup", Usage: "write a checked copy, while no pass is running", Flags: []cli.Flag{out},
				Action: in(l, ledgerBackup),
			}),
			command(&cli.Command{Name: "compact", Usage: "give unused space back to the disk", Action: in(l, ledgerCompact)}),
			command(&cli.Command{
				Name: "convert", Usage: "count surveys by resolution, or by conversation, from now on", Action: in(l, ledgerConvert),
				Description: "Goes with sync.survey_per in the configuration, which must say the same from then on. Nobody is asked twice " +
					"by it\nabout one resolution. It is refused while anything is in doubt.",
				Flags: []cli.Flag{
					&cli.StringFlag{Name: flagSurveyPer, Usage: "one survey request for each `UNIT`: conversation or resolution"},
					&cli.BoolFlag{Name: flagDryRun, Usage: "say what would change, and write nothing"},
				},
			}),
			command(&cli.Command{
				Name: "export", Usage: "write one JSON object a line and conversation", Flags: []cli.Flag{out},
				Action: in(l, ledgerExport),
			}),
			command(&cli.Command{
				Name: "import", Usage: "take over what an export says, into a ledger that does not know better",
				Flags:  []cli.Flag{&cli.StringFlag{Name: flagIn, Usage: "read from `FILE`; stdin by default"}},
				Action: in(l, ledgerImport),
			}),
			command(&cli.Command{
				Name: "rebuild", Usage: "mark as accepted what Agent Connect already has", Action: in(l, ledgerRebuild),
				Description: "For a ledger that was put back from a copy, or lost: then acsync init makes an empty one first. It is filled from Agent\n" +
					"Connect's data (agent_connect.api_secret_file). What Agent Connect has expunged, or never had, it cannot know. Until it\n" +
					"has succeeded, a ledger that was put back is refused; run it again as often as you like.",
				Flags: []cli.Flag{
					&cli.StringFlag{
						Name: flagSince, DefaultText: "90d ago, or when a copy was made if that is longer ago",
						Usage: "read what Agent Connect received since `TIME`",
					},
					&cli.BoolFlag{
						Name: flagAcceptMissing,
						Usage: "trust the ledger also when Agent Connect shows fewer than it once counted: its data have had days to catch " +
							"up, and the rest was expunged there, or accepted by hand",
					},
				},
			}),
		},
	}, "ledger: check, backup, compact, convert, export, import or rebuild")
}
