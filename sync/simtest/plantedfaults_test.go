package simtest

// plantedFaults are faults that a programmer, or a change that looked harmless, might bring into the product.
var plantedFaults = []planted{
	{"intent after the request", []edit{{
		"sync/deliver/deliver.go",
		"	intent, err := d.options.Ledger.Begin(c.Key, c.Resolution(), time.Now())\n",
		"	early := d.options.Sender.Create(ctx, c.Request)\n	intent, err := d.options.Ledger.Begin(c.Key, c.Resolution(), time.Now())\n",
	}, {
		"sync/deliver/deliver.go",
		"	answer := d.options.Sender.Create(agentconnect.WithLatest(ctx, intent.Late), request)\n",
		"	answer := early\n	_ = request\n",
	}}},
	{"checkpoint before the window is recorded", []edit{{
		"sync/windows.go", "		err = s.deliver(ctx, chunk, w)\n",
		"		if chunk.Complete && s.cursor.closed().Year() > 1 {\n			_ = s.ledger.Commit(store.Batch{Checkpoint: chunk.To})\n		}\n		err = s.deliver(ctx, chunk, w)\n",
	}}},
	{"checkpoint past what was read in part", []edit{{
		"sync/cursor.go", "	if w.complete && w.To.After(f.checkpoint) {", "	if w.To.After(f.checkpoint) {",
	}}},
	{"checkpoint past a window that failed", []edit{{
		"sync/fetch/reader.go", "		if err != nil {\n			return err\n		}\n		if sum.unseen > 0 {",
		"		if err != nil && ctx.Err() == nil && !errors.Is(err, errEnough) {\n			err = take(lot{query: q, complete: true})\n		}\n		if err != nil {\n			return err\n		}\n		if sum.unseen > 0 {",
	}}},
	{"gt for gte", []edit{{"sync/kustomer/search.go", `{{by.by, "gte", q.From}`, `{{by.by, "gt", q.From}`}}},
	{"those that share a commit are answered before it", []edit{{
		"store/bolt/database.go", "	err = tx.Commit()\n",
		"	if d.early != nil {\n		d.early()\n		time.Sleep(2 * time.Second)\n	}\n	err = tx.Commit()\n",
	}, {"store/bolt/database.go", "	turns turns[action]\n", "	turns turns[action]\n	early func()\n"}, {
		"store/bolt/database.go", "	from := time.Now()\n	err := d.tell(false)\n",
		"	from := time.Now()\n	if len(group) > 1 {\n		d.early = func() {\n			for _, c := range group[1:] {\n				c.turn <- false\n			}\n			d.early, group = nil, group[:1]\n		}\n	}\n	err := d.tell(false)\n",
	}}},
	{"blind retry on a time-out", []edit{{
		"sync/deliver/outcome.go", "		outcome.State, outcome.Reason = store.InDoubt, decide.NoAnswer\n",
		"		outcome.State, outcome.Reason = store.Retry, decide.Unreachable\n",
	}}},
	{"blind retry on a server's failure", []edit{{
		"sync/deliver/outcome.go", "	default:\n		outcome.State, outcome.Reason = store.InDoubt, decide.ServerFailure\n",
		"	default:\n		outcome.State, outcome.Reason = store.Retry, decide.Gateway\n",
	}}},
	{
		"no overlap",
		[]edit{{"sync/fetch/window.go", "info.Checkpoint.Add(-overlap)", "info.Checkpoint.Add(-0*overlap)"}},
	},
	{"no daily reading", []edit{{"sync/reread.go", "	if r.back <= 0 || ", "	if r.back > 0 || "}}},
	{"no fence", []edit{{
		"store/bolt/beside.go", "func (f fence) holds(now self, name string, openings ...string) error {\n",
		"func (f fence) holds(now self, name string, openings ...string) error {\n	if name != \"\" {\n		return nil\n	}\n",
	}}},
	{"2xx without an echo is accepted", []edit{{
		"sync/deliver/outcome.go", "a.Status < 300 && a.Echo == (agentconnect.Echo{Named: true}):", "a.Status < 300:",
	}}},
	{"the 403 of one request is taken for the key's", []edit{{
		"sync/deliver/fuse.go", "	refusedInARow  = 5 ", "	refusedInARow  = 1 ",
	}, {"sync/deliver/fuse.go", "	refusedAtFirst = 2 ", "	refusedAtFirst = 1 "}, {
		"sync/deliver/fuse.go", "		if !again && !alone {", "		if true || !again && !alone {",
	}}},
	{"open intents of a killed pass are left open", []edit{{
		"sync/pending.go", "	if _, err := d.ledger.Recover(time.Now()); err != nil {\n		return fmt.Errorf(\"put the open intents in doubt: %w\", err)\n	}\n	var err error\n",
		"	var err error\n",
	}}},
	{"not in the data is not arrived, at once", []edit{{
		"sync/verify/matcher.go", "	case now.Sub(e.At) < m.After:\n		return TooEarly\n", "",
	}, {
		"sync/verify/matcher.go", "	case e.Intent == 0, !m.canaries.newerSeen(e), !m.recoveries.newerSeen(e):\n		return Unproven\n", "",
	}}},
	{"not in the data is not arrived, without a witness", []edit{{
		"sync/verify/matcher.go", "	case e.Intent == 0, !m.canaries.newerSeen(e), !m.recoveries.newerSeen(e):\n		return Unproven\n", "",
	}, {"sync/verify/matcher.go", "	case now.Sub(e.At) < m.After:\n", "	case now.Sub(e.At) < m.After/10:\n"}}},
	{"data end with a short page", []edit{{
		"sync/agentconnect/interactions.go", "	case !fresh:\n", "	case !fresh, len(rows) < 100:\n",
	}}},
	{"ids and stamps of the data as they are written", []edit{{
		"sync/verify/receiver.go", "func trimmed(id string) string { return strings.TrimSpace(id) }",
		"func trimmed(id string) string { return strings.TrimPrefix(id, \"\\t\") }",
	}}},
	{"a customer that is gone ends the window", []edit{{
		"sync/fetch/customers.go", "			case errors.Is(err, kustomer.ErrNotFound):\n				c.faults.read(id)\n				return nil\n", "",
	}}},
	{"what is due is never taken up", []edit{{
		"sync/decide/triage.go", "	case !ripe(e, now):\n", "	case !ripe(e, now), e.State == store.Scheduled:\n",
	}}},
	{"what was refused is asked again", []edit{{
		"store/record.go", "	return r.State.Final() && !(unsent && undecided(r.Reason))", "	return r.State.Final() && r.State != Rejected && !(unsent && undecided(r.Reason))",
	}}},
	{"no outcome once the pass is stopped", []edit{{
		"sync/deliver/deliver.go", "	if err := d.options.Ledger.Finish(intent, result); err != nil {",
		"	if ctx.Err() != nil {\n		return outcome, nil\n	}\n	if err := d.options.Ledger.Finish(intent, result); err != nil {",
	}}},
	{"429 is not waited for", []edit{{
		"sync/httpx/pacer.go", "	if status == http.StatusTooManyRequests {\n", "	if status == http.StatusTooManyRequests && p.class == \"none\" {\n",
	}}},
	{"no pace", []edit{{
		"sync/httpx/pacer.go", "	return time.Duration(math.Ceil(float64(time.Second) / p.rate.at(now)))", "	return time.Duration(math.Ceil(float64(time.Millisecond) / p.rate.at(now)))",
	}}},
	{"what was opened again is asked about", []edit{{
		"sync/decide/filters.go", "		{NotDone, true, open},", "		{NotDone, false, open},",
	}}},
	{"a conversation in two windows counts twice", []edit{{
		"sync/windows.go", "		if s.seen.already(&c, w.recorded) {", "		if s.seen.already(&c, w.recorded) && false {",
	}}},
	{"a back-fill moves the checkpoint", []edit{{
		"sync/backfill.go", "		batch.Backfill = &moved\n", "		batch.Backfill = &moved\n		batch.Checkpoint = to\n",
	}}},
	{"a dry run opens the ledger for writing", []edit{{
		"sync/tenant/tenant.go", "	ledger, err := t.Open(Access{ReadOnly: true})\n	if errors.Is(err, ErrUnmade) {\n		return dryrun", "	ledger, err := t.Open(Access{})\n	if errors.Is(err, ErrUnmade) {\n		return dryrun",
	}}},
	{"a dry run sends", []edit{{
		"sync/tenant/tenant.go", "	if engine.Options.DryRun {\n		engine.Sender = dryrun.Sender{}\n	}\n", "",
	}}},
	{"a gateway's page is taken for a refusal", []edit{{
		"sync/deliver/outcome.go", "	case a.Own && final[a.Status] && (a.Status != http.StatusNotFound || refusal(a.Message) != decide.Refused):", "	case final[a.Status]:",
	}}},
	{"numbers begin again after a restore", []edit{{
		"store/bolt/repair.go", "	return store.Leap(known, time.Now())\n", "	return now.Intents + 0*store.Leap(known, time.Now())\n",
	}}},
	{"the data are not asked whether the ledger is the newest", []edit{{
		"sync/verify/matcher.go", "return m.Stamped && m.ledger.ID != \"\" }", "return m.Stamped && m.ledger.ID == \"\" }",
	}}},
	{"an answer that may be another's is believed", []edit{{
		"sync/deliver/outcome.go", "	case a.Stray:\n", "	case a.Stray && a.Status == 0:\n",
	}}},
	{"a plan is carried out whatever has become of it", []edit{{
		"sync/plan.go", "	case action.Verb == decide.Wait, action.Reason == \"\" && !a.same(c):", "	case action.Verb == decide.Wait:",
	}, {"sync/plan.go", "	case action.Reason != \"\":\n		a.differ(c, action.Reason)\n", ""}}},
	{
		"a plan never expires",
		[]edit{{"sync/plan/plan.go", "	if now.Before(p.Expires) {", "	if true || now.Before(p.Expires) {"}},
	},
	{"the words of Kustomer's errors are logged", []edit{{
		"sync/kustomer/client.go", "		CodesOnly: true, ", "		",
	}}},
	{"a sum that leaves out what was skipped", []edit{{
		"sync/result.go", "	r.Counts[row.State]++\n", "	if row.Reason != decide.Spam {\n		r.Counts[row.State]++\n	}\n",
	}}},
	{"exit 0 with doubts", []edit{{
		"sync/tenant/options.go", "r.Counts[store.Rejected]+r.Counts[store.InDoubt]+r.Oddities() > 0", "r.Counts[store.Rejected]+r.Oddities() > 0",
	}}},
	{"do-not-send that cannot be read is not set", []edit{{
		"sync/decide/filters.go", "		{DoNotSend, !p.FlagDoNotSend, c.doNotSend(p.DoNotSendAttributes)},", "		{DoNotSend, !p.FlagDoNotSend, c.doNotSend(p.DoNotSendAttributes) && c.Conversation.Custom[\"doNotSendAgentConnectRequestBool\"] == true},",
	}}},
	{"the first of two answers of a record is not looked at", []edit{{
		"sync/httpx/single.go", "		stray = trailed(conn, reader, resp, end) || limited.N == 0\n", "		stray = limited.N == 0\n",
	}}},
}
