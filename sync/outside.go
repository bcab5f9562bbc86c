package sync

import (
	"fmt"
	"strings"

	"acsync/store"
	"acsync/sync/decide"
)

// mostNamed is how many of the conversations that no pass reads are named to the operator.
const mostNamed = 5

// name keeps what the operator is to look for.
func (p *pass) name(row Row) {
	if row.Reason == decide.TimeOutOfRange && len(p.outside) < mostNamed {
		p.outside = append(p.outside, fmt.Sprintf("%q (%s)", row.Key.Conversation, row.Message))
	}
}

func (p *pass) noticeOutside() {
	if n := p.result.Reasons[store.Skipped][decide.TimeOutOfRange]; n > 0 {
		p.notice("not asked about, because no pass reads the time at which they claim to have been marked done: %d, such as %s; look "+
			"them up in Kustomer", n, strings.Join(p.outside, ", "))
	}
}
