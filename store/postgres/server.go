package postgres

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"
)

// sound refuses a server that does not keep what it has acknowledged, or may not.
func sound(ctx context.Context, p pool, o Options) error {
	type server struct {
		fsync, pages, standbys string
		standby                bool
		copies                 int
	}
	s, err := row(ctx, p, func(r pgx.Row) (s server, err error) {
		return s, r.Scan(&s.fsync, &s.pages, &s.standbys, &s.standby, &s.copies)
	}, `select current_setting('fsync'), current_setting('full_page_writes'),
		current_setting('synchronous_standby_names'), pg_is_in_recovery(),
		(select count(*) from pg_stat_replication where application_name is distinct from 'pg_basebackup')::integer
		+ (select count(*) from pg_replication_slots where slot_type = 'physical' and not temporary)::integer`)
	switch {
	case err != nil:
		return err
	case s.standby && o.ReadOnly:
		return nil
	case s.standby:
		return errStandby
	case s.fsync != "on":
		return unsafe("it has fsync = %s, and forgets in a crash what it has acknowledged", s.fsync)
	case s.pages != "on":
		return unsafe("it has full_page_writes = %s, and may be damaged by a crash", s.pages)
	case s.copies > 0 && strings.TrimSpace(s.standbys) == "" && !o.AllowAsyncStandby && !o.ReadOnly:
		return errAsyncStandby
	}
	return nil
}
