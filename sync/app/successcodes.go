package app

import (
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"acsync/sync/exit"
)

// urgent are the codes that somebody has to look into now. No scheduler may take them for a success.
var urgent = []exit.Code{
	exit.Failed, exit.Credentials, exit.LedgerMissing, exit.Usage, exit.Fuse, exit.LedgerDamaged,
}

// readSuccessCodes reads the codes that are to end the process with 0.
func readSuccessCodes(c *cli.Context) (codes []exit.Code, err error) {
	if !c.IsSet(flagSuccess) {
		return nil, nil
	}
	text := c.String(flagSuccess)
	for word := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(word))
		switch code := exit.Code(n); {
		case err != nil, !slices.Contains(exit.All(), code):
			return nil, exit.Advise(usagef("--%s %q: %q is no exit code of acsync; nothing was done", flagSuccess, text,
				strings.TrimSpace(word)), "give some, joined by commas, such as 3,11", "exit-codes")
		case slices.Contains(urgent, code):
			return nil, exit.Advise(usagef("--%s %q: %d (%s) needs somebody now, and cannot be a success; nothing was "+
				"done", flagSuccess, text, n, code), "", "exit-codes")
		default:
			codes = append(codes, code)
		}
	}
	return codes, nil
}
