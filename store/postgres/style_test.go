package postgres

import (
	"context"
	"testing"

	"acsync/store"
	"acsync/store/postgres/pgtest"
)

// TestOddRole: what a role was given as its own changes nothing of what is read and written.
func TestOddRole(t *testing.T) {
	d := created(t, Options{})
	name := d.Config().ConnConfig.Database
	for _, set := range []string{
		"datestyle = 'SQL, DMY'", "timezone = 'America/St_Johns'", "bytea_output = 'escape'",
		"synchronous_commit = off", "intervalstyle = 'sql_standard'", "statement_timeout = '10min'",
		"search_path = ''",
	} {
		owner(t, d, "alter role "+pgtest.Plain+" in database "+name+" set "+set)
	}
	odd := connectTo(t, pgtest.Shared(t), name)
	l := opened(t, odd, "acme", Options{})
	finish(t, l, store.Key{Conversation: "conv-\\1'"}, store.Accepted)
	begun(t, l, id(1))
	must(t, l.Commit(store.Batch{Run: &store.Run{Pass: "p"}, Checkpoint: noon.AddDate(0, 0, 1)}))
	must(t, l.Check(context.Background()))
	wantSame(t, record(t, l, id(1)), store.Record{
		State: store.Sending, Resolution: noon, At: sec, First: sec, Attempts: 1, Intent: 2,
	})
	wantSame(t, infoOf(t, l).Checkpoint, noon.AddDate(0, 0, 1))
}
