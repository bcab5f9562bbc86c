package postgres

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// connectTime is how long a connection may take to be made.
const connectTime = 10 * time.Second

// Pool says how many connections there may be.
type Pool struct {
	Most        int    // 0: as many as suit a few ledgers
	Application string // the name under which the server shows them; empty: acsync
}

// Database is a database that keeps ledgers, and the connections to it. It may be used at the same time.
type Database struct {
	pool
	Schema
	Queues
	Ledgers
	Schedule
}

// Connect prepares the connections to a database, which are made when they are needed. The address is that of
// libpq, "postgres://user@host/database"; no error shows its password. To a server on another machine that
// the address does not say otherwise of, connections are encrypted, and its certificate is verified.
func Connect(ctx context.Context, address string, o Pool) (*Database, error) {
	address, err := withEncryption(address)
	if err != nil {
		return nil, err
	}
	c, err := pgxpool.ParseConfig(address)
	if err != nil {
		return nil, errAddress
	}
	c.MaxConns = int32(cmp.Or(o.Most, 8))
	c.MaxConnIdleTime = time.Minute
	c.ConnConfig.ConnectTimeout = connectTime
	c.ConnConfig.RuntimeParams = map[string]string{"application_name": cmp.Or(o.Application, "acsync")}
	// Prepared statements are of one connection to the server, and a pooler gives each transaction another
	// one.
	c.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec
	c.ConnConfig.OnNotice = noteUnsynced
	made, err := pgxpool.NewWithConfig(ctx, c)
	if err != nil {
		return nil, errAddress
	}
	p := pool{made}
	return &Database{p, Schema{p}, Queues{p}, Ledgers{p}, Schedule{p}}, nil
}

// errAddress shows nothing of an address: it may hold a password.
var errAddress = errors.New("the address of the database cannot be read; write it as " +
	"postgres://acsync@db.example.com/acsync")

// withEncryption asks for a verified certificate, where the address says nothing of that and leads elsewhere.
func withEncryption(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return "", errAddress
	}
	query := u.Query()
	// There may be several, of which any may answer.
	hosts := strings.Split(cmp.Or(query.Get("host"), u.Hostname()), ",")
	if query.Has("sslmode") || !slices.ContainsFunc(hosts, elsewhere) {
		return address, nil
	}
	query.Set("sslmode", "verify-full")
	u.RawQuery = query.Encode()
	return u.String(), nil
}

// elsewhere reports whether a host is another machine.
func elsewhere(host string) bool {
	ip := net.ParseIP(host)
	here := host == "" || host == "localhost" || strings.HasPrefix(host, "/") || ip != nil && ip.IsLoopback()
	return !here
}

// Pool is the connections themselves, for a library that brings statements of its own.
func (d *Database) Pool() *pgxpool.Pool { return d.pool.Pool }

// Close ends the connections, when those that are used are given back.
func (d *Database) Close() { d.pool.Close() }
