package postgres

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"acsync/sync/exit"
)

//go:embed migrations/*.sql
var migrations embed.FS

// versions is the table in which goose notes which migrations were made.
const versions = "acsync.versions"

// wanted is the version of the tables that this program knows: that of the last migration.
const wanted = 2

// Schema is the tables of a database.
type Schema struct{ pool }

// Migrate makes the tables, or brings them up to date; several may do so at once. It is for a role that owns
// them. Roles that are named may work with ledgers from then on, and no more than that.
func (s Schema) Migrate(ctx context.Context, grantTo ...string) error {
	if _, err := s.exec(ctx, "create schema if not exists acsync"); err != nil {
		return explain("", fmt.Errorf("make the schema acsync: %w", err))
	}
	db := stdlib.OpenDBFromPool(s.Pool)
	defer db.Close()
	steps, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	once, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, steps, goose.WithTableName(versions),
		goose.WithSessionLocker(once), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return explain("", fmt.Errorf("bring the tables up to date: %w", err))
	}
	for _, role := range grantTo {
		to := pgx.Identifier{role}.Sanitize()
		for _, grant := range []string{
			"grant usage on schema acsync to " + to,
			"grant select, insert, update, delete on all tables in schema acsync to " + to,
			"grant usage on all sequences in schema acsync to " + to,
			"revoke insert, update, delete on " + versions + " from " + to,
		} {
			if _, err := s.exec(ctx, grant); err != nil {
				return explain("", fmt.Errorf("let the role %s work with ledgers: %w", to, err))
			}
		}
	}
	return nil
}

// Version is that of the tables, 0 for none, and the one that this program needs.
func (s Schema) Version(ctx context.Context) (have, want int64, err error) {
	have, err = row(ctx, s.pool, func(r pgx.Row) (n int64, err error) { return n, r.Scan(&n) },
		"select max(version_id) from "+versions+" where is_applied")
	if isCode(err, undefinedTable, undefinedSchema) {
		have, err = 0, nil
	}
	return have, wanted, explain("", err)
}

// check refuses tables that this program does not know.
func (s Schema) check(ctx context.Context) error {
	have, want, err := s.Version(ctx)
	switch {
	case err != nil:
		return err
	case have > want:
		return exit.Advise(
			fmt.Errorf("%w: they are of version %d, and it knows up to %d", errUnmigrated, have, want),
			"use the version of acsync that made them, or a newer one", aboutDatabases)
	case have < want:
		return exit.Advise(fmt.Errorf("%w: they are of version %d, and it needs %d", errUnmigrated, have, want),
			"run acsync ledger migrate, as the role that owns them", aboutDatabases)
	}
	return nil
}
