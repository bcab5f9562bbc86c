package app_test

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"acsync/store"
	"acsync/store/bolt"
	"acsync/sync/sandbox"
)

// proxied is a company's network: the stand-in of Agent Connect is reached through a proxy alone, under the name and
// with the certificate of example.com.
type proxied struct {
	dir    string
	stand  *sandbox.Sandbox
	proxy  *httptest.Server
	refuse atomic.Int64 // the status with which the proxy refuses; 0: it connects
}

func newProxied(t *testing.T) *proxied {
	t.Helper()
	p, now := &proxied{dir: t.TempDir()}, time.Now()
	var err error
	if p.stand, err = sandbox.Start(sandbox.Options{Busy: someBusy, Now: func() time.Time { return now }}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.stand.Close(); err != nil {
			t.Error(err)
		}
	})
	behind, err := url.Parse(p.stand.AgentConnectURL())
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewUnstartedServer(httputil.NewSingleHostReverseProxy(behind))
	front.Config.ErrorLog = log.New(io.Discard, "", 0) // of the handshakes that are to fail
	front.StartTLS()
	t.Cleanup(front.Close)
	p.proxy = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if status := int(p.refuse.Load()); status != 0 {
			w.WriteHeader(status)
			return
		}
		there, err := net.Dial("tcp", front.Listener.Addr().String())
		if err != nil {
			t.Error(err)
			return
		}
		defer there.Close()
		here, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		io.WriteString(here, "HTTP/1.1 200 Connection established\r\n\r\n")
		go func() {
			defer here.Close()
			io.Copy(here, there)
		}()
		io.Copy(there, here)
	}))
	t.Cleanup(p.proxy.Close)
	p.write(t, "ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: front.Certificate().Raw})))
	p.write(t, "config.toml", fmt.Sprintf("[kustomer]\norg = \"sandbox\"\nbase_url = %q\napi_key = %q\nrequests_per_minute = 60000\n"+
		"searches_per_minute = 60000\n[agent_connect]\nbase_url = \"https://example.com\"\napi_key = %q\nrequests_per_minute = 60000\n",
		p.stand.KustomerURL(), p.stand.KustomerKey(), p.stand.AgentConnectKey()))
	if err := bolt.Create(filepath.Join(p.dir, "acsync.db"), p.stand.Start()); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *proxied) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// run carries out a command line behind the proxy, with variables of its own.
func (p *proxied) run(program string, env []string, args ...string) (code int, errs string) {
	var out bytes.Buffer
	c := exec.Command(program, args...)
	c.Dir, c.Stderr = p.dir, &out
	c.Env = append([]string{
		"HOME=" + p.dir, "SSL_CERT_FILE=" + filepath.Join(p.dir, "ca.pem"), "SSL_CERT_DIR=" + p.dir + "/none",
		"HTTPS_PROXY=" + strings.Replace(p.proxy.URL, "//", "//jane:s3cret@", 1),
	}, env...)
	_ = c.Run()
	return c.ProcessState.ExitCode(), out.String()
}

// TestSetUp makes passes on a machine that is not set up to reach Agent Connect: each says what to mend, and loses
// nothing. As soon as it is mended, everybody is asked, once.
func TestSetUp(t *testing.T) {
	t.Parallel()
	program, p := build(t), newProxied(t)
	for _, test := range []struct {
		name   string
		refuse int64
		env    []string
		code   int
		says   string
	}{
		{"a proxy that wants another password", 407, nil, 12, "the user and password in HTTPS_PROXY"},
		{"a proxy that refuses", 403, nil, 12, "the proxy refuses to connect to example.com:443"},
		{"no bundle of authorities", 0, []string{"SSL_CERT_FILE=" + p.dir + "/none.pem"}, 12, "install ca-certificates"},
		{"an empty bundle of authorities", 0, []string{"SSL_CERT_FILE=/dev/null"}, 12, "install ca-certificates"},
		{"another bundle of authorities", 0, []string{"SSL_CERT_FILE=" + otherAuthority(t)}, 12, "add its authority"},
		{"a proxy that is no address", 0, []string{"HTTPS_PROXY=http://jane:s3cret#@proxy:3128"}, 12, "HTTPS_PROXY is not the address"},
		{"exceptions that are none", 0, []string{"NO_PROXY=https://s3cret"}, 12, "NO_PROXY has an entry"},
		{"a proxy that fails", 502, nil, 5, "the proxy answered 502"},
	} {
		p.refuse.Store(test.refuse)
		code, errs := p.run(program, test.env, "run")
		if code != test.code || !strings.Contains(errs, test.says) || strings.Contains(errs, "s3cret") {
			t.Errorf("%s: exit code %d, want %q in\n%s", test.name, code, test.says, errs)
		}
		if n := len(p.stand.Requests()); n > 0 {
			t.Fatalf("%s: %d survey requests were sent", test.name, n)
		}
	}
	// What only reads the ledger does not care.
	if code, errs := p.run(program, []string{"HTTPS_PROXY=http://["}, "status"); code == 12 {
		t.Errorf("status ends with %d\n%s", code, errs)
	}
	p.refuse.Store(0)
	// The one that failed was taken to be down, as a proxy's network may be.
	if code, errs := p.run(program, nil, "run", "--knock"); code != 3 {
		t.Errorf("exit code %d once all is mended\n%s", code, errs)
	}
	ledger, err := bolt.Open(filepath.Join(p.dir, "acsync.db"), bolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer ledger.Close()
	info, err := ledger.Info()
	if err != nil {
		t.Fatal(err)
	}
	asked := map[string]bool{}
	for _, r := range p.stand.Requests() {
		if asked[r.ExtInteractionID] {
			t.Errorf("%s was asked twice", r.ExtInteractionID)
		}
		asked[r.ExtInteractionID] = true
	}
	n := info.Counts[store.Accepted] + info.Counts[store.Rejected]
	if n == 0 || n != len(asked) || info.Counts[store.InDoubt]+info.Counts[store.Sending] > 0 {
		t.Errorf("%d were asked, and the ledger has %v", len(asked), info.Counts)
	}
}

// otherAuthority is a file with an authority that signed nothing here.
func otherAuthority(t *testing.T) string {
	t.Helper()
	for _, path := range []string{"/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/cert.pem", "/etc/pki/tls/certs/ca-bundle.crt"} {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	t.Skip("this machine has no bundle of authorities")
	return ""
}
