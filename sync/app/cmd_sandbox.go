package app

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"acsync/sync/sandbox"
)

func sandboxCommand(l *commandLine) *cli.Command {
	return command(&cli.Command{
		Name: "sandbox", Category: groupRest,
		Usage: "serve the stand-ins for both services until interrupted",
		UsageText: `acsync sandbox --out sandbox.toml  # then acsync init and acsync run, with --config sandbox.toml
acsync sandbox --kustomer-port 8081 --agent-connect-port 8082  # at ports of your choice`,
		Description: `Prints a ready configuration for them, or writes it to a file: acsync sandbox --out
sandbox.toml in one terminal, then, as its first lines say, acsync init and acsync run
with --config sandbox.toml in another.`,
		Flags: []cli.Flag{
			value(flagOut, "write the configuration to `FILE`, which is replaced, and not to stdout"),
			&cli.GenericFlag{
				Name: flagSeed, Value: new(decimal[uint64]), Usage: "make the conversations from this `NUMBER`",
			},
			number(flagKustomer, "0", "serve Kustomer on this `PORT`; 0 is any that is free"),
			number(flagAgent, "0", "serve Agent Connect on this `PORT`; 0 is any that is free"),
		},
		Action: func(c *cli.Context) error { return serveSandbox(l, c) },
	})
}

func serveSandbox(l *commandLine, c *cli.Context) (err error) {
	for _, flag := range []string{flagKustomer, flagAgent} {
		if port := c.Int(flag); port < 0 || port > 65535 {
			return usagef("--%s %d is no port; choose 1 to 65535, or 0 for any that is free", flag, port)
		}
	}
	var out output
	if path := c.String(flagOut); path != "" && !c.Bool(flagJSON) {
		if out, err = newOutput(flagOut, path); err != nil {
			return err
		}
		if err := refuseConfiguration(out); err != nil {
			return err
		}
	}
	stand, err := sandbox.Start(sandbox.Options{
		Seed: c.Uint64(flagSeed), KustomerPort: c.Int(flagKustomer), AgentConnectPort: c.Int(flagAgent),
		Now: l.now,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stand.Close()) }()
	if err := describeSandbox(l, c, stand, out); err != nil {
		return err
	}
	<-c.Context.Done()
	return nil
}

// refuseConfiguration refuses to put the configuration of stand-ins in the place of another one.
func refuseConfiguration(out output) error {
	text, err := os.ReadFile(out.real)
	if err != nil || strings.HasPrefix(string(text), sandboxHeader) || !anyConfiguration.Match(text) {
		return nil
	}
	return usagef("--%s %q would replace a configuration that is none of the stand-ins; name another file, "+
		"such as sandbox.toml; nothing was done", flagOut, out.path)
}

// sandboxHeader begins a configuration of the stand-ins.
const sandboxHeader = "# A configuration for the stand-ins."

var anyConfiguration = regexp.MustCompile(`(?m)^\s*(?:\[\s*(?:kustomer|agent_connect|ledger|sync)\s*\]|` +
	`(?:kustomer|agent_connect|ledger|sync)\s*[.=])`)

// describeSandbox writes the configuration, to stdout where there is no file for it.
func describeSandbox(l *commandLine, c *cli.Context, stand *sandbox.Sandbox, out output) error {
	if c.Bool(flagJSON) {
		return l.printJSON(map[string]any{
			"schema": "acsync.sandbox/1", "start": stand.Start(), "kustomer": stand.KustomerURL(),
			"kustomer_api_key": stand.KustomerKey(), "agent_connect": stand.AgentConnectURL(), "page": stand.PageURL(),
			"agent_connect_api_key":      stand.AgentConnectKey(),
			"agent_connect_api_secret":   stand.AgentConnectSecret(),
			"agent_connect_test_api_key": stand.AgentConnectTestKey(),
		})
	}
	text := sandboxConfig(stand, out.path)
	if out.path == "" {
		if _, err := io.WriteString(l.stdout, text); err != nil {
			return err
		}
	} else if err := out.write([]byte(text)); err != nil {
		return fmt.Errorf("write the configuration: %w", err)
	}
	if !c.Bool(flagQuiet) {
		fmt.Fprint(l.stderr, l.says.line(slog.LevelInfo, "the stand-ins are serving; what Agent Connect "+
			"received is shown at "+stand.PageURL()+"; Ctrl-C ends them"))
	}
	return nil
}

// sandboxConfig is a configuration that points at the stand-ins. Their keys are no secrets.
func sandboxConfig(stand *sandbox.Sandbox, path string) string {
	how, file := "While they are serving", shellPath(path)
	if path == "" {
		how, file = "Save it as sandbox.toml, then", "sandbox.toml"
	}
	return fmt.Sprintf(sandboxHeader+` %s:
#   acsync init --config %s --start %s --adopt
#   acsync run --config %s

[kustomer]
org = %q
base_url = %q
api_key = %q
requests_per_minute = 6000
searches_per_minute = 3000

[agent_connect]
base_url = %q
api_key = %q
api_secret = %q
test_api_key = %q
requests_per_minute = 4500

[ledger]
path = "sandbox.db"
`, how, file, stand.Start().UTC().Format(time.RFC3339), file, stand.Org(), stand.KustomerURL(),
		stand.KustomerKey(), stand.AgentConnectURL(), stand.AgentConnectKey(), stand.AgentConnectSecret(),
		stand.AgentConnectTestKey())
}
