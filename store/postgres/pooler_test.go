package postgres

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"acsync/store"
	"acsync/store/postgres/pgtest"
	"acsync/store/storetest"
)

// pooled starts PgBouncer in front of a server, where it gives a connection for one transaction each, and
// gives the address of a database by it.
func pooled(t *testing.T, c *pgtest.Cluster, name string) string {
	t.Helper()
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		if program, err = exec.LookPath("/usr/sbin/pgbouncer"); err != nil {
			pgtest.Missing(t, "PgBouncer (Debian's pgbouncer)")
		}
	}
	port, err := pgtest.FreePort()
	must(t, err)
	dir, err := os.MkdirTemp("", "pgbouncer")
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	must(t, os.Chmod(dir, 0o755))
	users := filepath.Join(dir, "users.txt")
	must(t, os.WriteFile(users, []byte(fmt.Sprintf("%q \"\"\n%q \"\"\n", pgtest.Plain, pgtest.Owner)), 0o644))
	ini := filepath.Join(dir, "pgbouncer.ini")
	must(t, os.WriteFile(ini, fmt.Appendf(nil, "[databases]\n* = host=127.0.0.1 port=%d\n[pgbouncer]\n"+
		"listen_addr = 127.0.0.1\nlisten_port = %d\nunix_socket_dir =\nauth_type = trust\nauth_file = %s\n"+
		"pool_mode = transaction\ndefault_pool_size = 3\nmax_client_conn = 100\n", c.Port, port, users), 0o644))
	cmd := c.Command(filepath.Dir(program), "pgbouncer", "-q", ini)
	must(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	address := net.JoinHostPort("127.0.0.1", fmt.Sprint(port))
	for until := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			must(t, conn.Close())
			break
		}
		if time.Now().After(until) {
			t.Fatal(err)
		}
	}
	return "postgres://" + pgtest.Plain + "@" + address + "/" + name + "?sslmode=disable"
}

// TestPooler: a pooler that gives out connections by the transaction does no harm: many ledgers at once have
// fewer connections than they are, and the suite of any ledger holds.
func TestPooler(t *testing.T) {
	t.Parallel()
	ctx, c := context.Background(), pgtest.Shared(t)
	address := pooled(t, c, c.Fresh(t, prepare))
	d, err := Connect(ctx, address, Pool{Most: 20})
	must(t, err)
	t.Cleanup(d.Close)
	var all sync.WaitGroup
	for n := range 10 {
		all.Go(func() {
			name := fmt.Sprint("tenant-", n)
			if err := d.Create(ctx, name, noon, Options{}); err != nil {
				t.Error(err)
				return
			}
			l, err := d.Open(ctx, name, Options{Lease: short})
			if err != nil {
				t.Error(err)
				return
			}
			for k := range 20 {
				i, err := l.Begin(id(k), noon, noon)
				if err == nil {
					err = l.Finish(i, store.Result{State: store.Accepted, At: noon})
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if os.Getenv("LONG_TESTS") != "" {
		storetest.Run(t, &opener{Database: d})
	}
}
